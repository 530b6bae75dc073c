package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.internal.engine.Activity;
import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Scalars;
import dev.graft.autodiff.internal.engine.Shapes;
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
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * The way back through If and Case: the same choice again, of branches that give the gradients. The
 * branches of the way forward give what those read as further results; a branch that was not taken
 * gives empty ones.
 */
final class BranchGradient {

  private final Backprop op;
  private final Ops t;
  private final GraphEditor outer;
  private final List<FunctionGraph> branches = new ArrayList<>();
  private final List<BodyGradient> gradients = new ArrayList<>();
  private final Set<Integer> by = new TreeSet<>();
  private final Set<Integer> results = new TreeSet<>();
  private final Map<Integer, TensorRef> readBefore = new HashMap<>();

  private BranchGradient(Backprop op, Ops t) {
    this.op = op;
    this.t = t;
    this.outer = t.editor();
    for (String name : names(op)) {
      branches.add(t.library().function(op.node(), name, outer));
    }
  }

  private static List<String> names(Backprop op) {
    if (op.node().getOp().endsWith("Case")) {
      return op.attr("branches").getList().getFuncList().stream().map(f -> f.getName()).toList();
    }
    return List.of(
        op.attr("then_branch").getFunc().getName(), op.attr("else_branch").getFunc().getName());
  }

  static void differentiate(Backprop op, Ops t) {
    new BranchGradient(op, t).build();
  }

  private void build() {
    for (int i = 1; i < op.inputCount(); i++) {
      if (op.wants(i)) {
        by.add(i - 1); // the choice itself is no argument of the branches
      }
    }
    for (int j = 0; j < op.outputCount(); j++) {
      if (op.has(j)) {
        results.add(j);
      }
    }
    List<TensorRef> inputs = op.inputs().subList(1, op.inputCount());
    Set<Integer> all = new TreeSet<>();
    IntStream.range(0, inputs.size()).forEach(all::add);
    for (FunctionGraph branch : branches) {
      Shapes shapes = new LoopShapes(inputs, t, branch, all).infer();
      Set<Integer> active = new TreeSet<>(results);
      active.removeIf(
          j -> !Activity.mayCarryGradient(branch.graph().dtype(branch.results().get(j))));
      gradients.add(new BodyGradient(branch, new Asked(by, active, all), shapes, t.library()));
    }
    forward();
    backward();
  }

  // ---- the way forward

  private void forward() {
    NodeDef old = outer.node(op.node().getName());
    List<String> names = new ArrayList<>();
    for (int b = 0; b < branches.size(); b++) {
      GraphEditor editor = gradients.get(b).forward();
      List<TensorRef> all = new ArrayList<>(branches.get(b).results());
      for (int other = 0; other < branches.size(); other++) {
        BodyGradient gradient = gradients.get(other);
        for (TensorRef saved : gradient.cut().saved()) {
          all.add(other == b ? saved : nothing(editor, gradient.dtype(saved)));
        }
      }
      String name = t.library().name(old.getName(), "forward");
      Library.put(
          outer,
          LoopGradient.function(name, editor, branches.get(b).arguments(), all, branches.get(b)));
      names.add(name);
    }
    List<DataType> types = new ArrayList<>(op.attr("Tout").getList().getTypeList());
    int saved = 0;
    for (BodyGradient gradient : gradients) {
      gradient.cut().saved().forEach(tensor -> types.add(gradient.dtype(tensor)));
      saved += gradient.cut().saved().size();
    }
    NodeDef.Builder node = old.toBuilder();
    AttrValue known = op.attr("output_shapes");
    if (known.getList().getShapeCount() > 0) {
      AttrValue.Builder extended = known.toBuilder();
      for (int i = 0; i < saved; i++) {
        extended.getListBuilder().addShape(Shape.unknown().toProto());
      }
      node.putAttr("output_shapes", extended.build());
    }
    node.putAttr("Tout", Attrs.types(types))
        .removeAttr("_output_shapes")
        .removeAttr("_num_original_outputs");
    functions(names).forEach(node::putAttr);
    outer.replace(node.build());
  }

  private Map<String, AttrValue> functions(List<String> names) {
    if (!op.node().getOp().endsWith("Case")) {
      return Map.of(
          "then_branch", Attrs.function(names.get(0)),
          "else_branch", Attrs.function(names.get(1)));
    }
    AttrValue.ListValue.Builder list = AttrValue.ListValue.newBuilder();
    names.forEach(name -> list.addFunc(Attrs.function(name).getFunc()));
    return Map.of("branches", AttrValue.newBuilder().setList(list).build());
  }

  /** What stands for a result of the branch that was not taken. */
  private static TensorRef nothing(GraphEditor editor, DataType type) {
    if (type == DataType.DT_VARIANT) {
      TensorRef any = scalar(editor, DataType.DT_INT32, -1);
      return editor
          .op("EmptyTensorList")
          .input(any)
          .input(any)
          .attr("element_dtype", DataType.DT_FLOAT)
          .output();
    }
    return scalar(editor, type, 0);
  }

  private static TensorRef scalar(GraphEditor editor, DataType type, double value) {
    return editor
        .op("Const")
        .name("nothing")
        .attr("dtype", type)
        .attr("value", Attrs.of(Scalars.of(type, value)))
        .output();
  }

  // ---- the way back

  private void backward() {
    String node = op.node().getName();
    Set<Integer> found = new TreeSet<>();
    Set<Integer> arguments = new TreeSet<>();
    Map<Integer, DataType> values = new TreeMap<>();
    for (BodyGradient gradient : gradients) {
      found.addAll(gradient.outgoing().keySet());
      arguments.addAll(gradient.cut().arguments());
      gradient.cut().values().forEach(i -> values.put(i, gradient.valueType(i)));
    }
    if (found.isEmpty()) {
      return;
    }
    Map<Integer, DataType> types = new TreeMap<>();
    for (BodyGradient gradient : gradients) {
      gradient.outgoing().forEach((i, tensor) -> types.put(i, gradient.dtype(tensor)));
    }
    for (int i : found) { // a branch without a gradient gives zeros of the argument's shape
      boolean everywhere = gradients.stream().allMatch(g -> g.outgoing().containsKey(i));
      if (!everywhere && t.dtype(op.in(i + 1)) == DataType.DT_RESOURCE) {
        values.put(i, types.getOrDefault(i, DataType.DT_FLOAT));
      } else if (!everywhere) {
        arguments.add(i);
      }
    }
    List<TensorRef> inputs = new ArrayList<>();
    results.forEach(j -> inputs.add(op.dy(j)));
    int first = op.outputCount();
    for (BodyGradient gradient : gradients) {
      for (int k = 0; k < gradient.cut().saved().size(); k++) {
        inputs.add(new TensorRef(node, first++));
      }
    }
    arguments.forEach(i -> inputs.add(op.in(i + 1)));
    values.forEach((i, type) -> inputs.add(read(i, type)));
    Back back = new Back(inputs, found, arguments, values.keySet());
    List<String> names = new ArrayList<>();
    boolean stateful = false;
    for (int b = 0; b < branches.size(); b++) {
      String name = t.library().name(node, "backward");
      stateful |= Library.put(outer, branch(name, gradients.get(b), back));
      names.add(name);
    }
    boolean isCase = op.node().getOp().endsWith("Case");
    OpBuilder choice =
        t.op((stateful ? "" : "Stateless") + (isCase ? "Case" : "If"))
            .input(op.in(0))
            .inputs(inputs)
            .attr("Tout", Attrs.types(found.stream().map(types::get).toList()));
    functions(names).forEach(choice::attr);
    LoopGradient.lowerLike(op.node(), choice);
    List<TensorRef> outputs = choice.outputs();
    int k = 0;
    for (int i : found) {
      op.give(i + 1, new Gradient.Dense(outputs.get(k++)));
    }
  }

  private TensorRef read(int i, DataType type) {
    return readBefore.computeIfAbsent(
        i, k -> t.op("ReadVariableOp").input(op.in(k + 1)).attr("dtype", type).output());
  }

  /**
   * What all branches of the way back have in common.
   *
   * @param inputs what they are given: incoming gradients, what each branch saved, then the rest
   * @param found the arguments of the way forward that have a gradient
   * @param arguments those that are given as they were
   * @param values the handles of variables whose value is given
   */
  private record Back(
      List<TensorRef> inputs, Set<Integer> found, Set<Integer> arguments, Set<Integer> values) {}

  private FunctionGraph branch(String name, BodyGradient gradient, Back back) {
    GraphEditor editor = Graph.empty().edit();
    List<TensorRef> placeholders = new ArrayList<>();
    for (TensorRef input : back.inputs) {
      placeholders.add(editor.placeholder("input", outer.dtype(input), Shape.unknown()));
    }
    Map<TensorRef, TensorRef> bound = new HashMap<>();
    int at = 0;
    for (int j : results) {
      TensorRef incoming = gradient.incoming().get(j);
      if (incoming != null) {
        bound.put(incoming, placeholders.get(at));
      }
      at++;
    }
    for (BodyGradient any : gradients) {
      for (TensorRef saved : any.cut().saved()) {
        if (any == gradient) {
          bound.put(saved, placeholders.get(at));
        }
        at++;
      }
    }
    Map<Integer, TensorRef> whole = new HashMap<>();
    for (int i : back.arguments) {
      whole.put(i, placeholders.get(at));
      bound.put(gradient.argument(i), placeholders.get(at++));
    }
    for (int i : back.values) {
      whole.put(i, placeholders.get(at));
      bound.put(gradient.value(i), placeholders.get(at++));
    }
    Map<Integer, TensorRef> own = gradient.backward(editor, bound);
    List<TensorRef> all = new ArrayList<>();
    for (int i : back.found) {
      TensorRef value = own.get(i);
      TensorRef argument = whole.get(i);
      if (value == null && argument != null) {
        value = editor.op("ZerosLike").input(argument).output();
      }
      all.add(Objects.requireNonNull(value));
    }
    List<String> names = placeholders.stream().map(TensorRef::node).toList();
    return LoopGradient.function(name, editor, names, all, null);
  }
}
