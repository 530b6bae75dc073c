package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Scalars;
import dev.graft.autodiff.internal.engine.TensorLists;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;

/**
 * The loop that takes the steps of another in reverse. Of loop variables that no step changes
 * (weights, the list of inputs) each step's contribution to the gradient is added up.
 */
final class BackwardLoop {

  private final Backprop op;
  private final Ops t;
  private final GraphEditor outer;
  private final FunctionGraph body;
  private final LoopActivity activity;
  private final BodyGradient gradient;
  private final Map<Integer, TensorRef> readBefore = new HashMap<>();

  BackwardLoop(
      Backprop op, Ops t, FunctionGraph body, LoopActivity activity, BodyGradient gradient) {
    this.op = op;
    this.t = t;
    this.outer = t.editor();
    this.body = body;
    this.activity = activity;
    this.gradient = gradient;
  }

  /** A variable of the backward loop. */
  private record Variable(TensorRef initial, TensorRef placeholder) {}

  /** Adds the loop, and hands over the gradients that it gives. */
  void add() {
    String loopName = op.node().getName();
    GraphEditor editor = Graph.empty().edit();
    Map<TensorRef, TensorRef> bound = new HashMap<>();
    List<Variable> variables = new ArrayList<>();
    List<TensorRef> results = new ArrayList<>();

    Variable step = variable(editor, "step", new TensorRef(loopName, op.inputCount()), variables);
    TensorRef one = constant(editor, "one", 1);
    results.add(editor.op("Sub").name("next_step").input(step.placeholder()).input(one).output());

    Map<Integer, Variable> states = new TreeMap<>();
    for (int i : activity.by()) {
      if (activity.carried().contains(i) || gradient.outgoing().containsKey(i)) {
        Variable state = variable(editor, "gradient_" + i, initial(i), variables);
        states.put(i, state);
        TensorRef incoming = gradient.incoming().get(i);
        if (incoming != null) {
          bound.put(incoming, state.placeholder());
        }
      }
    }
    List<Variable> lists = new ArrayList<>();
    List<TensorRef> popped = new ArrayList<>();
    TensorRef any = constant(editor, "any", -1);
    for (int k = 0; k < gradient.cut().saved().size(); k++) {
      TensorRef saved = gradient.cut().saved().get(k);
      Variable list =
          variable(editor, "saved", new TensorRef(loopName, op.inputCount() + 1 + k), variables);
      List<TensorRef> pop =
          editor
              .op("TensorListPopBack")
              .name("restore")
              .input(list.placeholder())
              .input(any)
              .attr("element_dtype", gradient.dtype(saved))
              .outputs();
      lists.add(list);
      popped.add(pop.get(0));
      bound.put(saved, pop.get(1));
    }
    List<Variable> constants = new ArrayList<>();
    for (int i : gradient.cut().arguments()) {
      Variable kept = variable(editor, "argument_" + i, op.in(i), variables);
      bound.put(gradient.argument(i), kept.placeholder());
      constants.add(kept);
    }
    for (int i : gradient.cut().values()) {
      Variable kept = variable(editor, "value_" + i, value(i), variables);
      bound.put(gradient.value(i), kept.placeholder());
      constants.add(kept);
    }

    Map<Integer, TensorRef> found = gradient.backward(editor, bound);
    states.forEach((i, state) -> results.add(next(i, state, found.get(i), editor)));
    results.addAll(popped);
    constants.forEach(kept -> results.add(kept.placeholder()));

    List<TensorRef> outputs = loop(loopName, editor, variables, results);
    int next = 1;
    for (int i : states.keySet()) {
      op.give(i, new Gradient.Dense(outputs.get(next++)));
    }
    for (int i : activity.by()) { // what steps only hand on
      Gradient arrived = op.gradient(i);
      if (!states.containsKey(i) && arrived != null) {
        op.give(i, arrived);
      }
    }
  }

  private TensorRef next(int i, Variable state, @Nullable TensorRef found, GraphEditor editor) {
    TensorRef before = state.placeholder();
    if (activity.carried().contains(i)) {
      return found != null
          ? found
          : editor.op("ZerosLike").name("no_gradient").input(before).output();
    }
    return found == null
        ? before
        : editor.op("AddV2").name("sum").input(before).input(found).output();
  }

  private Variable variable(
      GraphEditor editor, String name, TensorRef initial, List<Variable> variables) {
    Variable variable =
        new Variable(initial, editor.placeholder(name, type(initial), Shape.unknown()));
    variables.add(variable);
    return variable;
  }

  /** The dtype of a tensor of the outer graph; the loop's new outputs are known there by now. */
  private DataType type(TensorRef tensor) {
    return outer.dtype(tensor);
  }

  private static TensorRef constant(GraphEditor editor, String name, int value) {
    return editor
        .op("Const")
        .name(name)
        .attr("dtype", DataType.DT_INT32)
        .attr("value", Attrs.of(Scalars.of(DataType.DT_INT32, value)))
        .output();
  }

  /** The gradient of loop variable {@code i} behind the last step. */
  private TensorRef initial(int i) {
    if (op.has(i)) {
      return op.dy(i);
    }
    DataType type = body.graph().dtype(TensorRef.of(body.arguments().get(i)));
    if (type == DataType.DT_RESOURCE) {
      TensorRef found = gradient.outgoing().getOrDefault(i, op.in(i));
      return t.zerosLike(readVariable(i, gradient.dtype(found)));
    }
    if (type == DataType.DT_VARIANT) {
      DataType element = TensorLists.elementType(body.graph(), body.arguments().get(i));
      if (element != DataType.DT_INVALID) {
        return TensorLists.emptyLike(op.out(i), element, t);
      }
    }
    return t.zerosLike(activity.invariant().contains(i) ? op.in(i) : op.out(i));
  }

  private TensorRef value(int i) {
    return readVariable(i, gradient.valueType(i));
  }

  /** Variables are read once, before the loop. */
  private TensorRef readVariable(int i, DataType dtype) {
    return readBefore.computeIfAbsent(
        i, k -> t.op("ReadVariableOp").input(op.in(k)).attr("dtype", dtype).output());
  }

  private List<TensorRef> loop(
      String loopName, GraphEditor editor, List<Variable> variables, List<TensorRef> results) {
    List<String> arguments = variables.stream().map(v -> v.placeholder().node()).toList();
    String bodyName = t.library().name(loopName, "backward");
    FunctionGraph backward =
        NextStepFirst.in(LoopGradient.function(bodyName, editor, arguments, results, null));
    boolean stateful = Library.put(outer, backward);
    GraphEditor cond = Graph.empty().edit();
    for (Variable variable : variables) {
      cond.placeholder(variable.placeholder().node(), type(variable.initial()), Shape.unknown());
    }
    TensorRef more =
        cond.op("Greater")
            .name("more")
            .input(variables.get(0).placeholder())
            .input(constant(cond, "zero", 0))
            .output();
    String condName = t.library().name(loopName, "backward_cond");
    Library.put(outer, LoopGradient.function(condName, cond, arguments, List.of(more), null));
    OpBuilder loop =
        t.op(stateful ? "While" : "StatelessWhile", op.node(), "parallel_iterations")
            .inputs(variables.stream().map(Variable::initial).toList())
            .attr("body", Attrs.function(bodyName))
            .attr("cond", Attrs.function(condName));
    LoopGradient.lowerLike(op.node(), loop);
    return loop.outputs();
  }
}
