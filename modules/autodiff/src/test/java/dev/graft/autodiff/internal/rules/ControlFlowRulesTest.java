package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Scalars;
import dev.graft.autodiff.internal.loop.LoopGradient;
import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;

/** Loops and branches whose bodies are functions. */
public class ControlFlowRulesTest extends RuleContract {

  private static final DataType INT = DataType.DT_INT32;
  private static final DataType REAL = DataType.DT_DOUBLE;

  /** What a body does with its arguments. */
  public interface Body extends BiFunction<GraphEditor, List<TensorRef>, List<TensorRef>> {}

  @Override
  Stream<RuleCase> cases() {
    List<RuleCase> cases = new ArrayList<>();
    for (String op : List.of("While", "StatelessWhile")) {
      cases.add(RuleCase.of(op + " three steps", c -> steps(c, op, c.integer(3))));
      cases.add(RuleCase.of(op + " unknown steps", c -> steps(c, op, c.hidden(c.integer(4)))));
      cases.add(RuleCase.of(op + " no step", c -> steps(c, op, c.hidden(c.integer(0)))));
    }
    cases.add(
        RuleCase.of("While 1000 steps", c -> steps(c, "While", c.integer(1000))).with(1e-4, 1e-6));
    cases.add(RuleCase.ofMany("While, a weight handed on", ControlFlowRulesTest::handedOn));
    cases.add(RuleCase.of("While stops by its data", ControlFlowRulesTest::dataDependent));
    cases.add(RuleCase.of("While in a While", ControlFlowRulesTest::nested));
    cases.add(RuleCase.of("While of nothing", ControlFlowRulesTest::ofNothing));
    cases.add(RuleCase.ofMany("While swaps", ControlFlowRulesTest::swap));
    cases.add(RuleCase.of("If in a While", ControlFlowRulesTest::branchInLoop));
    for (String op : List.of("If", "StatelessIf")) {
      for (boolean taken : new boolean[] {true, false}) {
        cases.add(RuleCase.ofMany(op + " " + taken, c -> choose(c, op, taken)));
      }
    }
    for (String op : List.of("Case", "StatelessCase")) {
      for (int taken = -1; taken < 3; taken++) {
        int which = taken;
        cases.add(RuleCase.of(op + " " + which, c -> cases(c, op, which)));
      }
    }
    return cases.stream();
  }

  // ---- loops

  /** x becomes tanh(x w + b), step by step. */
  private static TensorRef steps(RuleCase c, String op, TensorRef count) {
    List<TensorRef> inputs = List.of(c.integer(0), count, c.x(2, 3), c.x(3, 3), c.x(3));
    return loop(
            c,
            op,
            inputs,
            ControlFlowRulesTest::countedBelow,
            (e, a) -> List.of(next(e, a.get(0)), a.get(1), cell(e, a), a.get(3), a.get(4)))
        .get(2);
  }

  private static TensorRef cell(GraphEditor e, List<TensorRef> a) {
    return call(e, "Tanh", call(e, "AddV2", call(e, "MatMul", a.get(2), a.get(3)), a.get(4)));
  }

  /** What comes out of the loop unchanged has its gradient from there, and from the steps. */
  private static List<TensorRef> handedOn(RuleCase c) {
    List<TensorRef> inputs =
        List.of(c.integer(0), c.integer(2), c.x(2, 3), c.x(3, 3), c.x(3), c.x(2));
    List<TensorRef> outputs =
        loop(
            c,
            "While",
            inputs,
            ControlFlowRulesTest::countedBelow,
            (e, a) ->
                List.of(next(e, a.get(0)), a.get(1), cell(e, a), a.get(3), a.get(4), a.get(5)));
    return List.of(outputs.get(2), c.call("Square", outputs.get(3)), outputs.get(5));
  }

  private static TensorRef dataDependent(RuleCase c) {
    List<TensorRef> inputs = List.of(c.positive(3), c.positive(3));
    return loop(
            c,
            "While",
            inputs,
            (e, a) -> {
              TensorRef sum = call(e, "Sum", a.get(0), ints(e, 0));
              return List.of(call(e, "Less", sum, real(e, 20)));
            },
            (e, a) ->
                List.of(call(e, "Mul", a.get(0), call(e, "AddV2", a.get(1), real(e, 1))), a.get(1)))
        .get(0);
  }

  private static TensorRef nested(RuleCase c) {
    List<TensorRef> inputs = List.of(c.integer(0), c.integer(2), c.x(2, 3), c.x(3, 3), c.x(3));
    return loop(
            c,
            "While",
            inputs,
            ControlFlowRulesTest::countedBelow,
            (e, a) -> {
              List<TensorRef> inner =
                  loop(
                      e,
                      "While",
                      List.of(ints0(e, 0), ints0(e, 3), a.get(2), a.get(3), a.get(4)),
                      ControlFlowRulesTest::countedBelow,
                      (f, b) ->
                          List.of(next(f, b.get(0)), b.get(1), cell(f, b), b.get(3), b.get(4)));
              TensorRef more = call(e, "AddV2", inner.get(2), a.get(2));
              return List.of(next(e, a.get(0)), a.get(1), more, a.get(3), a.get(4));
            })
        .get(2);
  }

  private static TensorRef ofNothing(RuleCase c) {
    List<TensorRef> inputs = List.of(c.integer(0), c.integer(2), c.x(0, 3), c.x(3, 3), c.x(3));
    return loop(
            c,
            "While",
            inputs,
            ControlFlowRulesTest::countedBelow,
            (e, a) -> List.of(next(e, a.get(0)), a.get(1), cell(e, a), a.get(3), a.get(4)))
        .get(2);
  }

  private static List<TensorRef> swap(RuleCase c) {
    List<TensorRef> inputs = List.of(c.integer(0), c.integer(3), c.x(3), c.x(3));
    List<TensorRef> outputs =
        loop(
            c,
            "While",
            inputs,
            ControlFlowRulesTest::countedBelow,
            (e, a) ->
                List.of(
                    next(e, a.get(0)),
                    a.get(1),
                    call(e, "Sin", a.get(3)),
                    call(e, "Mul", a.get(2), a.get(3))));
    return outputs.subList(2, 4);
  }

  private static TensorRef branchInLoop(RuleCase c) {
    List<TensorRef> inputs = List.of(c.integer(0), c.integer(3), c.x(3), c.x(3));
    return loop(
            c,
            "While",
            inputs,
            ControlFlowRulesTest::countedBelow,
            (e, a) -> {
              List<TensorRef> chosen =
                  branch(
                      e,
                      "If",
                      call(e, "Equal", a.get(0), ints0(e, 1)),
                      List.of(a.get(2), a.get(3)),
                      (f, b) -> List.of(call(f, "Mul", b.get(0), b.get(1))),
                      (f, b) -> List.of(call(f, "Sin", b.get(0))));
              return List.of(next(e, a.get(0)), a.get(1), chosen.get(0), a.get(3));
            })
        .get(2);
  }

  // ---- branches

  /** A result that only one branch makes of an input, and one that is an input itself. */
  private static List<TensorRef> choose(RuleCase c, String op, boolean taken) {
    TensorRef choice = c.hidden(c.bools(Shape.scalar(), taken));
    return branch(
        c.editor(),
        op,
        choice,
        List.of(c.x(2, 3), c.x(3), c.x(2, 3)),
        (e, a) -> List.of(call(e, "Mul", call(e, "Exp", a.get(0)), a.get(1)), a.get(2)),
        (e, a) -> List.of(call(e, "Sin", a.get(0)), call(e, "AddV2", a.get(2), a.get(1))));
  }

  private static TensorRef cases(RuleCase c, String op, int taken) {
    GraphEditor editor = c.editor();
    List<TensorRef> inputs = List.of(c.x(3), c.x(3));
    AttrValue.ListValue.Builder branches = AttrValue.ListValue.newBuilder();
    List<Body> bodies =
        List.of(
            (e, a) -> List.of(call(e, "Mul", a.get(0), a.get(1))),
            (e, a) -> List.of(call(e, "Exp", a.get(0))),
            (e, a) -> List.of(call(e, "Neg", a.get(1))));
    for (Body body : bodies) {
      branches.addFunc(Attrs.function(function(editor, "branch", inputs, body)).getFunc());
    }
    return editor
        .op(op)
        .input(c.hidden(c.integer(taken)))
        .inputs(inputs)
        .attr("Tout", Attrs.types(List.of(REAL)))
        .attr("branches", AttrValue.newBuilder().setList(branches).build())
        .output();
  }

  // ---- building functions

  private static List<TensorRef> countedBelow(GraphEditor e, List<TensorRef> a) {
    return List.of(call(e, "Less", a.get(0), a.get(1)));
  }

  private static List<TensorRef> loop(
      RuleCase c, String op, List<TensorRef> inputs, Body cond, Body body) {
    return loop(c.editor(), op, inputs, cond, body);
  }

  public static List<TensorRef> loop(
      GraphEditor editor, String op, List<TensorRef> inputs, Body cond, Body body) {
    return editor
        .op(op)
        .inputs(inputs)
        .attr("cond", Attrs.function(function(editor, "cond", inputs, cond)))
        .attr("body", Attrs.function(function(editor, "body", inputs, body)))
        .attr("_lower_using_switch_merge", true)
        .outputs();
  }

  private static List<TensorRef> branch(
      GraphEditor editor,
      String op,
      TensorRef choice,
      List<TensorRef> inputs,
      Body then,
      Body otherwise) {
    String first = function(editor, "then", inputs, then);
    List<DataType> types =
        dev.graft.graph.function.FunctionGraph.of(editor.function(first), editor.functions())
            .results()
            .stream()
            .map(r -> REAL)
            .toList();
    OpBuilder node =
        editor
            .op(op)
            .input(choice)
            .inputs(inputs)
            .attr("Tout", Attrs.types(types))
            .attr("then_branch", Attrs.function(first))
            .attr("else_branch", Attrs.function(function(editor, "else", inputs, otherwise)));
    return node.outputs();
  }

  private static String function(
      GraphEditor outer, String name, List<TensorRef> inputs, Body body) {
    GraphEditor editor = dev.graft.graph.Graph.empty().edit();
    List<TensorRef> arguments = new ArrayList<>();
    for (TensorRef input : inputs) {
      arguments.add(editor.placeholder("argument", outer.dtype(input), Shape.unknown()));
    }
    List<TensorRef> results = body.apply(editor, arguments);
    String unique = outer.uniqueFunctionName(name + "_of_" + editor.functions().size());
    Library.put(
        outer,
        LoopGradient.function(
            unique, editor, arguments.stream().map(TensorRef::node).toList(), results, null));
    return unique;
  }

  public static TensorRef call(GraphEditor editor, String op, TensorRef... inputs) {
    OpBuilder node = editor.op(op);
    for (TensorRef input : inputs) {
      node.input(input);
    }
    return node.output();
  }

  public static TensorRef next(GraphEditor e, TensorRef step) {
    return call(e, "AddV2", step, ints0(e, 1));
  }

  private static TensorRef real(GraphEditor e, double value) {
    return e.op("Const")
        .attr("dtype", REAL)
        .attr("value", Attrs.of(Scalars.of(REAL, value)))
        .output();
  }

  public static TensorRef ints0(GraphEditor e, int value) {
    return e.op("Const")
        .attr("dtype", INT)
        .attr("value", Attrs.of(Scalars.of(INT, value)))
        .output();
  }

  private static TensorRef ints(GraphEditor e, int value) {
    return e.constant("axes", dev.graft.tensor.TensorValue.of(Shape.of(1), new int[] {value}));
  }
}
