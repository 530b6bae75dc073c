package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Compiled;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.RuntimeOptions.Xla;
import dev.graft.runtime.StepTrial;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.Plans;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.feed.Feeding;
import dev.graft.trainer.internal.graph.BesideXla;
import dev.graft.trainer.optimizer.Optimizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.NodeDef;

/** Steps that XLA compiles: in how many pieces, that they learn the same, and what decides. */
@Tag("slow")
class XlaTest {

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU));
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** The steps of a whole network, the way TensorFlow's own kernels compute them. */
  private static Steps steps(Model network, String optimizer) {
    return steps(network, optimizer, Precision.FLOAT32);
  }

  private static Steps steps(Model network, String optimizer, Precision precision) {
    return Steps.of(
        network,
        FineTune.top().batchNorm(FineTune.BatchNorm.TRAINING).optimizer(Optimizer.named(optimizer)),
        precision);
  }

  private static Model model(Steps steps) {
    return steps.by(Kernels.TENSORFLOW);
  }

  private static Model network(String name) {
    return Steps.network(
        name.contains("/") ? Zoo.model(name).savedModel() : Checkout.path("models/" + name));
  }

  /** In how many pieces XLA compiles a step of {@code model}. */
  private static PreparedRun.Pieces pieces(Steps steps, Model model, boolean compiled) {
    try (ModelSession session = runtime.open(model, steps.setup().precision(), compiled);
        Stepper stepper = steps.in(runtime, session)) {
      return stepper.pieces(Steps.BATCH);
    }
  }

  /**
   * One up to the gradients and one for the update, since the guard between them is not compiled.
   * AdamW's decay is one of its own: it writes weights that the update then reads.
   */
  @ParameterizedTest
  @CsvSource({
    "keras2/cnn_bn, sgd, 2",
    "keras2/cnn_bn, adam, 2",
    "keras2/cnn_bn, adamw, 3",
    "keras2/mobilenetv2_mini, adam, 2",
    "keras2_export/resnet_se_mini, adam, 2",
    "keras3/vit_mini, sgd, 2",
    "keras3/vit_mini, adam, 2",
    "keras3/vit_mini, adamw, 3",
    "keras3/transformer_encoder, adam, 2",
    "keras3/transformer_encoder, adamw, 3"
  })
  void aDenseNetworkIsCompiledInFewPieces(String network, String optimizer, int pieces) {
    Steps steps = steps(network(network), optimizer);
    PreparedRun.Pieces wanted = new PreparedRun.Pieces(pieces, pieces);
    assertThat(pieces(steps, model(steps), true)).isEqualTo(wanted);
    assertThat(pieces(steps, model(steps), false).made()).as("nobody asked for it").isZero();
  }

  /**
   * As a GPU has them: in fewer digits, with examples that lie there or wait there in a queue. In
   * float16 the gradients have a guard of their own.
   */
  @ParameterizedTest
  @CsvSource({
    "keras2/cnn_bn, BFLOAT16, host, 2",
    "keras2/cnn_bn, BFLOAT16, staged, 2",
    "keras2/cnn_bn, BFLOAT16, resident, 2",
    "keras2/cnn_bn, FLOAT16, host, 2",
    "keras2/cnn_bn, FLOAT16, resident, 2",
    "keras2/cnn_bn, FLOAT32, staged, 2",
    "keras2/cnn_bn, FLOAT32, resident, 2",
    "keras3/transformer_encoder, BFLOAT16, host, 2",
    "keras3/transformer_encoder, BFLOAT16, staged, 2",
    "keras3/vit_mini, BFLOAT16, resident, 2",
    "keras3/vit_mini, FLOAT16, staged, 2",
    "keras3/transformer_encoder, FLOAT16, host, 2",
    "keras3/transformer_encoder, FLOAT16, staged, 2",
    "keras3/transformer_encoder, FLOAT32, staged, 2"
  })
  void theFormsOfGpusAreCompiledInFewPieces(
      String network, Precision precision, String feed, int pieces) {
    Steps steps = steps(network(network), "adam", precision);
    Feeding feeding = steps.fedBy(feed, runtime);
    assertFedBy(feed, feeding);
    try (ModelSession session = runtime.open(feeding.graph().model(), precision, true)) {
      assertThat(steps.pieces(session, feeding)).isEqualTo(new PreparedRun.Pieces(pieces, pieces));
    }
  }

  private static void assertFedBy(String feed, Feeding feeding) {
    Map<String, String> readers = Map.of("staged", "Unstage", "resident", "ResourceGather");
    assertThat(
            feeding.graph().model().graph().nodes().stream()
                .map(NodeDef::getOp)
                .filter(readers.values()::contains)
                .distinct())
        .isEqualTo(Stream.ofNullable(readers.get(feed)).toList());
  }

  /**
   * As whole networks are. What makes pieces is how many ops of which kinds there are, not how
   * large they are: those that are called narrow have the layers of ResNet50, MobileNetV2 and
   * BERT-base, with all heads and dropouts.
   */
  @Tag("nightly")
  @ParameterizedTest
  @CsvSource({
    "efficientnet-lite0, sgd, FLOAT32, 1, 2",
    "efficientnet-lite0, adam, FLOAT32, 1, 2",
    "resnet50_narrow, adam, FLOAT32, 0, 2",
    "resnet50_narrow, adam, BFLOAT16, 0, 2",
    "mobilenetv2_narrow, adam, FLOAT32, 0, 2",
    "mobilenetv2_narrow, adam, BFLOAT16, 0, 2",
    "bert_narrow, adam, FLOAT32, 38, 2", // three in each of 12 layers, and two around them
    "bert_narrow, adam, BFLOAT16, 75, 2",
    "bert_narrow, adamw, FLOAT32, 38, 3"
  })
  void aWholeNetworkIsCompiledInFewPieces(
      String name,
      String optimizer,
      Precision precision,
      int dropouts,
      int pieces,
      @TempDir Path folder) {
    Model model =
        name.endsWith("narrow") ? Steps.network(Zoo.unpacked(name, folder)) : network(name);
    Steps steps = steps(model, optimizer, precision);
    assertThat(
            model(steps).graph().nodes().stream()
                .filter(node -> node.getOp().equals("StatelessRandomUniform")))
        .hasSize(dropouts);
    PreparedRun.Pieces wanted = new PreparedRun.Pieces(pieces, pieces);
    assertThat(pieces(steps, model(steps), true)).isEqualTo(wanted);
  }

  @Test
  void depthwiseConvolutionsMayBeLeftOut() {
    Steps steps = steps(network("keras2/mobilenetv2_mini"), "sgd");
    Model beside = BesideXla.in(model(steps), Compiled.BUT_DEPTHWISE);
    assertThat(BesideXla.in(model(steps), Compiled.ALL)).isSameAs(model(steps));
    assertThat(pieces(steps, beside, true).compiled())
        .as("each of these splits what is around it")
        .isGreaterThan(2);
  }

  @ParameterizedTest
  @CsvSource({"keras2/cnn_bn", "keras3/vit_mini"})
  void whatIsLearnedIsTheSame(String network) {
    Steps steps = steps(network(network), "sgd");
    List<TensorValue> wanted = learned(steps, false);
    List<TensorValue> found = learned(steps, true);
    steps.assertLearned(found, wanted, 1e-4);
  }

  private static List<TensorValue> learned(Steps steps, boolean compiled) {
    try (ModelSession session = runtime.open(model(steps), Precision.FLOAT32, compiled)) {
      return steps.learned(runtime, session, 3, 0.01);
    }
  }

  @Test
  void aMeasurementDecidesAndSaysWhy() {
    Steps steps = steps(network("keras2/mobilenetv2_mini"), "sgd");
    StepTrial before =
        new StepTrial(new StepForm(Precision.FLOAT32, Kernels.TENSORFLOW), "float32: asked for");
    StepTrial few = trial(steps, 1).measured(runtime, before);
    assertThat(few.form().compiled()).as("compiling takes longer").isEqualTo(Compiled.NOTHING);
    assertThat(few.reason())
        .matches(
            "float32: asked for; not compiled by XLA \\(of 1 steps one takes .+ ms without, .+ ms"
                + " with, after .+ s, .+ ms without these, after .+ s\\)");
    Optional<Compiled> soFar = Optional.of(Compiled.ALL); // on another machine
    StepTrial onCpu = trial(steps, 1_000_000).on(runtime, before, soFar);
    assertThat(onCpu).as("not even measured").isEqualTo(before);
  }

  private static CompiledTrial trial(Steps steps, long count) {
    return new CompiledTrial(
        model(steps), count, 1, session -> steps.in(runtime, session).bare(Steps.BATCH, 0));
  }

  /** Each size would be compiled anew, and what XLA lacks would be taken for a lack of memory. */
  @Test
  void theSearchForABatchCompilesNothing() {
    Steps steps = steps(network("keras2/cnn_bn"), "sgd");
    try (TensorFlowRuntime compiling =
        TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU).xla(Xla.ON))) {
      StepForm form = StepTrial.usual(compiling, Precision.FLOAT32);
      try (TrainingSession search = TrainingSession.trying(compiling, steps.setup(), form)) {
        assertThat(search.stepper().pieces(Steps.BATCH).made()).isZero();
      }
      try (TrainingSession steady =
          TrainingSession.open(compiling, steps.setup(), Optional.of(form))) {
        assertThat(steady.stepper().pieces(Steps.BATCH).made()).isPositive();
      }
    }
  }

  @Test
  void aWholeTrainingIsCompiledWhereThatIsAskedFor() {
    Model model = network("keras2/cnn_bn");
    try (TensorFlowRuntime compiling =
        TensorFlowRuntime.open(RuntimeOptions.defaults().device(Device.CPU).xla(Xla.ON))) {
      Run run =
          Trainer.fit(
              new Computing(compiling, Precision.FLOAT32),
              model,
              Plans.gradual(model, 100),
              SmallData.of(model, Steps.LABELS, 30).split(Split.of(60, 40, 0)),
              TrainOptions.by(Recipe.full().each(each -> each.epochs(2).batch(8))));
      assertThat(run.decisions()).anyMatch(each -> each.contains("compiled by XLA, as asked for"));
    }
  }
}
