package dev.graft.trainer.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/** Random numbers in loops and branches: other ones in each round, each place and each step. */
class StatelessRandomTest {

  private static final int ROUNDS = 5;

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** A graph with two loops over one body that draws a number in each round, and their results. */
  private record Loops(GraphEditor editor, TensorRef step, List<TensorRef> drawn) {}

  /** What draws in the body: an op itself, or a branch with it. */
  private static Loops loops(String draws) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "test");
    editor.putFunction(condition().toFunctionDef("goes_on"));
    editor.putFunction(draw().toFunctionDef("draw"));
    editor.putFunction(body(draws, editor).toFunctionDef("body"));
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    List<TensorRef> drawn = new ArrayList<>();
    List<String> nodes = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      String loop =
          g.op("While")
              .inputs(List.of(g.scalar(0), g.floats(new float[ROUNDS])))
              .attr("cond", function("goes_on"))
              .attr("body", function("body"))
              .node();
      nodes.add(loop);
      drawn.add(new TensorRef(loop, 1));
    }
    StatelessRandom.replace(editor, nodes, 7, step);
    return new Loops(editor, step, drawn);
  }

  private static AttrValue function(String name) {
    return AttrValue.newBuilder().setFunc(NameAttrList.newBuilder().setName(name)).build();
  }

  private static FunctionGraph condition() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "");
    TensorRef i = editor.placeholder("i", DataType.DT_INT32, Shape.scalar());
    TensorRef all = editor.placeholder("all", DataType.DT_FLOAT, Shape.of(ROUNDS));
    TensorRef result = g.add("Less", i, g.scalar(ROUNDS));
    return graph(editor, List.of(i, all), List.of(result));
  }

  private static FunctionGraph draw() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "");
    TensorRef unused = editor.placeholder("unused", DataType.DT_INT32, Shape.scalar());
    return graph(editor, List.of(unused), List.of(drawn(g)));
  }

  private static TensorRef drawn(Scope g) {
    return g.op("RandomUniform").input(g.ints(1)).attr("dtype", DataType.DT_FLOAT).output();
  }

  private static FunctionGraph body(String draws, GraphEditor outer) {
    GraphEditor editor = Graph.empty().edit();
    outer.functions().values().forEach(editor::putFunction);
    Scope g = new Scope(editor, "");
    TensorRef i = editor.placeholder("i", DataType.DT_INT32, Shape.scalar());
    TensorRef all = editor.placeholder("all", DataType.DT_FLOAT, Shape.of(ROUNDS));
    TensorRef number =
        draws.equals("If")
            ? g.op("If")
                .input(g.add("Less", i, g.scalar(ROUNDS)))
                .inputs(List.of(i))
                .attr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
                .attr("then_branch", function("draw"))
                .attr("else_branch", function("draw"))
                .output()
            : drawn(g);
    TensorRef place = g.add("Reshape", i, g.ints(1, 1));
    TensorRef more = g.add("TensorScatterUpdate", all, place, number);
    return graph(editor, List.of(i, all), List.of(g.add("AddV2", i, g.scalar(1)), more));
  }

  private static FunctionGraph graph(
      GraphEditor editor, List<TensorRef> arguments, List<TensorRef> results) {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    for (int i = 0; i < results.size(); i++) {
      names.add("result_" + i);
    }
    return new FunctionGraph(
        "any",
        editor.build(),
        arguments.stream().map(TensorRef::node).collect(ImmutableList.toImmutableList()),
        ImmutableList.copyOf(results),
        names.build(),
        ImmutableList.of(),
        ImmutableMap.of());
  }

  private static List<Float> draw(Loops loops, long step) {
    List<Float> numbers = new ArrayList<>();
    try (GraphSession session = runtime.session(loops.editor().build())) {
      Map<TensorRef, TensorValue> feeds = Map.of(loops.step(), TensorValue.scalar(step));
      for (TensorValue value : session.run(feeds, loops.drawn(), List.of())) {
        for (float number : value.floats()) {
          numbers.add(number);
        }
      }
    }
    return numbers;
  }

  @Test
  void eachRoundOfEachLoopInEachStepDrawsItsOwn() {
    check(loops("RandomUniform"));
  }

  @Test
  void branchesInLoopsDoSo() {
    check(loops("If"));
  }

  private static void check(Loops loops) {
    Set<Float> all = new HashSet<>();
    for (long step = 0; step < 4; step++) {
      List<Float> numbers = draw(loops, step);
      assertThat(draw(loops, step)).as("again").isEqualTo(numbers);
      all.addAll(numbers);
    }
    assertThat(all).hasSize(4 * 2 * ROUNDS);
  }

  @Test
  void noStatefulOpIsLeft() {
    Graph graph = loops("If").editor().build();
    assertThat(graph.functions().values())
        .allSatisfy(
            function ->
                assertThat(function.getNodeDefList().stream().map(NodeDef::getOp))
                    .doesNotContain("RandomUniform"));
  }

  /** What is outside of a TF1 loop cannot be read inside, so what draws there stays as it is. */
  @Test
  void tf1LoopsAreLeftAlone() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "test");
    TensorRef shape = g.ints(2);
    TensorRef entered = g.op("Enter").input(shape).attr("frame_name", "loop").output();
    TensorRef inside = draw(g, entered);
    TensorRef outside = draw(g, shape);
    assertThat(StatelessRandom.outsideLoops(editor.build())).containsExactly(outside.node());
    StatelessRandom.replaceRest(editor);
    assertThat(editor.node(inside.node()).getOp()).isEqualTo("RandomUniform");
    assertThat(editor.node(outside.node()).getOp()).isEqualTo("Identity");
  }

  private static TensorRef draw(Scope g, TensorRef shape) {
    return g.op("RandomUniform").input(shape).attr("dtype", DataType.DT_FLOAT).output();
  }
}
