package dev.graft.trainer.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Drawn;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** Gradients of several groups at once are those of one group after another. */
class GroupedGradientsTest {

  private static final int EXAMPLES = 2;
  private static final int ROWS = 9;
  private static final int COLUMNS = 12;

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /**
   * A convolution with both of its gradients.
   *
   * @param graph in which they are computed one group after another
   * @param of the gradients, of what it reads and of the filter
   */
  private record Convolution(Graph graph, List<TensorRef> of) {

    /** A filter is a square of so many pixels, from so many channels to so many in each group. */
    static Convolution of(Form form, DataType dtype) {
      GraphEditor editor = Graph.empty().edit();
      Shape read = Shape.of(Shape.UNKNOWN, ROWS, COLUMNS, (long) form.groups * form.read);
      Shape filter = Shape.of(form.size, form.size, form.read, (long) form.groups * form.given);
      TensorRef x = editor.placeholder("x", dtype, read);
      TensorRef w = editor.placeholder("w", dtype, filter);
      OpBuilder convolution = editor.op("Conv2D").name("y").input(x).input(w);
      if (form.padding.equals("EXPLICIT")) {
        convolution.attr("explicit_paddings", Attrs.ints(0, 0, 1, 0, 2, 1, 0, 0));
      }
      TensorRef y =
          convolution
              .attr("strides", Attrs.ints(1, form.stride, form.stride, 1))
              .attr("padding", form.padding)
              .attr("dilations", Attrs.ints(1, form.dilation, form.dilation, 1))
              .output();
      TensorRef dy = editor.op("Sin").name("dy").input(y).output(); // another one for each place
      GradientGraph found =
          Differentiator.gradients(editor.build(), List.of(y), List.of(dy), List.of(x, w));
      List<TensorRef> gradients =
          List.of(x, w).stream()
              .map(each -> ((Gradient.Dense) found.gradients().get(each)).value())
              .toList();
      return new Convolution(found.graph(), gradients);
    }

    /** How many convolutions compute a gradient in {@code graph}, of groups or not. */
    long count(Graph graph, int gradient, String op) {
      Set<String> needed = graph.upstream(List.of(of.get(gradient).node()));
      return graph.nodes().stream()
          .filter(node -> needed.contains(node.getName()) && node.getOp().equals(op))
          .count();
    }

    List<TensorValue> run(Graph graph, TensorValue x, TensorValue w) {
      try (GraphSession session = runtime.session(graph)) {
        PreparedRun run =
            session.prepare(List.of(TensorRef.of("x"), TensorRef.of("w")), of, List.of());
        return run.run(List.of(x, w));
      }
    }
  }

  private record Form(
      int groups, int read, int given, int size, int stride, String padding, int dilation) {}

  private static Form form(int groups, int read, int given, int size) {
    return new Form(groups, read, given, size, 1, "SAME", 1);
  }

  @ParameterizedTest
  @CsvSource({
    // groups, channels read and given by each, pixels, stride, padding, convolutions for a gradient
    "8, 4, 4, 3, 1, SAME, 2",
    "8, 4, 2, 3, 2, SAME, 2",
    "6, 2, 8, 3, 1, VALID, 3",
    "6, 2, 3, 2, 1, SAME, 2",
    "6, 2, 3, 3, 2, EXPLICIT, 2",
    "4, 3, 4, 1, 1, VALID, 1",
    "4, 3, 4, 1, 1, SAME, 1",
    "5, 3, 3, 5, 1, SAME, 1",
    "7, 3, 3, 3, 1, SAME, 7",
    "2, 20, 20, 3, 1, SAME, 2",
  })
  void theyAreTheSame(
      int groups, int read, int given, int size, int stride, String padding, int convolutions) {
    Form form = new Form(groups, read, given, size, stride, padding, 1);
    for (DataType dtype : List.of(DataType.DT_FLOAT, DataType.DT_DOUBLE)) {
      Convolution convolution = Convolution.of(form, dtype);
      Graph own = convolution.graph();
      Graph grouped = GroupedGradients.in(own);
      assertThat(convolution.count(own, 1, "Conv2DBackpropFilter")).isEqualTo(groups);
      assertThat(convolution.count(grouped, 1, "Conv2DBackpropFilter")).isEqualTo(convolutions);
      boolean turned = stride == 1 && padding.equals("SAME") && size % 2 == 1;
      assertThat(convolution.count(grouped, 0, "Conv2DBackpropInput"))
          .isEqualTo(turned ? 0 : convolutions);

      Random random = new Random(7);
      TensorValue x = Drawn.of(random, dtype, EXAMPLES, ROWS, COLUMNS, (long) groups * read);
      TensorValue w = Drawn.of(random, dtype, size, size, read, (long) groups * given);
      List<TensorValue> wanted = convolution.run(own, x, w);
      List<TensorValue> found = convolution.run(grouped, x, w);
      for (int i = 0; i < wanted.size(); i++) {
        assertThat(found.get(i).shape()).isEqualTo(wanted.get(i).shape());
        assertThat(found.get(i).asDoubles())
            .containsExactly(
                wanted.get(i).asDoubles(), within(dtype == DataType.DT_FLOAT ? 5e-5 : 1e-12));
      }
    }
  }

  @Test
  void whatGainsNothingIsLeftAlone() {
    List<Form> all =
        List.of(
            form(1, 8, 8, 3),
            new Form(7, 3, 3, 3, 2, "SAME", 1), // blocks would not be of the same size
            new Form(4, 16, 16, 3, 2, "SAME", 1), // wide enough
            new Form(4, 4, 4, 3, 1, "SAME", 2));
    for (Form each : all) {
      Graph own = Convolution.of(each, DataType.DT_FLOAT).graph();
      assertThat(GroupedGradients.in(own)).as("%s", each).isSameAs(own);
    }
  }

  @Test
  void aFrozenFilterHasNoGradientToReplace() {
    Convolution both = Convolution.of(form(8, 4, 4, 3), DataType.DT_FLOAT);
    Graph own = both.graph();
    GraphEditor editor = own.edit();
    editor.remove(both.of().get(1).node());
    assertThat(GroupedGradients.in(editor.build()).nodes())
        .extracting(NodeDef::getOp)
        .contains("ReverseV2");
  }

  /** A model may join what a transposed convolution gives, by an axis of any dtype. */
  @Test
  void whatAModelJoinsItselfIsLeftAlone() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "");
    TensorRef w = editor.placeholder("w", DataType.DT_FLOAT, Shape.of(3, 3, 4, 4));
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(1, 8, 8, 4));
    TensorRef wider =
        g.op("Conv2DBackpropInput")
            .input(g.ints(1, 8, 8, 4))
            .input(w)
            .input(x)
            .attr("strides", Attrs.ints(1, 1, 1, 1))
            .attr("padding", "SAME")
            .output();
    TensorRef axis = g.constant(TensorValue.of(Shape.scalar(), new long[] {3}));
    g.op("ConcatV2").inputs(List.of(wider, x)).input(axis).output();
    Graph graph = editor.build();
    assertThat(GroupedGradients.in(graph)).isSameAs(graph);
  }
}
