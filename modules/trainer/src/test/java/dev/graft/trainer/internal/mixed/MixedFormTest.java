package dev.graft.trainer.internal.mixed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** Which nodes have fewer digits, and what lies between them and the others. */
class MixedFormTest {

  private final GraphEditor editor = Graph.empty().edit();
  private final Scope g = new Scope(editor, "net");
  private final TensorRef x =
      editor.placeholder("x", DataType.DT_FLOAT, Shape.of(Shape.UNKNOWN, 4));

  private TensorRef weight(String name, long... dims) {
    TensorRef handle =
        editor
            .op("VarHandleOp")
            .name(name)
            .attr("dtype", DataType.DT_FLOAT)
            .attr("shape", Shape.of(dims))
            .attr("shared_name", name)
            .output();
    return editor
        .op("ReadVariableOp")
        .name(name + "/read")
        .attr("dtype", DataType.DT_FLOAT)
        .input(handle)
        .output();
  }

  private TensorRef product(TensorRef input, String name, long in, long out) {
    return g.add("MatMul", input, weight(name, in, out));
  }

  private MixedForm mixed(TensorRef answers, TensorRef loss, DType dtype) {
    return MixedForm.add(editor, List.of(x), List.of(answers), List.of(loss.node()), dtype);
  }

  private DataType dtype(MixedForm form, TensorRef tensor) {
    return editor.dtype(form.of(tensor));
  }

  private TensorRef loss(TensorRef answers) {
    return g.add("Mean", g.add("Reshape", g.add("Square", answers), g.ints(-1)), g.ints(0));
  }

  @Test
  void productsGainBiasAndReluFollowAndTheLossDoesNot() {
    TensorRef hidden = product(x, "a", 4, 3);
    TensorRef biased = g.add("BiasAdd", hidden, weight("bias", 3));
    TensorRef active = g.add("Relu", biased);
    TensorRef logits = product(active, "b", 3, 2);
    TensorRef abs = g.add("Abs", logits); // would follow, were it not of the loss
    TensorRef loss = loss(abs);
    MixedForm form = mixed(logits, loss, DType.BFLOAT16);
    assertThat(List.of(hidden, biased, active, logits))
        .allMatch(each -> dtype(form, each) == DataType.DT_BFLOAT16);
    assertThat(dtype(form, abs)).isEqualTo(DataType.DT_FLOAT);
    assertThat(dtype(form, loss)).isEqualTo(DataType.DT_FLOAT);
    assertThat(form.counts().toString()).isEqualTo("{BiasAdd=1, MatMul=2, Relu=1}");
    assertThat(form.words())
        .isEqualTo(
            "bfloat16: 2 products and convolutions and 2 ops that follow them; weights, statistics"
                + " and losses in float32");
    assertThat(editor.dtype(hidden)).as("what was there").isEqualTo(DataType.DT_FLOAT);
    assertThat(editor.build().node(hidden.node()).getName()).doesNotContain("mixed");
  }

  /** So the gradients of all uses add up before the one cast back. */
  @Test
  void aWeightIsCastOnceHoweverOftenItIsRead() {
    TensorRef tied = weight("tied", 4, 4);
    TensorRef once = g.add("MatMul", x, tied);
    TensorRef twice = g.add("MatMul", once, tied);
    MixedForm form = mixed(twice, loss(twice), DType.FLOAT16);
    TensorRef first = Nodes.dataInput(editor.node(form.node(once.node())), 1);
    assertThat(Nodes.dataInput(editor.node(form.node(twice.node())), 1)).isEqualTo(first);
    NodeDef cast = editor.node(first.node());
    assertThat(cast.getOp()).isEqualTo("Cast");
    assertThat(Nodes.dataInput(cast, 0)).isEqualTo(tied);
    assertThat(form.words()).contains("float16", "the loss is scaled");
  }

  @Test
  void softmaxStaysAndWhatComesOfItIsCastAgain() {
    TensorRef scores = product(x, "a", 4, 3);
    TensorRef shares = g.add("Softmax", scores);
    TensorRef next = product(shares, "b", 3, 2);
    MixedForm form = mixed(next, loss(next), DType.BFLOAT16);
    assertThat(dtype(form, shares)).isEqualTo(DataType.DT_FLOAT);
    assertThat(dtype(form, next)).isEqualTo(DataType.DT_BFLOAT16);
  }

  /** As by autocast: of two that differ the one with more digits decides. */
  @Test
  void aSumOfBothIsInFloat32() {
    TensorRef low = product(x, "a", 4, 4);
    TensorRef sum = g.add("AddV2", low, x);
    TensorRef twoLow = g.add("AddV2", low, product(x, "b", 4, 4));
    TensorRef all = g.add("AddV2", sum, twoLow);
    MixedForm form = mixed(all, loss(all), DType.BFLOAT16);
    assertThat(dtype(form, twoLow)).isEqualTo(DataType.DT_BFLOAT16);
    assertThat(dtype(form, sum)).isEqualTo(DataType.DT_FLOAT);
    assertThat(dtype(form, all)).isEqualTo(DataType.DT_FLOAT);
  }

  /** A draw decides in float32 what is dropped; the mask of it is exact in any dtype. */
  @Test
  void aDropoutFollows() {
    TensorRef hidden = product(x, "a", 4, 3);
    TensorRef draw =
        g.op("RandomUniform")
            .input(g.add("Shape", hidden))
            .attr("dtype", DataType.DT_FLOAT)
            .output();
    TensorRef mask =
        g.op("Cast")
            .input(g.add("GreaterEqual", draw, g.scalar(0.5f)))
            .attr("DstT", DataType.DT_FLOAT)
            .output();
    TensorRef dropped = g.add("Mul", g.add("Mul", hidden, g.scalar(2f)), mask);
    TensorRef next = product(dropped, "b", 3, 2);
    MixedForm form = mixed(next, loss(next), DType.FLOAT16);
    assertThat(dtype(form, dropped)).isEqualTo(DataType.DT_HALF);
    assertThat(dtype(form, draw)).isEqualTo(DataType.DT_FLOAT);
  }

  /** -1e9 is infinite in float16, and an epsilon is nothing. */
  @Test
  void constantsThatFloat16CannotHoldKeepAnOpInFloat32() {
    TensorRef scores = product(x, "a", 4, 4);
    TensorRef masked = g.add("AddV2", scores, g.floats(0, 0, 0, -1e9f));
    TensorRef divided = g.add("RealDiv", scores, g.scalar(1e-7f));
    TensorRef plain = g.add("AddV2", scores, g.floats(0, 1e-7f, 0, -1e4f));
    TensorRef all = g.addList("AddN", List.of(masked, divided, plain));
    MixedForm half = mixed(all, loss(all), DType.FLOAT16);
    assertThat(dtype(half, masked)).isEqualTo(DataType.DT_FLOAT);
    assertThat(dtype(half, divided)).isEqualTo(DataType.DT_FLOAT);
    assertThat(dtype(half, plain)).isEqualTo(DataType.DT_HALF);
  }

  @Test
  void inBfloat16TheyAreOnesLikeOthers() {
    TensorRef scores = product(x, "a", 4, 4);
    TensorRef masked = g.add("AddV2", scores, g.floats(0, 0, 0, -1e9f));
    MixedForm form = mixed(masked, loss(masked), DType.BFLOAT16);
    assertThat(dtype(form, masked)).isEqualTo(DataType.DT_BFLOAT16);
  }

  @Test
  void batchNormFollowsWithParametersAndStatisticsInFloat32() {
    TensorRef pixels = g.add("Reshape", x, g.ints(-1, 2, 2, 1));
    TensorRef maps =
        g.op("Conv2D")
            .input(pixels)
            .input(weight("filter", 1, 1, 1, 3))
            .attr("strides", Attrs.ints(1, 1, 1, 1))
            .attr("padding", "SAME")
            .output();
    List<TensorRef> norm =
        g.op("FusedBatchNormV3")
            .input(maps)
            .input(weight("gamma", 3))
            .input(weight("beta", 3))
            .input(g.floats())
            .input(g.floats())
            .attr("is_training", true)
            .outputs();
    MixedForm form = mixed(norm.get(0), loss(norm.get(0)), DType.BFLOAT16);
    assertThat(dtype(form, norm.get(0))).isEqualTo(DataType.DT_BFLOAT16);
    assertThat(dtype(form, norm.get(1))).isEqualTo(DataType.DT_FLOAT);
    NodeDef copy = editor.node(form.node(norm.get(0).node()));
    assertThat(Nodes.dataInput(copy, 1).node()).isEqualTo("gamma/read");
  }

  /** A loop of TensorFlow 1 is there once: its frame has a name. */
  @Test
  void whatAnOldLoopReadsStaysAsItIs() {
    TensorRef hidden = product(x, "a", 4, 4);
    TensorRef entered = g.op("Enter").input(hidden).attr("frame_name", "loop").output();
    TensorRef left = g.add("Exit", entered);
    TensorRef next = product(left, "b", 4, 2);
    MixedForm form = mixed(next, loss(next), DType.BFLOAT16);
    assertThat(form.node(hidden.node())).isEqualTo(hidden.node());
    assertThat(form.node(left.node())).isEqualTo(left.node());
    assertThat(dtype(form, next)).isEqualTo(DataType.DT_BFLOAT16);
  }

  /** EfficientNet's activation: found by its formula, which casts within it would hide. */
  @Test
  void swishFollowsWithTheGradientOfItsFormula() {
    TensorRef hidden = product(x, "a", 4, 4);
    TensorRef swish = g.add("Mul", hidden, g.add("Sigmoid", hidden));
    TensorRef own = g.op("IdentityN").inputs(List.of(swish, hidden)).outputs().get(0);
    NodeDef node = editor.node(own.node());
    editor.replace(node.toBuilder().putAttr("_gradient_op_type", Attrs.of("Custom-1")).build());
    TensorRef next = product(own, "b", 4, 2);
    MixedForm form = mixed(next, loss(next), DType.BFLOAT16);
    assertThat(dtype(form, own)).isEqualTo(DataType.DT_BFLOAT16);
    NodeDef copy = editor.node(form.node(own.node()));
    assertThat(copy.getAttrMap()).doesNotContainKey("_gradient_op_type");
    assertThat(Nodes.dataInput(copy, 1)).isEqualTo(form.of(hidden));
  }

  @Test
  void aGradientOfItsOwnIsForFloat32() {
    TensorRef hidden = product(x, "a", 4, 4);
    TensorRef own = g.add("Identity", hidden);
    NodeDef node = editor.node(own.node());
    editor.replace(node.toBuilder().putAttr("_gradient_op_type", Attrs.of("Custom-1")).build());
    MixedForm form = mixed(own, loss(own), DType.BFLOAT16);
    assertThat(dtype(form, hidden)).isEqualTo(DataType.DT_BFLOAT16);
    assertThat(dtype(form, own)).isEqualTo(DataType.DT_FLOAT);
  }

  @Test
  void whatIsFedIsReadAsItIs() {
    TensorRef hidden = product(x, "a", 4, 4);
    TensorRef next = product(hidden, "b", 4, 2);
    MixedForm form =
        MixedForm.add(
            editor, List.of(hidden), List.of(next), List.of(loss(next).node()), DType.BFLOAT16);
    assertThat(form.node(hidden.node())).isEqualTo(hidden.node());
    NodeDef copy = editor.node(form.node(next.node()));
    NodeDef cast = editor.node(Nodes.dataInput(copy, 0).node());
    assertThat(Nodes.dataInput(cast, 0)).isEqualTo(hidden);
  }

  /** Weights with nothing of an example in them, as of spectral normalisation. */
  @Test
  void aProductOfWeightsStays() {
    TensorRef kernel = g.add("MatMul", weight("a", 4, 4), weight("b", 4, 4));
    TensorRef next = g.add("MatMul", x, kernel);
    MixedForm form = mixed(next, loss(next), DType.BFLOAT16);
    assertThat(dtype(form, kernel)).isEqualTo(DataType.DT_FLOAT);
    assertThat(dtype(form, next)).isEqualTo(DataType.DT_BFLOAT16);
  }

  @Test
  void whereNothingGainsItSaysSo() {
    TensorRef square = g.add("Square", x);
    MixedForm form = mixed(square, loss(square), DType.BFLOAT16);
    assertThat(form.counts()).isEmpty();
    assertThat(form.words()).startsWith("float32: ");
    assertThat(editor.nodes()).noneMatch(node -> node.getName().startsWith("graft/mixed"));
  }
}
