package dev.graft.trainer.internal.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Drawn;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** Products of matrices give the gradients that TensorFlow's own kernels give. */
class ProductGradientsTest {

  private static final TensorRef FILTER = TensorRef.of("filter_gradient");
  private static final TensorRef BIAS = TensorRef.of("bias_gradient");
  private static final TensorRef X = TensorRef.of("x");
  private static final TensorRef DY = TensorRef.of("dy");

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Both gradients of a convolution with a filter of so many pixels, three channels and four. */
  private static Graph gradients(DataType dtype, String padding, int stride, int pixels) {
    return gradients(dtype, padding, stride, pixels, 4);
  }

  private static Graph gradients(
      DataType dtype, String padding, int stride, int pixels, int filters) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", dtype, Shape.unknown());
    TensorRef dy = editor.placeholder("dy", dtype, Shape.unknown());
    int[] filter = {pixels, pixels, 3, filters};
    TensorRef sizes = editor.constant("sizes", TensorValue.of(Shape.of(4), filter));
    OpBuilder ofFilter =
        editor.op("Conv2DBackpropFilter").name(FILTER.node()).input(x).input(sizes).input(dy);
    if (padding.equals("EXPLICIT")) {
      ofFilter.attr("explicit_paddings", Attrs.ints(0, 0, 0, 0, 0, 0, 0, 0));
    }
    ofFilter.attr("strides", Attrs.ints(1, stride, stride, 1)).attr("padding", padding).output();
    editor.op("BiasAddGrad").name(BIAS.node()).input(dy).output();
    return editor.build();
  }

  static Stream<Arguments> pointwise() {
    List<Arguments> all = new ArrayList<>();
    for (DataType dtype : List.of(DataType.DT_FLOAT, DataType.DT_DOUBLE)) {
      for (String padding : List.of("SAME", "VALID")) {
        for (int stride : new int[] {1, 2, 3}) {
          for (int filters : new int[] {4, 20}) { // few are the rows of the product
            all.add(Arguments.of(dtype, padding, stride, filters));
          }
        }
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("pointwise")
  void theyAreTheSame(DataType dtype, String padding, int stride, int filters) {
    Graph own = gradients(dtype, padding, stride, 1, filters);
    Graph products = ProductGradients.in(own);
    assertThat(products.nodes()).extracting(NodeDef::getOp).doesNotContain("BiasAddGrad");
    assertThat(products.nodes()).extracting(NodeDef::getOp).doesNotContain("Conv2DBackpropFilter");
    Random random = new Random(7);
    TensorValue x = Drawn.of(random, dtype, 2, 5, 7, 3);
    TensorValue dy = Drawn.of(random, dtype, 2, met(5, stride), met(7, stride), filters);
    List<TensorValue> wanted = run(own, x, dy);
    List<TensorValue> found = run(products, x, dy);
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(found.get(i).shape()).isEqualTo(wanted.get(i).shape());
      assertThat(found.get(i).asDoubles())
          .containsExactly(
              wanted.get(i).asDoubles(), within(dtype == DataType.DT_FLOAT ? 1e-5 : 1e-12));
    }
  }

  /** Where TensorFlow's own kernels fail or not, by the dtype. */
  @Test
  void noExamplesGiveZeros() {
    Graph products = ProductGradients.in(gradients(DataType.DT_FLOAT, "VALID", 2, 1));
    Random random = new Random(7);
    TensorValue x = Drawn.of(random, DataType.DT_FLOAT, 0, 5, 7, 3);
    TensorValue dy = Drawn.of(random, DataType.DT_FLOAT, 0, 3, 4, 4);
    for (TensorValue found : run(products, x, dy)) {
      assertThat(found.asDoubles()).isNotEmpty().containsOnly(0);
    }
  }

  private static int met(int pixels, int stride) {
    return (pixels + stride - 1) / stride;
  }

  private static List<TensorValue> run(Graph graph, TensorValue x, TensorValue dy) {
    try (GraphSession session = runtime.session(graph)) {
      PreparedRun run = session.prepare(List.of(X, DY), List.of(FILTER, BIAS), List.of());
      return run.run(List.of(x, dy));
    }
  }

  @Test
  void whatIsNoneIsLeftAlone() {
    Graph larger = gradients(DataType.DT_FLOAT, "SAME", 1, 3);
    assertThat(ProductGradients.in(larger)).isSameAs(larger);
    Graph explicit = gradients(DataType.DT_FLOAT, "EXPLICIT", 1, 1);
    assertThat(ProductGradients.in(explicit)).isSameAs(explicit);
    Graph halves = gradients(DataType.DT_HALF, "SAME", 1, 1);
    assertThat(ProductGradients.in(halves)).isSameAs(halves);
  }
}
