package dev.graft.trainer.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/** What does not train computes the same in the form that is fastest, up to rounding. */
class FrozenFormTest {

  private static final double ROUNDING = 1e-5;
  private static final int SIZE = 6;
  private static final int CHANNELS = 4;

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static List<ZooModel> models() {
    return Zoo.models(model -> model.facts().deterministic());
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("models")
  void anyModelAnswersAsItDoes(ZooModel zoo) {
    Model model = SavedModelImporter.load(zoo.savedModel());
    Signature signature = model.signatures().values().iterator().next();
    Map<TensorRef, TensorValue> feeds = new HashMap<>();
    zoo.inputs(signature)
        .forEach((name, value) -> feeds.put(signature.inputs().get(name).tensor(), value));
    List<TensorRef> wanted =
        signature.outputs().values().stream().map(spec -> spec.tensor()).toList();
    FrozenForm form = FrozenForm.of(model, model.graph(), feeds.keySet(), wanted);
    compare(
        run(model, model.graph(), feeds, wanted), run(form.model(), form.graph(), feeds, wanted));
  }

  @ParameterizedTest
  @ValueSource(strings = {"keras2/mobilenetv2_mini", "keras2/cnn_bn"})
  void normsAreInTheConvolutionsBeforeThem(String name) {
    Model model = SavedModelImporter.load(Zoo.model(name).savedModel());
    Signature signature = model.signatures().get("serving_default");
    List<TensorRef> fed = signature.inputs().values().stream().map(spec -> spec.tensor()).toList();
    List<TensorRef> wanted =
        signature.outputs().values().stream().map(spec -> spec.tensor()).toList();
    assertThat(ops(model.graph(), wanted)).contains("FusedBatchNormV3", "ReadVariableOp");
    FrozenForm form = FrozenForm.of(model, model.graph(), fed, wanted);
    assertThat(ops(form.graph(), wanted)).doesNotContain("FusedBatchNormV3");
    assertThat(form.words()).isEmpty();
    assertThat(form.model().variables())
        .as("of the dense layers, which are no convolutions")
        .allMatch(variable -> variable.shape().rank() <= 2)
        .hasSizeLessThanOrEqualTo(4);
  }

  /** Of 144 MiB; nothing of its values is read. */
  @Test
  void whatIsTooLargeForConstantsIsSaid() {
    Shape filter = Shape.of(3, 3, 2048, 2048);
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "");
    TensorRef picture = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 8, 8, 2048));
    OpBuilder handle = editor.op("VarHandleOp").name("w").attr("dtype", DataType.DT_FLOAT);
    TensorRef weights =
        g.op("ReadVariableOp")
            .input(handle.attr("shape", filter).attr("shared_name", "w").output())
            .attr("dtype", DataType.DT_FLOAT)
            .output();
    TensorRef convolved =
        g.op("Conv2D")
            .input(picture)
            .input(weights)
            .attr("strides", Attrs.ints(1, 1, 1, 1))
            .attr("padding", "SAME")
            .output();
    VariableSource nowhere = new VariableSource.InCheckpoint(Path.of("nowhere"), "w", "");
    Variable variable =
        new Variable("w", "w", DType.FLOAT32, filter, true, Variable.Role.OTHER, nowhere);
    OpBuilder unread = editor.op("VarHandleOp").name("head").attr("dtype", DataType.DT_FLOAT);
    String head = unread.attr("shape", Shape.of(1)).attr("shared_name", "head").node();
    Variable unused =
        new Variable("h", head, DType.FLOAT32, Shape.of(1), true, Variable.Role.OTHER, nowhere);
    Model model =
        Model.builder("m", editor.build(), new Provenance.Origin("test", "", "", "", 0))
            .variables(List.of(variable, unused))
            .build();
    FrozenForm form = FrozenForm.of(model, model.graph(), List.of(picture), List.of(convolved));
    assertThat(form.model().variables()).as("what is read").containsExactly(variable);
    assertThat(form.words())
        .contains(
            "weights of convolutions are read anew in each run, since 144 MiB of them are more than"
                + " the 128 MiB that become constants; features take longer so");
  }

  /** What is fed of a node may be one output of two: for the other one it runs. */
  @Test
  void aNodeOfWhichAnOutputIsFedKeepsItsVariables() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "");
    OpBuilder handle = editor.op("VarHandleOp").name("w").attr("dtype", DataType.DT_FLOAT);
    TensorRef value =
        g.op("ReadVariableOp")
            .input(handle.attr("shape", Shape.of(2)).attr("shared_name", "w").output())
            .attr("dtype", DataType.DT_FLOAT)
            .output();
    List<TensorRef> halves =
        g.op("Split").input(g.scalar(0)).input(value).attr("num_split", 2).outputs();
    TensorRef wanted = g.add("Add", halves.get(0), halves.get(1));
    VariableSource given =
        new VariableSource.Given(TensorValue.of(Shape.of(2), new float[] {1, 2}));
    Variable variable =
        new Variable("w", "w", DType.FLOAT32, Shape.of(2), true, Variable.Role.OTHER, given);
    Model model =
        Model.builder("m", editor.build(), new Provenance.Origin("test", "", "", "", 0))
            .variables(List.of(variable))
            .build();
    FrozenForm form = FrozenForm.of(model, model.graph(), List.of(halves.get(0)), List.of(wanted));
    assertThat(form.model().variables()).containsExactly(variable);
  }

  private static List<String> ops(Graph graph, List<TensorRef> wanted) {
    return graph.upstream(wanted.stream().map(TensorRef::node).toList()).stream()
        .map(node -> graph.node(node).getOp())
        .toList();
  }

  private static List<TensorValue> run(
      Model model, Graph graph, Map<TensorRef, TensorValue> feeds, List<TensorRef> wanted) {
    try (ModelSession session = runtime.open(model, graph)) {
      return session.graph().run(feeds, wanted, List.of());
    }
  }

  private static void compare(List<TensorValue> wanted, List<TensorValue> found) {
    for (int i = 0; i < wanted.size(); i++) {
      TensorValue value = wanted.get(i);
      if (value.dtype() == DType.FLOAT32) {
        double largest = 0;
        for (float number : value.floats()) {
          largest = Math.max(largest, Math.abs(number));
        }
        TensorAssert.assertThat(found.get(i)).isCloseTo(value, ROUNDING * largest, 0);
      } else if (value.dtype() == DType.STRING || value.dtype().name().startsWith("INT")) {
        TensorAssert.assertThat(found.get(i)).isIdenticalTo(value);
      }
    }
  }

  /** A convolution, a bias if wished, a norm. */
  private record Small(Graph graph, TensorRef picture, TensorRef convolved, TensorRef normed) {

    static Small of(String convolution, boolean bias, boolean training) {
      GraphEditor editor = Graph.empty().edit();
      Scope g = new Scope(editor, "");
      Shape shape = Shape.of(-1, SIZE, SIZE, CHANNELS);
      TensorRef picture = editor.placeholder("x", DataType.DT_FLOAT, shape);
      int multiplier = 2;
      int made = convolution.equals("Conv2D") ? 3 : CHANNELS * multiplier;
      int last = convolution.equals("Conv2D") ? made : multiplier;
      TensorRef convolved =
          g.op(convolution)
              .input(picture)
              .input(g.constant(random(Shape.of(3, 3, CHANNELS, last), -1, 1)))
              .attr("strides", Attrs.ints(1, 1, 1, 1))
              .attr("padding", "SAME")
              .output();
      if (bias) {
        convolved = g.add("BiasAdd", convolved, g.constant(random(Shape.of(made), -1, 1)));
      }
      Shape each = Shape.of(made);
      TensorRef normed =
          g.op("FusedBatchNormV3")
              .input(convolved)
              .input(g.constant(random(each, 0.5f, 2)))
              .input(g.constant(random(each, -1, 1)))
              .input(g.constant(random(training ? Shape.of(0) : each, -1, 1)))
              .input(g.constant(random(training ? Shape.of(0) : each, 0.1f, 2)))
              .attr("is_training", training)
              .attr("epsilon", 1e-3f)
              .output();
      return new Small(editor.build(), picture, convolved, normed);
    }

    static TensorValue random(Shape shape, float low, float high) {
      Random random = new Random(shape.hashCode() + Float.hashCode(low));
      float[] values = new float[(int) shape.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = low + random.nextFloat() * (high - low);
      }
      return TensorValue.of(shape, values);
    }
  }

  private static Graph folded(Small small, List<TensorRef> wanted) {
    GraphEditor editor = small.graph().edit();
    List<String> ends = wanted.stream().map(TensorRef::node).toList();
    FoldedNorm.in(editor, small.graph().upstream(ends), Set.copyOf(ends));
    return editor.build();
  }

  private static List<TensorRef> behind(Small small, List<TensorRef> read, List<Graph> graphs) {
    GraphEditor editor = small.graph().edit();
    Scope g = new Scope(editor, "behind");
    List<TensorRef> wanted = new ArrayList<>();
    read.forEach(tensor -> wanted.add(g.add("Relu", tensor)));
    graphs.add(editor.build());
    return wanted;
  }

  @ParameterizedTest
  @ValueSource(strings = {"Conv2D", "DepthwiseConv2dNative"})
  void oneNormIsFoldedExactly(String convolution) {
    for (boolean bias : new boolean[] {false, true}) {
      Small small = Small.of(convolution, bias, false);
      assertFolds(small, List.of(small.normed()), true);
      assertFolds(small, List.of(small.normed(), small.convolved()), false);
      assertFolds(small, List.of(new TensorRef(small.normed().node(), 1)), false);
    }
  }

  /** Its filter does not run then, so nothing may move into it. */
  @Test
  void aConvolutionThatIsFedStays() {
    Small small = Small.of("Conv2D", false, false);
    GraphEditor editor = small.graph().edit();
    Set<String> ends = Set.of(small.normed().node());
    Set<String> needed =
        new HashSet<>(small.graph().upstream(ends, Set.of(small.convolved().node())));
    needed.remove(small.convolved().node());
    FoldedNorm.in(editor, needed, ends);
    assertThat(editor.node(small.normed().node()).getOp()).isEqualTo("FusedBatchNormV3");
  }

  @Test
  void aNormByTheBatchStays() {
    Small small = Small.of("Conv2D", false, true);
    assertFolds(small, List.of(small.normed()), false);
  }

  private static void assertFolds(Small small, List<TensorRef> read, boolean folds) {
    List<Graph> graphs = new ArrayList<>();
    List<TensorRef> wanted = behind(small, read, graphs);
    Small whole = new Small(graphs.get(0), small.picture(), small.convolved(), small.normed());
    Graph folded = folded(whole, wanted);
    assertThat(ops(folded, wanted).contains("FusedBatchNormV3")).isEqualTo(!folds);
    Map<TensorRef, TensorValue> feeds =
        Map.of(small.picture(), Small.random(Shape.of(5, SIZE, SIZE, CHANNELS), -3, 3));
    compare(bare(whole.graph(), feeds, wanted), bare(folded, feeds, wanted));
  }

  private static List<TensorValue> bare(
      Graph graph, Map<TensorRef, TensorValue> feeds, List<TensorRef> wanted) {
    try (var session = runtime.session(graph)) {
      return session.run(feeds, wanted, List.of());
    }
  }
}
