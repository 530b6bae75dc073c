package dev.graft.importer.internal.clean;

import static dev.graft.testkit.TensorAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import dev.graft.testkit.Zoo;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** Of Switch and Merge on what never changes, the branch that runs is left. */
class SettledBranchesTest {

  private static final Map<String, TensorValue> X = Map.of("x", TensorValue.scalar(-4f));

  @TempDir private Path folder = Path.of("");

  private static Set<String> ops(Model model) {
    return model.graph().nodes().stream().map(NodeDef::getOp).collect(Collectors.toSet());
  }

  /** What Keras of TensorFlow 1 wrote; that it computes and trains the same, all zoo tests say. */
  @Test
  void batchNormAndDropoutOfAKerasLearningPhaseAreWhatTheyAreAtInference() {
    Model model = SavedModelImporter.load(Zoo.model("tf1/tf1_keras_phase").savedModel());
    assertThat(ops(model))
        .contains("FusedBatchNormV3", "Conv2D")
        .doesNotContain("Switch", "Merge", "PlaceholderWithDefault", "RandomUniform");
    assertThat(model.trainableVariables()).hasSize(6);
  }

  /** y = x squared where the flag holds, else its negative. */
  private HandMade branches(String flag) {
    HandMade model = new HandMade();
    model
        .node("value", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_BOOL))
        .putAttr(
            "value",
            Attrs.of(
                TensorValue.of(
                        DType.BOOL,
                        Shape.scalar(),
                        java.nio.ByteBuffer.wrap(new byte[] {(byte) (flag.equals("on") ? 1 : 0)}))
                    .toProto()));
    model
        .node("phase", "PlaceholderWithDefault", "value")
        .putAttr("dtype", Attrs.of(DataType.DT_BOOL))
        .putAttr("shape", Attrs.of(Shape.scalar()));
    model.node("id", "Identity", "phase").putAttr("T", Attrs.of(DataType.DT_BOOL));
    model.node("switch", "Switch", "x", "id").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model.node("squared", "Square", "switch:1").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model.node("negative", "Neg", "switch").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model
        .node("merge", "Merge", "negative", "squared")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .putAttr("N", Attrs.of(2));
    model
        .node("branch", "Cast", "merge:1")
        .putAttr("SrcT", Attrs.of(DataType.DT_INT32))
        .putAttr("DstT", Attrs.of(DataType.DT_FLOAT));
    model.node("sum", "AddV2", "merge", "branch").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model.answer("sum");
    return model;
  }

  @ParameterizedTest
  @CsvSource({"on, Square, Neg", "off, Neg, Square"})
  void theLiveBranchComputesTheSame(String flag, String live, String gone) {
    Path path = branches(flag).in(folder);
    Model model = SavedModelImporter.load(path);
    assertThat(ops(model)).contains(live).doesNotContain(gone, "Switch", "Merge");
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession flat = runtime.open(model);
        SavedModelSession original = runtime.loadSavedModel(path, Set.of("serve"))) {
      TensorValue expected = original.call("serving_default", X).get("y");
      assertThat(flat.call(model.servingSignature(), X).get("y")).isIdenticalTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"on", "off"})
  void aPhaseThatIsAnInputStaysOne(String flag) {
    HandMade made = branches(flag);
    made.input("training", "phase:0", DataType.DT_BOOL);
    Model model = SavedModelImporter.load(made.in(folder));
    assertThat(ops(model)).contains("Switch", "Merge", "Square", "Neg");
  }

  /** TensorFlow refuses such a model when it is called; Graft does not make an answer up. */
  @Test
  void anAnswerOfTheBranchThatNeverRunsIsLeftAsItIs() {
    HandMade made = branches("off");
    made.signature("serving_default", "x:0", "squared:0");
    assertThat(ops(SavedModelImporter.load(made.in(folder)))).contains("Switch", "Square");
  }
}
