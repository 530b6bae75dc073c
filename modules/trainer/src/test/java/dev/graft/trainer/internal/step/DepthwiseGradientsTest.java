package dev.graft.trainer.internal.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** A convolution with the turned filter gives the gradient that TensorFlow's own kernel gives. */
class DepthwiseGradientsTest {

  private static final TensorRef DY = TensorRef.of("dy");
  private static final TensorRef GRADIENT = TensorRef.of("gradient");

  /** The gradient of what a convolution reads, of so many rows, 50 columns and three channels. */
  private static Graph gradient(int rows, int filter, int multiplier, int stride, String padding) {
    GraphEditor editor = Graph.empty().edit();
    Shape read = Shape.of(2, rows, 50, 3);
    TensorRef sizes =
        editor.constant("sizes", TensorValue.of(Shape.of(4), new int[] {2, rows, 50, 3}));
    Shape size = Shape.of(filter, filter, 3, multiplier);
    int lost = padding.equals("SAME") ? 0 : filter - 1;
    Shape given =
        Shape.of(2, (rows - lost) / stride, (read.dim(2) - lost) / stride, 3L * multiplier);
    editor
        .op("DepthwiseConv2dNativeBackpropInput")
        .name(GRADIENT.node())
        .input(sizes)
        .input(editor.constant("filter", drawn(size)))
        .input(editor.placeholder(DY.node(), DataType.DT_FLOAT, given))
        .attr("strides", Attrs.ints(1, stride, stride, 1))
        .attr("padding", padding)
        .output();
    return editor.build();
  }

  private static TensorValue drawn(Shape shape) {
    Random random = new Random(7);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return TensorValue.of(shape, values);
  }

  private static TensorValue run(TensorFlowRuntime runtime, Graph graph, TensorValue dy) {
    try (GraphSession session = runtime.session(graph)) {
      return session.run(Map.of(DY, dy), List.of(GRADIENT), List.of()).get(0);
    }
  }

  @ParameterizedTest
  @CsvSource({"30, 3", "31, 5", "40, 1"})
  void itIsTheSame(int rows, int filter) {
    Graph own = gradient(rows, filter, 1, 1, "SAME");
    Graph turned = DepthwiseGradients.in(own);
    assertThat(turned.nodes())
        .extracting(NodeDef::getOp)
        .doesNotContain("DepthwiseConv2dNativeBackpropInput");
    TensorValue dy = drawn(Shape.of(2, rows, 50, 3));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      TensorValue wanted = run(runtime, own, dy);
      TensorValue found = run(runtime, turned, dy);
      assertThat(found.shape()).isEqualTo(wanted.shape());
      assertThat(found.asDoubles()).containsExactly(wanted.asDoubles(), within(1e-5));
    }
  }

  @Test
  void whatIsNoneIsLeftAlone() {
    Graph small = gradient(29, 3, 1, 1, "SAME");
    assertThat(DepthwiseGradients.in(small)).isSameAs(small);
    Graph even = gradient(40, 2, 1, 1, "SAME");
    assertThat(DepthwiseGradients.in(even)).isSameAs(even);
    Graph several = gradient(40, 3, 2, 1, "SAME");
    assertThat(DepthwiseGradients.in(several)).isSameAs(several);
    Graph striding = gradient(80, 3, 1, 2, "SAME");
    assertThat(DepthwiseGradients.in(striding)).isSameAs(striding);
    Graph bare = gradient(40, 3, 1, 1, "VALID");
    assertThat(DepthwiseGradients.in(bare)).isSameAs(bare);
  }
}
