package dev.graft.trainer.internal.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Processor;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.mixed.Digits;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Features in bfloat16 are as good as its digits, and the same whether they were kept or not. */
class BfloatFeaturesTest {

  private static final String NET = "keras2/mobilenetv2_mini";

  /** Of the largest number: some of bfloat16's roundings, each of 2^-9 at most. */
  private static final double ROUNDINGS = 6 * 0x1p-9;

  @TempDir private Path folder;
  private final List<String> said = new ArrayList<>();
  private final Watch watch =
      Watch.of(TrainingListener.to(Decision.class, each -> said.add(each.sentence())), () -> {});

  private record Pass(TensorValue rows, long reused) {}

  /** What a model of the zoo answers to its own examples, as features of which rows are kept. */
  private Pass pass(String name, Precision precision, boolean halves) {
    ZooModel zoo = Zoo.model(name);
    Model model = SavedModelImporter.load(zoo.savedModel());
    Signature signature = model.servingSignature();
    TensorRef answer = signature.outputs().values().iterator().next().tensor();
    return pass(zoo, model, answer, new Digits(precision, halves));
  }

  private Pass pass(ZooModel zoo, Model model, TensorRef wanted, Digits digits) {
    Signature signature = model.servingSignature();
    Map<String, TensorValue> inputs = zoo.inputs(signature);
    int size = (int) inputs.values().iterator().next().shape().dim(0);
    Dataset data = Dataset.of(inputs, TensorValue.of(Shape.of(size, 1), new float[size]));
    InputBinding entry = InputBinding.of(model, data);
    RuntimeOptions options = RuntimeOptions.defaults().device(RuntimeOptions.Device.CPU);
    try (TensorFlowRuntime runtime =
            TensorFlowRuntime.open(options.features(options.features().in(folder)));
        Features features = new Features(runtime, model, entry, List.of(wanted), size)) {
      boolean unused = features.inHalves(digits.halves()).in(digits.precision(), watch);
      features.keptIn(Frontier.of(entry), watch);
      Pace pace = new Pace(watch, Progress.Phase.FEATURES, "examples", size, 1);
      TensorValue rows =
          features.of(data, pace).input(entry.nameOf(wanted)).range(0, size, Rows.NOTHING);
      return new Pass(rows, features.counts().reused());
    }
  }

  private long bytes() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static double largest(TensorValue rows) {
    double largest = 0;
    for (float each : rows.floats()) {
      largest = Math.max(largest, Math.abs(each));
    }
    return largest;
  }

  private void holds(String name, Precision precision) {
    TensorValue exact = pass(name, Precision.FLOAT32, false).rows();
    assertThat(said).isEmpty();
    Pass first = pass(name, precision, false);
    assertThat(said).singleElement().asString().matches("features in bfloat16: \\d+ products .+");
    assertThat(first.reused()).as("float32 rows are others").isZero();
    TensorAssert.assertThat(first.rows()).isCloseTo(exact, ROUNDINGS * largest(exact), 0);
    assertThat(first.rows().floats()).isNotEqualTo(Halves.round(exact, DType.BFLOAT16).floats());
    TensorAssert.assertThat(first.rows()).isIdenticalTo(Halves.round(first.rows(), DType.BFLOAT16));
    Pass second = pass(name, precision, false);
    assertThat(second.reused()).isEqualTo(exact.shape().dim(0));
    TensorAssert.assertThat(second.rows()).isIdenticalTo(first.rows());
    Pass again = pass(name, Precision.FLOAT32, false);
    assertThat(again.reused()).isEqualTo(exact.shape().dim(0));
    TensorAssert.assertThat(again.rows()).isIdenticalTo(exact);
  }

  @ParameterizedTest
  @ValueSource(strings = {NET, "keras2/cnn_bn", "keras3/vit_mini", "keras3/transformer_encoder"})
  void theyAreRoundedAndKeptSo(String name) {
    holds(name, Precision.BFLOAT16);
  }

  @ParameterizedTest
  @ValueSource(strings = {NET, "keras3/vit_mini"})
  void theSessionsOptimiserGivesThemOnTheCpu(String name) {
    assumeTrue(Processor.hasBfloat16(Processor.extensions()));
    holds(name, Precision.MIXED_BFLOAT16);
  }

  @Test
  void theyTakeHalfTheDisk() throws IOException {
    pass(NET, Precision.FLOAT32, false);
    long exact = bytes();
    TensorValue rows = pass(NET, Precision.BFLOAT16, false).rows();
    assertThat(exact - (bytes() - exact)).isEqualTo(2 * rows.shape().elements());
  }

  /** A head for boxes reads float16, whose rows by products in bfloat16 are others. */
  @Test
  void inHalvesTheyAreOthersToo() {
    pass(NET, Precision.FLOAT32, true);
    Pass few = pass(NET, Precision.BFLOAT16, true);
    assertThat(few.reused()).isZero();
    TensorAssert.assertThat(few.rows()).isIdenticalTo(Halves.round(few.rows(), DType.FLOAT16));
    Pass again = pass(NET, Precision.BFLOAT16, true);
    assertThat(again.reused()).isPositive();
    TensorAssert.assertThat(again.rows()).isIdenticalTo(few.rows());
  }

  /** Steps in float16, in TF32 or in what is measured leave features as they are. */
  @Test
  void onlyWhoNamesBfloat16HasThem() {
    TensorValue exact = pass(NET, Precision.FLOAT32, false).rows();
    for (Precision each : List.of(Precision.AUTO, Precision.FLOAT16, Precision.TF32)) {
      Pass pass = pass(NET, each, false);
      assertThat(pass.reused()).isPositive();
      TensorAssert.assertThat(pass.rows()).isIdenticalTo(exact);
    }
    assertThat(said).isEmpty();
  }

  /** All products of an LSTM are in its loop. */
  @Test
  void aNetworkWithoutProductsStaysExactAndSaysSo() {
    ZooModel zoo = Zoo.model("keras2/lstm");
    Model model =
        SavedModelImporter.load(zoo.savedModel())
            .with(Edits.replaceHead(HeadSpec.singleLabel(Labels.of(List.of("a", "b")))));
    TensorRef wanted = model.heads().get(0).features();
    TensorValue exact = pass(zoo, model, wanted, Digits.ALL).rows();
    Pass pass = pass(zoo, model, wanted, Digits.ALL.in(Precision.BFLOAT16));
    assertThat(said).anyMatch(each -> each.startsWith("features in float32: nothing of"));
    TensorAssert.assertThat(pass.rows()).isIdenticalTo(exact);
  }
}
