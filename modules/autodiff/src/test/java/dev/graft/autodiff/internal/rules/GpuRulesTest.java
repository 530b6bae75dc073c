package dev.graft.autodiff.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.ShapeInference;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** These run on GPUs alone: here only that TensorFlow takes the graph and what it asks for. */
class GpuRulesTest {

  @ParameterizedTest
  @CsvSource({"CudnnRNN, lstm", "CudnnRNNV2, gru", "CudnnRNNV3, lstm", "CudnnRNNV3, rnn_tanh"})
  void handsOverAllThatCudnnAsksFor(String op, String mode) {
    RuleCase c = RuleCase.of(op, x -> x.x(5, 2, 3)).inFloat32().build();
    List<TensorRef> xs = new ArrayList<>(List.of(c.ys().get(0)));
    xs.add(c.x(1, 2, 4));
    xs.add(c.x(1, 2, 4));
    xs.add(c.x(100));
    OpBuilder node = c.op(op);
    xs.forEach(node::input);
    if (op.endsWith("V3")) {
      node.input(c.ints(5, 3)).attr("time_major", false).attr("num_proj", 0);
    }
    List<TensorRef> ys =
        node.attr("rnn_mode", mode)
            .attr("dropout", 0.25f)
            .attr("seed", 5)
            .attr("direction", "unidirectional")
            .attr("is_training", true)
            .outputs();
    GradientGraph found = Differentiator.gradients(c.graph(), ys.subList(0, 1), List.of(), xs);
    assertThat(found.gradients()).containsOnlyKeys(xs);
    NodeDef back =
        found.graph().nodes().stream()
            .filter(n -> n.getOp().startsWith("CudnnRNNBackprop"))
            .findFirst()
            .orElseThrow();
    assertThat(back.getAttrOrThrow("rnn_mode").getS().toStringUtf8()).isEqualTo(mode);
    assertThat(back.getAttrOrThrow("dropout").getF()).isEqualTo(0.25f);
    assertThat(back.getAttrOrThrow("seed").getI()).isEqualTo(5);
    assertThat(back.getAttrOrThrow("T").getType()).isEqualTo(DataType.DT_FLOAT);
    if (op.endsWith("V3")) {
      assertThat(back.getAttrOrThrow("time_major").getB()).isFalse();
    }
    var shapes = ShapeInference.of(found.graph()).shapes(); // fails on a graph that is not sound
    assertThat(shapes).containsKey(new TensorRef(back.getName(), 0));
    assertThat(back.getInputCount()).isGreaterThan(2 * xs.size());
  }

  /** As CTCLoss, which has a kernel for the CPU: the op gives its own gradient. */
  @Test
  void ctcLossScalesTheGradientThatItGives() {
    RuleCase c = RuleCase.of("CTCLossV2", x -> x.x(5, 2, 4)).inFloat32().build();
    List<TensorRef> ys =
        c.op("CTCLossV2")
            .input(c.ys().get(0))
            .input(c.longs(Shape.of(1, 2), 0, 0))
            .input(c.ints(1))
            .input(c.ints(5, 4))
            .outputs();
    GradientGraph found = Differentiator.gradients(c.graph(), ys.subList(0, 1), List.of(), c.ys());
    TensorRef gradient = ((Gradient.Dense) found.gradients().get(c.ys().get(0))).value();
    NodeDef product = found.graph().node(gradient.node());
    assertThat(product.getOp()).isEqualTo("Mul");
    assertThat(product.getInput(0)).isEqualTo(ys.get(1).asInput());
    ShapeInference.of(found.graph());
  }

  /** Channels first: the CPU has no kernels, so the shapes that TensorFlow infers have to do. */
  @ParameterizedTest
  @CsvSource({
    "Conv2D, SAME, 1",
    "Conv2D, VALID, 1",
    "Conv2D, EXPLICIT, 1",
    "Conv2D, SAME, 2",
    "Conv2D, EXPLICIT, 2",
    "DepthwiseConv2dNative, SAME, 1",
    "DepthwiseConv2dNative, EXPLICIT, 1",
    "DepthwiseConv2dNative, SAME, 2",
    "MaxPool, SAME, 1",
    "MaxPool, EXPLICIT, 1",
    "AvgPool, VALID, 1"
  })
  void channelsMayComeFirst(String op, String padding, long dilation) {
    RuleCase c = RuleCase.of(op, x -> x.x(2, 4, 6, 8)).inFloat32().build();
    GraphEditor editor = c.editor();
    TensorRef x = editor.placeholder("image", DataType.DT_FLOAT, Shape.of(2, 4, 6, 8));
    List<TensorRef> xs = new ArrayList<>(List.of(x));
    OpBuilder node = c.op(op).input(x);
    if (op.contains("Conv")) {
      TensorRef kernel = editor.placeholder("kernel", DataType.DT_FLOAT, Shape.of(3, 3, 4, 2));
      xs.add(kernel);
      node.input(kernel).attr("dilations", RuleCase.list(1, 1, dilation, dilation));
    } else {
      node.attr("ksize", RuleCase.list(1, 1, 2, 2));
    }
    if (padding.equals("EXPLICIT")) {
      node.attr("explicit_paddings", RuleCase.list(0, 0, 0, 0, 1, 2, 0, 1));
    }
    long stride = dilation == 1 ? 2 : 1;
    TensorRef y =
        node.attr("strides", RuleCase.list(1, 1, stride, stride))
            .attr("padding", padding)
            .attr("data_format", "NCHW")
            .output();
    GradientGraph found = Differentiator.gradients(c.graph(), List.of(y), List.of(), xs);
    var shapes = ShapeInference.of(found.graph()).shapes();
    for (TensorRef each : xs) {
      TensorRef gradient = ((Gradient.Dense) found.gradients().get(each)).value();
      assertThat(shapes.get(gradient).isCompatibleWith(shapes.get(each)))
          .as("%s for %s", shapes.get(gradient), shapes.get(each))
          .isTrue();
    }
    assertThat(
            found.graph().nodes().stream()
                .filter(n -> n.getName().startsWith("gradients/") && n.containsAttr("data_format"))
                .map(n -> n.getAttrOrThrow("data_format").getS().toStringUtf8()))
        .isNotEmpty()
        .containsOnly("NCHW");
  }
}
