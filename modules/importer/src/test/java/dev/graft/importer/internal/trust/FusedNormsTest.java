package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.graph.Attrs;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.UntrustedModelException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * A batch normalization behind a convolution, whose vectors have fewer numbers than the convolution
 * has channels: TensorFlow's one kernel for both read on behind them. That what Keras and
 * TensorFlow 1 write passes, the zoo says.
 */
class FusedNormsTest {

  private static final AttrValue FLOAT = Attrs.of(DataType.DT_FLOAT);
  private static final int CHANNELS = 8;
  private static final List<String> VECTORS = List.of("scale", "offset", "mean", "variance");

  @TempDir private Path folder;

  private static void numbers(HandMade model, String name, long... dims) {
    Shape shape = Shape.of(dims);
    model.constant(name, TensorValue.of(shape, new float[(int) shape.elements()]).toProto());
  }

  /** A model without its normalization. */
  private static HandMade convolving() {
    HandMade model = new HandMade();
    numbers(model, "picture", 1, 4, 4, 2);
    numbers(model, "filter", 1, 1, 2, CHANNELS);
    VECTORS.forEach(vector -> numbers(model, vector, CHANNELS));
    numbers(model, "short", 3);
    convolution(model.node("conv", "Conv2D", "picture", "filter"));
    return model;
  }

  private static NodeDef.Builder convolution(NodeDef.Builder node) {
    AttrValue.Builder strides = AttrValue.newBuilder();
    strides.getListBuilder().addAllI(List.of(1L, 1L, 1L, 1L));
    return node.putAttr("T", FLOAT)
        .putAttr("strides", strides.build())
        .putAttr("padding", Attrs.of("SAME"));
  }

  private static NodeDef.Builder norm(NodeDef.Builder node, String op, boolean training) {
    if (!op.equals("FusedBatchNorm")) {
      node.putAttr("U", FLOAT);
    }
    return node.setOp(op).putAttr("T", FLOAT).putAttr("is_training", Attrs.of(training));
  }

  private static NodeDef.Builder norm(HandMade model, String x) {
    return norm(
        model.node("norm", "", x, "scale", "offset", "mean", "variance"),
        "FusedBatchNormV3",
        false);
  }

  private void check(HandMade model, boolean passes) {
    model.answer("norm").addInput("^x");
    Path path = model.in(folder.resolve("model"));
    if (passes) {
      assertThat(SavedModelImporter.load(path).graph().contains("norm")).isTrue();
      return;
    }
    assertThatThrownBy(() -> SavedModelImporter.load(path))
        .isInstanceOf(UntrustedModelException.class)
        .hasMessageContaining("FusedBatchNorm");
    ImportOptions options = ImportOptions.defaults();
    assertThatThrownBy(() -> LoadableBundle.of(path, options, folder.resolve("copy")))
        .isInstanceOf(UntrustedModelException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "FusedBatchNorm, 1",
    "FusedBatchNormV2, 2",
    "FusedBatchNormV3, 3",
    "FusedBatchNormV3, 4",
    "FusedBatchNormV3, 0"
  })
  void eachVectorHasAsManyNumbersAsTheConvolutionChannels(String op, int wrong) {
    HandMade model = convolving();
    NodeDef.Builder norm = norm(norm(model, "conv"), op, false);
    if (wrong > 0) {
      norm.setInput(wrong, "short");
    }
    check(model, wrong == 0);
  }

  @Test
  void whatIsClaimedIsNotKnown() {
    HandMade model = convolving();
    model
        .node("claimed", "PlaceholderWithDefault", "offset")
        .putAttr("dtype", FLOAT)
        .putAttr("shape", Attrs.of(Shape.of(CHANNELS)));
    norm(model, "conv").setInput(2, "claimed");
    check(model, false);
  }

  /** A handle says what it likes of its shape, and takes a tensor of any. */
  @Test
  void aVariableThatTheModelSetsIsNotKnown() {
    HandMade model = convolving();
    model
        .node("handle", "VarHandleOp")
        .putAttr("dtype", FLOAT)
        .putAttr("shared_name", Attrs.of("offset"))
        .putAttr("shape", Attrs.of(Shape.of(CHANNELS)));
    model.node("set", "AssignVariableOp", "handle", "short").putAttr("dtype", FLOAT);
    model.node("read", "ReadVariableOp", "handle", "^set").putAttr("dtype", FLOAT);
    norm(model, "conv").setInput(2, "read");
    check(model, false);
  }

  /** The optimiser takes out what it believes to do nothing. */
  @ParameterizedTest
  @CsvSource({"Identity, false", "Reshape, false", "Relu, true"})
  void whatStandsBetweenMayBeTakenOut(String op, boolean passes) {
    HandMade model = convolving();
    model.constant("shape", TensorValue.of(Shape.of(4), new int[] {1, 4, 4, CHANNELS}).toProto());
    NodeDef.Builder between = model.node("between", op, "conv").putAttr("T", FLOAT);
    if (op.equals("Reshape")) {
      between.addInput("shape");
    }
    norm(model, "between").setInput(1, "short");
    check(model, passes);
  }

  /** Training makes one kernel of neither, and takes the mean of what there is. */
  @Test
  void trainingIsNotFused() {
    HandMade model = convolving();
    norm(norm(model, "conv"), "FusedBatchNormV3", true).setInput(1, "short");
    check(model, true);
  }

  /** In a branch nothing is known of what comes from outside. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void aBranchHoldsAllOfItItself(boolean whole) {
    HandMade model = new HandMade();
    FunctionDef.Builder branch = model.function("branch");
    HandMade inner = convolving();
    norm(inner, "conv");
    for (NodeDef node : inner.build().getMetaGraphs(0).getGraphDef().getNodeList()) {
      if (!node.getName().equals("x")) {
        NodeDef.Builder copy = node.toBuilder().clearInput();
        node.getInputList().forEach(input -> copy.addInput(input + ":output:0"));
        branch.addNodeDef(copy);
      }
    }
    if (!whole) {
      int last = branch.getNodeDefCount() - 1;
      branch.getNodeDefBuilder(last).setInput(2, "x");
    }
    branch.putRet("y", "norm:y:0");
    model
        .node("norm", "If", "x", "x")
        .putAttr("Tcond", FLOAT)
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("then_branch", Attrs.function("branch"))
        .putAttr("else_branch", Attrs.function("branch"));
    check(model, whole);
  }
}
