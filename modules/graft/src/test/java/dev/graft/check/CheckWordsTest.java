package dev.graft.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.BareModel;
import dev.graft.Graft;
import dev.graft.Trust;
import dev.graft.graph.Attrs;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** The check says what stands in the way of what public models showed. */
class CheckWordsTest {

  @TempDir private Path folder = Path.of("");

  private CheckReport check(Path model) {
    List<CheckProcess.Note> notes = new ArrayList<>();
    new Checkup(model, Trust.REFUSE, folder, folder, notes::add).run();
    return notes.get(notes.size() - 1).report();
  }

  @Test
  void aModelWithoutAHead() {
    CheckReport report = check(Zoo.model("keras3/conv1d_causal").savedModel());
    assertThat(report.head()).isNull();
    assertThat(report.story())
        .extracting(CheckReport.Line::text)
        .anySatisfy(text -> assertThat(text).startsWith("none found: '").contains("from the op"))
        .anySatisfy(text -> assertThat(text).contains("it can be cut at a layer"));
  }

  /** A policy that gives the number of the best action is all of this kind. */
  @Test
  void whatLiesBehindAWholeNumberIsToldFromWhatHasNoInfluence() {
    assertThat(check(Zoo.model("keras2/argmax_path").savedModel()).story())
        .extracting(CheckReport.Line::text)
        .contains("2 only behind ops at which gradients end")
        .anySatisfy(
            text ->
                assertThat(text)
                    .startsWith("gradients end at 'ArgMax' in layer '")
                    .contains("Behind it: 2 variables: "));
  }

  /** Nothing trains on which one is largest, so a new head goes on what is compared. */
  @Test
  void aModelThatSaysOnlyWhichIsLargestTrainsWithANewHead() throws IOException {
    Path model =
        withOutputs(
            List.of("class"),
            scores ->
                List.of(
                    NodeDef.newBuilder()
                        .setName("largest/axis")
                        .setOp("Const")
                        .putAttr("dtype", Attrs.of(DataType.DT_INT32))
                        .putAttr("value", Attrs.of(TensorValue.scalar(1).toProto()))
                        .build(),
                    NodeDef.newBuilder()
                        .setName("class")
                        .setOp("ArgMax")
                        .addInput(scores)
                        .addInput("largest/axis")
                        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
                        .putAttr("Tidx", Attrs.of(DataType.DT_INT32))
                        .putAttr("output_type", Attrs.of(DataType.DT_INT64))
                        .build()));
    CheckReport report = check(model);
    assertThat(report.error()).isNull();
    assertThat(report.trained()).isTrue();
    assertThat(report.story())
        .extracting(CheckReport.Line::text)
        .anySatisfy(
            text -> assertThat(text).startsWith("→ nothing trains on these outputs: cut at '"));
  }

  /** One output that lets no gradient pass does not stop training on the others. */
  @Test
  void aModelOfWhichOneOutputLetsNoGradientPassTrainsOnAnother() throws IOException {
    Path model =
        withOutputs(
            List.of("blocked", "squares"),
            scores ->
                List.of(
                    unary("blocked", "GuaranteeConst", scores),
                    unary("squares", "Square", scores)));
    CheckReport report = check(model);
    assertThat(report.error()).isNull();
    assertThat(report.blocked()).hasSize(1);
    assertThat(report.story())
        .extracting(CheckReport.Line::text)
        .contains("→ nothing trains on all outputs at once: trained on 'squares'");
  }

  /**
   * A logarithm of what is below zero, or an exponential beyond all floats, is for the numbers that
   * were made up.
   */
  @ParameterizedTest
  @CsvSource({"Log, -1, 1", "Exp, 0, 500"})
  void whatIsNoNumberIsTriedInAnotherRangeFirst(String op, float shift, float scale)
      throws IOException {
    Path path =
        withOutputs(
            List.of("product"),
            scores ->
                List.of(
                    constant("axes", TensorValue.of(Shape.of(2), new int[] {0, 1})),
                    constant("shift", TensorValue.scalar(shift)),
                    constant("scale", TensorValue.scalar(scale)),
                    binary("mean", "Mean", "x", "axes"),
                    binary("shifted", "AddV2", "mean", "shift"),
                    binary("scaled", "Mul", "shifted", "scale"),
                    unary("made", op, "scaled"),
                    binary("product", "Mul", scores, "made")));
    CheckReport report = check(path);
    assertThat(report.error()).isNull();
    assertThat(report.trained()).isTrue();
    assertThat(report.story())
        .extracting(CheckReport.Line::text)
        .contains(
            "answers are not finite at first: inputs drawn from "
                + (op.equals("Log") ? "1..2" : "0.1..0.2"));
    Model model = Graft.load(path);
    Map<String, TensorValue> usual =
        new ProbeInputs(model, model.servingSignature()).inputs().findFirst().orElseThrow();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      TrainingTrial trial =
          TrainingTrial.of(
              runtime, model, model.servingSignature(), usual, model.trainableVariables());
      assertThat(trial.after()).isFinite();
    }
  }

  private static NodeDef constant(String name, TensorValue value) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("Const")
        .putAttr("dtype", Attrs.of(value.dtype().proto()))
        .putAttr("value", Attrs.of(value.toProto()))
        .build();
  }

  private static NodeDef binary(String name, String op, String a, String b) {
    NodeDef.Builder node = unary(name, op, a).toBuilder().addInput(b);
    return (op.equals("Mean") ? node.putAttr("Tidx", Attrs.of(DataType.DT_INT32)) : node).build();
  }

  private static NodeDef unary(String name, String op, String input) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp(op)
        .addInput(input)
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .build();
  }

  /** A TF1 model with other outputs, made from its scores by further nodes of the same names. */
  private Path withOutputs(List<String> outputs, Function<String, List<NodeDef>> nodes)
      throws IOException {
    Path original = Zoo.model("tf1/tf1_resource_variables").savedModel();
    Path model = Files.createDirectories(folder.resolve("model/variables")).getParent();
    try (Stream<Path> files = Files.list(original.resolve("variables"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve("variables").resolve(file.getFileName()));
      }
    }
    SavedModel.Builder saved =
        SavedModel.parseFrom(Files.readAllBytes(original.resolve("saved_model.pb"))).toBuilder();
    MetaGraphDef.Builder meta = saved.getMetaGraphsBuilder(0);
    SignatureDef.Builder serving = meta.getSignatureDefOrThrow("serving_default").toBuilder();
    meta.getGraphDefBuilder()
        .addAllNode(nodes.apply(serving.getOutputsOrThrow("scores").getName()));
    serving.clearOutputs();
    for (String output : outputs) {
      DataType dtype = output.equals("class") ? DataType.DT_INT64 : DataType.DT_FLOAT;
      serving.putOutputs(
          output, TensorInfo.newBuilder().setName(output + ":0").setDtype(dtype).build());
    }
    meta.putSignatureDef("serving_default", serving.build());
    Files.write(model.resolve("saved_model.pb"), saved.build().toByteArray());
    return model;
  }

  /** As TF1 leaves them: the flag for training is a placeholder that no signature names. */
  @Test
  void aPlaceholderThatNobodyFeeds() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    BareModel.write(
        model,
        GraphDef.newBuilder()
            .addNode(BareModel.placeholder("x"))
            .addNode(BareModel.placeholder("training"))
            .addNode(
                NodeDef.newBuilder()
                    .setName("y")
                    .setOp("AddV2")
                    .addInput("x")
                    .addInput("training")
                    .putAttr("T", Attrs.of(DataType.DT_FLOAT))));
    assertThat(check(model).error())
        .contains("placeholder tensor 'training'")
        .contains("The signature has no input for it");
  }
}
