package dev.graft.autodiff.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Sizes that only a run will tell are told apart, and what needs no broadcasting gets none. */
class NamedShapesTest {

  private final GraphEditor editor = Graph.empty().edit();

  private TensorRef input(String name, long... dims) {
    return editor.placeholder(name, DataType.DT_FLOAT, Shape.of(dims));
  }

  private TensorRef node(String op, TensorRef... inputs) {
    OpBuilder node = editor.op(op).name(op);
    for (TensorRef input : inputs) {
      node.input(input);
    }
    return node.output();
  }

  @Test
  void whatComesFromASizeHasItsName() {
    TensorRef x = input("x", -1, -1, 4);
    TensorRef tanh = node("Tanh", x);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(shapes.get(tanh)).isEqualTo(shapes.get(x));
    assertThat(NamedShapes.isDetermined(shapes.get(tanh))).isTrue();
    assertThat(NamedShapes.known(shapes.get(tanh))).isEqualTo(Shape.of(-1, -1, 4));
    assertThat(shapes.get(x).dim(0)).isNotEqualTo(shapes.get(x).dim(1));
  }

  @Test
  void inputsThatMeetShareTheBatch() {
    TensorRef x = input("x", -1, 4);
    TensorRef y = input("y", -1, 4);
    TensorRef other = input("other", -1, 4);
    node("AddV2", x, y);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(shapes.get(y).dim(0)).isEqualTo(shapes.get(x).dim(0));
    assertThat(shapes.get(other).dim(0)).isNotEqualTo(shapes.get(x).dim(0));
  }

  /** As in a graph network: five edges between three nodes. */
  @Test
  void inputsOfDifferentNumberKeepTheirOwn() {
    TensorRef nodes = input("nodes", -1, 2);
    TensorRef weight = input("weight", 2, 2);
    TensorRef ends = editor.placeholder("ends", DataType.DT_INT32, Shape.of(-1));
    TensorRef axis = editor.constant("axis", TensorValue.scalar(0));
    TensorRef message = node("GatherV2", node("MatMul", nodes, weight), ends, axis);
    TensorRef loss = node("Sum", message, axis);
    GradientGraph found =
        Differentiator.gradients(editor.build(), List.of(loss), List.of(), List.of(weight));
    Gradient.Dense gradient = (Gradient.Dense) found.gradients().get(weight);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(found.graph())) {
      float[] zeros = new float[4];
      TensorValue sum =
          session
              .run(
                  Map.of(
                      nodes,
                      TensorValue.of(Shape.of(3, 2), new float[] {1, 2, 3, 4, 5, 6}),
                      weight,
                      TensorValue.of(Shape.of(2, 2), zeros),
                      ends,
                      TensorValue.of(Shape.of(5), new int[] {0, 1, 1, 2, 2})),
                  List.of(gradient.value()),
                  List.of())
              .get(0);
      assertThat(sum.asDoubles()).containsExactly(17, 17, 22, 22);
    }
  }

  @Test
  void lengthsThatMustBeEqualStayUnnamed() {
    TensorRef sum = node("AddV2", input("x", -1, -1), input("y", -1, -1));
    Shape shape = NamedShapes.infer(editor.build()).get(sum);
    assertThat(shape.dim(0)).isLessThan(Shape.UNKNOWN);
    assertThat(shape.dim(1)).isEqualTo(Shape.UNKNOWN);
  }

  /** A size that a constant bounds is no size of the input, whatever the probes make of it. */
  @ParameterizedTest
  @ValueSource(ints = {10, 1024, 2048, 100_000})
  void aCutHasNotTheNameOfTheWhole(int length) {
    TensorRef x = input("x", -1, 2);
    TensorRef cut = cut(x, length);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(shapes.get(x).dim(0)).isLessThan(Shape.UNKNOWN);
    assertThat(shapes.get(cut).dim(0)).isNotEqualTo(shapes.get(x).dim(0));
  }

  @Test
  void twoInputsCutAlikeNeedNotBeOfOneSize() {
    TensorRef x = cut(input("x", -1, 2), 2048);
    TensorRef y = cut(input("y", -1, 2), 2048);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(NamedShapes.isDetermined(shapes.get(x)) && shapes.get(x).equals(shapes.get(y)))
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 16, 1000, 100_000, 100_000_000})
  void whatIsPaddedToALeastSizeHasAnother(int least) {
    TensorRef x = input("x", -1, 2);
    TensorRef y = input("y", -1, 2);
    TensorRef wide = paddedTo(x, least);
    TensorRef other = paddedTo(y, least);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(shapes.get(x).dim(0)).isLessThan(Shape.UNKNOWN);
    assertThat(shapes.get(wide).dim(0)).isNotEqualTo(shapes.get(x).dim(0));
    assertThat(
            NamedShapes.isDetermined(shapes.get(wide))
                && shapes.get(wide).equals(shapes.get(other)))
        .isFalse();
  }

  /**
   * With the first sizes that are tried, 1009 and 1013, four more of x would be as many as of y.
   */
  @Test
  void aFewMoreAreNotAsManyAsOfAnotherInput() {
    TensorRef x = input("x", -1, 2);
    TensorRef y = input("y", -1, 2);
    TensorRef paddings =
        editor.constant("paddings", TensorValue.of(Shape.of(2, 2), new int[] {0, 4, 0, 0}));
    TensorRef padded = node("Pad", x, paddings);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(shapes.get(y).dim(0)).isLessThan(Shape.UNKNOWN);
    assertThat(shapes.get(padded).dim(0)).isNotEqualTo(shapes.get(y).dim(0));
  }

  /** The number of rows and columns together is an int32, as where Keras' Dense meets sequences. */
  @Test
  void sizesThatAreMultipliedKeepTheirNames() {
    TensorRef x = input("x", -1, -1, 4);
    TensorRef axis = editor.constant("axis", TensorValue.scalar(0));
    TensorRef sizes = node("GatherV2", node("Shape", x), ints("free", 0, 1), axis);
    TensorRef rows = node("Prod", sizes, ints("axes", 0));
    TensorRef four = editor.constant("four", TensorValue.scalar(4));
    TensorRef to = editor.op("Pack").inputs(List.of(rows, four)).output();
    TensorRef flat = node("Reshape", x, to);
    Map<TensorRef, Shape> shapes = NamedShapes.infer(editor.build());
    assertThat(NamedShapes.isDetermined(shapes.get(x))).isTrue();
    assertThat(NamedShapes.isDetermined(shapes.get(flat))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 2048})
  void theGradientOfACutIsZeroBehindIt(int length) {
    TensorRef x = input("x", -1, 2);
    TensorRef two = editor.constant("two", TensorValue.scalar(2f));
    TensorRef axes = ints("axes", 0, 1);
    TensorRef loss = node("Sum", node("Square", cut(node("Mul", x, two), length)), axes);
    GradientGraph found =
        Differentiator.gradients(editor.build(), List.of(loss), List.of(), List.of(x));
    Gradient.Dense gradient = (Gradient.Dense) found.gradients().get(x);
    float[] ones = new float[3000 * 2];
    Arrays.fill(ones, 1);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(found.graph())) {
      TensorValue slopes =
          session
              .run(
                  Map.of(x, TensorValue.of(Shape.of(3000, 2), ones)),
                  List.of(gradient.value()),
                  List.of())
              .get(0);
      assertThat(slopes.shape()).isEqualTo(Shape.of(3000, 2));
      double[] expected = new double[3000 * 2];
      Arrays.fill(expected, 0, length * 2, 8);
      assertThat(slopes.asDoubles()).containsExactly(expected);
    }
  }

  private TensorRef ints(String name, int... values) {
    return editor.constant(name, TensorValue.of(Shape.of(values.length), values));
  }

  /** The first rows of {@code x}, at most {@code length}. */
  private TensorRef cut(TensorRef x, int length) {
    return editor
        .op("StridedSlice")
        .input(x)
        .input(ints("begin", 0))
        .input(ints("end", length))
        .input(ints("step", 1))
        .output();
  }

  /** {@code x} with rows added until there are {@code least}. */
  private TensorRef paddedTo(TensorRef x, int least) {
    TensorRef zero = editor.constant("zero", TensorValue.scalar(0));
    TensorRef axis = editor.constant("axis", TensorValue.scalar(0));
    TensorRef rows = node("GatherV2", node("Shape", x), zero, axis);
    TensorRef wanted = editor.constant("least", TensorValue.scalar(least));
    TensorRef missing = node("Maximum", node("Sub", wanted, rows), zero);
    TensorRef behind = editor.op("Pack").inputs(List.of(zero, missing)).output();
    TensorRef none = ints("none", 0, 0);
    TensorRef paddings = editor.op("Pack").inputs(List.of(behind, none)).output();
    return node("Pad", x, paddings);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lstm", "gru_stateful"})
  void aRecurrentLayerLooksForNoBroadcastingAtEachStep(String name) {
    Model model = SavedModelImporter.load(Zoo.model("keras2/" + name).savedModel());
    TensorRef answers = model.servingSignature().outputs().values().iterator().next().tensor();
    List<TensorRef> weights =
        model.variables().stream().filter(Variable::trainable).map(Variable::handle).toList();
    Graph graph =
        Differentiator.gradients(model.graph(), List.of(answers), List.of(), weights).graph();
    List<FunctionDef> back =
        graph.functions().values().stream()
            .filter(function -> function.getSignature().getName().endsWith("_backward"))
            .toList();
    assertThat(back).isNotEmpty();
    assertThat(back.stream().flatMap(function -> function.getNodeDefList().stream()))
        .extracting(NodeDef::getOp)
        .contains("MatMul")
        .doesNotContain("BroadcastGradientArgs");
  }
}
