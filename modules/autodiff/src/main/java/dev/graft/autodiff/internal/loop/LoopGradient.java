package dev.graft.autodiff.internal.loop;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Scalars;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.autodiff.internal.engine.TensorLists;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * The way back through a While loop: a second loop that takes the steps in reverse. The first loop
 * is given further variables behind those it had: a counter, and a list for each tensor that the
 * way back reads of each step.
 *
 * <p>Loop variables that no step changes (weights, the list of inputs) are not carried along: each
 * step's contribution to their gradient is added up.
 */
public final class LoopGradient {

  private final Backprop op;
  private final Ops t;
  private final GraphEditor outer;
  private final FunctionGraph body;
  private final int count;
  private final Set<Integer> invariant; // the same in every step
  private final Set<Integer> by; // differentiated by, invariant or not
  private final Set<Integer> carried; // with a gradient from step to step

  private LoopGradient(Backprop op, Ops t) {
    this.op = op;
    this.t = t;
    this.outer = t.editor();
    this.body = t.library().function(op, "body", outer);
    this.count = op.inputCount();
    Set<Integer> wanted = new TreeSet<>();
    Set<Integer> arrived = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      if (op.wants(i)) {
        wanted.add(i);
      }
      if (op.has(i)) {
        arrived.add(i);
      }
    }
    LoopActivity activity = new LoopActivity(body, t.library().rules(), wanted, arrived);
    this.invariant = activity.invariant();
    this.by = activity.by();
    this.carried = activity.carried();
  }

  static void differentiate(Backprop op, Ops t) {
    LoopGradient loop = new LoopGradient(op, t);
    if (!loop.by.isEmpty()) {
      loop.build();
    }
  }

  private DataType type(int i) {
    return body.graph().dtype(TensorRef.of(body.arguments().get(i)));
  }

  private void build() {
    Shapes shapes = new LoopShapes(op, t, body, invariant).infer();
    BodyGradient gradient = new BodyGradient(body, by, carried, invariant, shapes, t);
    forward(gradient);
    backward(gradient);
  }

  // ---- the way forward

  private void forward(BodyGradient gradient) {
    NodeDef old = outer.node(op.node().getName());
    List<DataType> savedTypes = gradient.saved().stream().map(gradient::dtype).toList();
    String bodyName = t.library().name(old.getName(), "forward");
    GraphEditor editor = gradient.forward();
    List<String> arguments = new ArrayList<>(body.arguments());
    List<TensorRef> results = new ArrayList<>(body.results());
    TensorRef step = editor.placeholder("step", DataType.DT_INT32, Shape.scalar());
    arguments.add(step.node());
    TensorRef one =
        editor
            .op("Const")
            .name("one")
            .attr("dtype", DataType.DT_INT32)
            .attr("value", Attrs.of(Scalars.of(DataType.DT_INT32, 1)))
            .output();
    results.add(editor.op("AddV2").name("next_step").input(step).input(one).output());
    for (TensorRef saved : gradient.saved()) {
      TensorRef list = editor.placeholder("saved", DataType.DT_VARIANT, Shape.unknown());
      arguments.add(list.node());
      results.add(editor.op("TensorListPushBack").name("save").input(list).input(saved).output());
    }
    Library.put(outer, function(bodyName, editor, arguments, results, body));
    String condName = extendCondition(old, savedTypes.size());

    List<TensorRef> added = new ArrayList<>();
    added.add(t.integer(0));
    for (DataType type : savedTypes) {
      added.add(
          t.op("EmptyTensorList")
              .input(t.integer(-1))
              .input(t.integer(-1))
              .attr("element_dtype", type)
              .output());
    }
    NodeDef.Builder loop = old.toBuilder().clearInput();
    Nodes.dataInputs(old).forEach(input -> loop.addInput(input.asInput()));
    added.forEach(input -> loop.addInput(input.asInput()));
    Nodes.controlInputs(old).forEach(before -> loop.addInput("^" + before));
    List<DataType> types = new ArrayList<>(op.attr("T").getList().getTypeList());
    types.add(DataType.DT_INT32);
    savedTypes.forEach(saved -> types.add(DataType.DT_VARIANT));
    loop.putAttr("T", Attrs.types(types))
        .putAttr("body", Attrs.function(bodyName))
        .putAttr("cond", Attrs.function(condName))
        .removeAttr("_output_shapes")
        .removeAttr("_num_original_outputs");
    AttrValue known = op.attr("output_shapes");
    if (known.getList().getShapeCount() > 0) {
      AttrValue.Builder extended = known.toBuilder();
      for (int i = 0; i <= savedTypes.size(); i++) { // the counter and the lists are scalars
        extended.getListBuilder().addShape(Shape.scalar().toProto());
      }
      loop.putAttr("output_shapes", extended.build());
    }
    outer.replace(loop.build());
  }

  private String extendCondition(NodeDef old, int lists) {
    FunctionGraph cond = t.library().function(op, "cond", outer);
    GraphEditor editor = cond.graph().edit();
    List<String> arguments = new ArrayList<>(cond.arguments());
    arguments.add(editor.placeholder("step", DataType.DT_INT32, Shape.scalar()).node());
    for (int i = 0; i < lists; i++) {
      arguments.add(editor.placeholder("saved", DataType.DT_VARIANT, Shape.unknown()).node());
    }
    String name = t.library().name(old.getName(), "forward_cond");
    Library.put(outer, function(name, editor, arguments, cond.results(), cond));
    return name;
  }

  /** {@code like} with another graph, and more arguments and results. */
  public static FunctionGraph function(
      String name,
      GraphEditor editor,
      List<String> arguments,
      List<TensorRef> results,
      @Nullable FunctionGraph like) {
    List<String> names = new ArrayList<>(like == null ? List.of() : like.resultNames());
    for (int i = names.size(); i < results.size(); i++) {
      names.add("result_" + i);
    }
    return new FunctionGraph(
        name,
        editor.build(),
        ImmutableList.copyOf(arguments),
        ImmutableList.copyOf(results),
        ImmutableList.copyOf(names),
        like == null ? ImmutableList.of() : like.targets(),
        like == null ? ImmutableMap.of() : like.attrsForOtherArguments());
  }

  // ---- the way back

  /** A variable of the backward loop. */
  private record Variable(TensorRef initial, TensorRef placeholder) {}

  private void backward(BodyGradient gradient) {
    String loopName = op.node().getName();
    GraphEditor editor = Graph.empty().edit();
    Map<TensorRef, TensorRef> bound = new HashMap<>();
    List<Variable> variables = new ArrayList<>();
    List<TensorRef> results = new ArrayList<>();

    Variable step = variable(editor, "step", new TensorRef(loopName, count), variables);
    TensorRef one = constant(editor, "one", 1);
    results.add(editor.op("Sub").name("next_step").input(step.placeholder()).input(one).output());

    Map<Integer, Variable> states = new TreeMap<>();
    for (int i : by) {
      if (carried.contains(i) || gradient.outgoing().containsKey(i)) {
        Variable state = variable(editor, "gradient_" + i, initial(i, gradient), variables);
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
    for (int k = 0; k < gradient.saved().size(); k++) {
      TensorRef saved = gradient.saved().get(k);
      Variable list = variable(editor, "saved", new TensorRef(loopName, count + 1 + k), variables);
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
    for (int i : gradient.arguments()) {
      Variable kept = variable(editor, "argument_" + i, op.in(i), variables);
      bound.put(gradient.argument(i), kept.placeholder());
      constants.add(kept);
    }
    for (int i : gradient.values()) {
      Variable kept = variable(editor, "value_" + i, value(i, gradient), variables);
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
    for (int i : by) { // what steps only hand on
      Gradient arrived = op.gradient(i);
      if (!states.containsKey(i) && arrived != null) {
        op.give(i, arrived);
      }
    }
  }

  private TensorRef next(int i, Variable state, @Nullable TensorRef found, GraphEditor editor) {
    TensorRef before = state.placeholder();
    if (carried.contains(i)) {
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
  private TensorRef initial(int i, BodyGradient gradient) {
    if (op.has(i)) {
      return op.dy(i);
    }
    DataType type = type(i);
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
    return t.zerosLike(invariant.contains(i) ? op.in(i) : op.out(i));
  }

  private TensorRef value(int i, BodyGradient gradient) {
    return readVariable(i, gradient.valueType(i));
  }

  private final Map<Integer, TensorRef> readBefore = new HashMap<>();

  /** Variables are read once, before the loop. */
  private TensorRef readVariable(int i, DataType dtype) {
    return readBefore.computeIfAbsent(
        i, k -> t.op("ReadVariableOp").input(op.in(k)).attr("dtype", dtype).output());
  }

  private List<TensorRef> loop(
      String loopName, GraphEditor editor, List<Variable> variables, List<TensorRef> results) {
    List<String> arguments = variables.stream().map(v -> v.placeholder().node()).toList();
    String bodyName = t.library().name(loopName, "backward");
    FunctionGraph backward = NextStepFirst.in(function(bodyName, editor, arguments, results, null));
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
    Library.put(outer, function(condName, cond, arguments, List.of(more), null));
    var loop =
        t.op(stateful ? "While" : "StatelessWhile", op.node(), "parallel_iterations")
            .inputs(variables.stream().map(Variable::initial).toList())
            .attr("body", Attrs.function(bodyName))
            .attr("cond", Attrs.function(condName));
    lowerLike(op.node(), loop);
    return loop.outputs();
  }

  /** Run inside the caller's executor or apart, as the original does: apart is much slower. */
  static void lowerLike(NodeDef original, dev.graft.graph.OpBuilder node) {
    AttrValue lower = original.getAttrOrDefault("_lower_using_switch_merge", null);
    if (lower != null) {
      node.attr("_lower_using_switch_merge", lower);
    }
  }
}
