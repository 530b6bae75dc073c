package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.autodiff.internal.engine.Cotangents;
import dev.graft.autodiff.internal.engine.Engine;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.NamedShapes;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A loop's body or a branch, differentiated, and cut in two: what runs on the way forward, and what
 * runs on the way back. What the way back reads of the way forward is either saved there or
 * computed again.
 */
final class BodyGradient {

  /** So cheap that computing them again costs less than keeping their result. */
  private static final Set<String> CHEAP =
      Set.of(
          "Const",
          "Identity",
          "Shape",
          "Size",
          "Rank",
          "ZerosLike",
          "OnesLike",
          "Reshape",
          "ExpandDims",
          "Squeeze",
          "BroadcastGradientArgs",
          "StridedSlice",
          "Pack",
          "Range",
          "Cast",
          "InvertPermutation",
          "ConcatV2",
          "Fill",
          "TensorListLength",
          "TensorListElementShape");

  /** Computed again where a few of them give what would otherwise be kept of every step. */
  private static final Set<String> ARITHMETIC =
      Set.of("Add", "AddV2", "Sub", "Mul", "Neg", "Square", "Tanh", "Sigmoid", "Relu", "Softplus");

  private static final int MOST_ARITHMETIC = 4;

  private final FunctionGraph body;
  private final Graph graph; // the body with its gradients
  private final Map<Integer, TensorRef> incoming = new TreeMap<>();
  private final Map<Integer, TensorRef> outgoing = new TreeMap<>();
  private final Set<String> backward = new HashSet<>(); // depends on a gradient
  private final Set<String> repeated = new HashSet<>(); // computed again on the way back
  private final Set<TensorRef> saved = new LinkedHashSet<>();
  private final Set<Integer> arguments = new TreeSet<>(); // read on the way back as they are
  private final Set<Integer> values = new TreeSet<>(); // variables read on the way back
  private final Map<TensorRef, Integer> reads = new HashMap<>(); // of variables, by argument
  private final Map<String, Integer> position = new HashMap<>(); // of arguments

  /**
   * Differentiates {@code body}.
   *
   * @param by the arguments to differentiate by
   * @param results the results that a gradient comes in for
   * @param kept the arguments that the way back can read as they were on the way forward
   * @param shapes what is known of the body's tensors
   */
  BodyGradient(
      FunctionGraph body,
      Collection<Integer> by,
      Collection<Integer> results,
      Set<Integer> kept,
      Shapes shapes,
      Ops outer) {
    this.body = body;
    for (int i = 0; i < body.arguments().size(); i++) {
      position.put(body.arguments().get(i), i);
    }
    this.graph = differentiate(by, results, shapes, outer);
    findBackward();
    findReads(kept);
    cut(kept, outer.library().memory());
  }

  private Graph differentiate(
      Collection<Integer> by, Collection<Integer> results, Shapes shapes, Ops outer) {
    GraphEditor editor = body.graph().edit();
    Ops t = new Ops(editor, shapes, outer.library());
    List<TensorRef> xs = by.stream().map(i -> TensorRef.of(body.arguments().get(i))).toList();
    List<TensorRef> ys = new ArrayList<>();
    List<Gradient> dys = new ArrayList<>();
    for (int j : results) {
      TensorRef y = body.results().get(j);
      TensorRef dy = editor.placeholder("gradient_of_" + j, editor.dtype(y), Shape.unknown());
      incoming.put(j, dy);
      ys.add(y);
      dys.add(new Gradient.Dense(t.sameShape(dy, y)));
      if (NamedShapes.isDetermined(t.namedShapeOf(y))) {
        t.shape(dy); // so that nothing has to be kept of the way forward for its shape
      }
    }
    Engine engine = new Engine(body.graph(), t, xs);
    engine.run(ys, dys);
    for (int i : by) {
      Gradient gradient = engine.of(TensorRef.of(body.arguments().get(i)));
      if (gradient != null) {
        t.enter(body.arguments().get(i));
        outgoing.put(i, Cotangents.dense(gradient, t));
      }
    }
    return editor.build();
  }

  private void findBackward() {
    Set<String> seeds = new HashSet<>();
    incoming.values().forEach(dy -> seeds.add(dy.node()));
    for (NodeDef node : graph.topological()) {
      for (TensorRef input : Nodes.dataInputs(node)) {
        if (seeds.contains(input.node()) || backward.contains(input.node())) {
          backward.add(node.getName());
          break;
        }
      }
    }
  }

  /** Variables that are only read here can be read once, outside. */
  private void findReads(Set<Integer> kept) {
    for (int i : kept) {
      TensorRef argument = TensorRef.of(body.arguments().get(i));
      if (graph.dtype(argument) != DataType.DT_RESOURCE) {
        continue;
      }
      List<NodeDef> users = graph.consumers(argument.node()).stream().map(graph::node).toList();
      if (users.stream().noneMatch(user -> user.getOp().startsWith("Assign"))) {
        for (NodeDef user : users) {
          if (user.getOp().equals("ReadVariableOp")) {
            reads.put(TensorRef.of(user.getName()), i);
          }
        }
      }
    }
  }

  // ---- the cut

  private void cut(Set<Integer> kept, LoopMemory memory) {
    Set<String> fromKept = fromKept(kept);
    Set<String> seen = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>(outgoing.values());
    Set<String> seeds = new HashSet<>();
    incoming.values().forEach(dy -> seeds.add(dy.node()));
    while (!open.isEmpty()) {
      TensorRef tensor = open.pop();
      String name = tensor.node();
      if (seeds.contains(name)) {
        continue;
      }
      if (backward.contains(name) || fromKept.contains(name)) {
        if (seen.add(name) && !isArgument(name)) {
          if (!backward.contains(name)) {
            repeated.add(name);
          }
          open.addAll(Nodes.dataInputs(graph.node(name)));
        }
        noteArgument(tensor);
      } else if (reads.containsKey(tensor)) {
        values.add(reads.get(tensor));
      } else if (memory == LoopMemory.SAVE || isArgument(name) || isRandom(graph.node(name))) {
        saved.add(tensor);
      } else if (seen.add(name)) {
        repeated.add(name);
        open.addAll(Nodes.dataInputs(graph.node(name)));
      }
    }
    repeatWhatIsCheap(fromKept);
  }

  private boolean isArgument(String name) {
    return position.containsKey(name);
  }

  private void noteArgument(TensorRef tensor) {
    Integer argument = position.get(tensor.node());
    if (argument != null) {
      arguments.add(argument);
    }
  }

  /** The arguments that are kept, and what follows from them cheaply. */
  private Set<String> fromKept(Set<Integer> kept) {
    Set<String> found = new HashSet<>();
    kept.forEach(i -> found.add(body.arguments().get(i)));
    for (NodeDef node : graph.topological()) {
      boolean all = CHEAP.contains(node.getOp()) && !backward.contains(node.getName());
      for (TensorRef input : Nodes.dataInputs(node)) {
        all &= found.contains(input.node()) || reads.containsKey(input);
      }
      if (all) {
        found.add(node.getName());
      }
    }
    return found;
  }

  /** Random numbers drawn again would be others, and other effects must not happen twice. */
  private static boolean isRandom(NodeDef node) {
    return !node.getOp().equals("ReadVariableOp") && OpRegistry.standard().isStateful(node);
  }

  /** Leaves out of what is saved whatever follows cheaply from the rest of it. */
  private void repeatWhatIsCheap(Set<String> fromKept) {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (TensorRef tensor : List.copyOf(saved)) {
        saved.remove(tensor);
        Set<String> steps = new LinkedHashSet<>();
        if (follows(tensor, fromKept, steps)) {
          steps.forEach(step -> repeat(graph.node(step), fromKept));
          changed = true;
        } else {
          saved.add(tensor);
        }
      }
    }
  }

  /**
   * Whether {@code tensor} can be had from what is there on the way back in a few cheap steps.
   *
   * @param steps gets the nodes to compute again
   */
  private boolean follows(TensorRef tensor, Set<String> fromKept, Set<String> steps) {
    String name = tensor.node();
    if (saved.contains(tensor)
        || reads.containsKey(tensor)
        || fromKept.contains(name)
        || repeated.contains(name)
        || steps.contains(name)) {
      return true;
    }
    NodeDef node = graph.node(name);
    boolean arithmetic = ARITHMETIC.contains(node.getOp());
    if (isArgument(name)
        || !(arithmetic || CHEAP.contains(node.getOp()))
        || arithmetic && steps.stream().filter(this::isArithmetic).count() == MOST_ARITHMETIC) {
      return false;
    }
    steps.add(name);
    return Nodes.dataInputs(node).stream().allMatch(input -> follows(input, fromKept, steps));
  }

  private boolean isArithmetic(String node) {
    return ARITHMETIC.contains(graph.node(node).getOp());
  }

  private void repeat(NodeDef node, Set<String> fromKept) {
    repeated.add(node.getName());
    for (TensorRef input : Nodes.dataInputs(node)) {
      Integer read = reads.get(input);
      if (read != null) {
        values.add(read);
      } else if (isArgument(input.node()) && fromKept.contains(input.node())) {
        noteArgument(input);
      } else if (fromKept.contains(input.node()) && !repeated.contains(input.node())) {
        repeat(graph.node(input.node()), fromKept);
      }
    }
  }

  // ---- what others build from

  /** The gradient that comes in for each of the results asked for: a placeholder. */
  Map<Integer, TensorRef> incoming() {
    return incoming;
  }

  /** The gradient of each argument that has one. */
  Map<Integer, TensorRef> outgoing() {
    return outgoing;
  }

  /** What the way forward has to keep. */
  List<TensorRef> saved() {
    return List.copyOf(saved);
  }

  /** The arguments that the way back reads as they are. */
  Set<Integer> arguments() {
    return arguments;
  }

  /** The arguments, handles of variables, whose value the way back reads. */
  Set<Integer> values() {
    return values;
  }

  DataType dtype(TensorRef tensor) {
    return graph.dtype(tensor);
  }

  /** The dtype of the variable whose handle argument {@code i} is. */
  DataType valueType(int i) {
    for (Map.Entry<TensorRef, Integer> read : reads.entrySet()) {
      if (read.getValue() == i) {
        return graph.dtype(read.getKey());
      }
    }
    throw new IllegalStateException("argument " + i + " is not read as a variable");
  }

  /** An editor that holds the way forward: the body as it was, and what {@link #saved} needs. */
  GraphEditor forward() {
    Set<String> keep = new HashSet<>(graph.upstream(saved.stream().map(TensorRef::node).toList()));
    body.graph().nodes().forEach(node -> keep.add(node.getName()));
    GraphEditor editor = Graph.empty().edit();
    Library.putAll(editor, graph);
    for (NodeDef node : graph.nodes()) {
      if (keep.contains(node.getName())) {
        editor.add(node);
      }
    }
    return editor;
  }

  /**
   * Adds the way back to {@code editor}.
   *
   * @param bound what stands there for incoming gradients, saved tensors, arguments and values of
   *     variables (under {@link #value})
   * @return the gradient of each argument that has one
   */
  Map<Integer, TensorRef> backward(GraphEditor editor, Map<TensorRef, TensorRef> bound) {
    Library.putAll(editor, graph);
    Set<String> needed = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>(outgoing.values());
    while (!open.isEmpty()) {
      TensorRef tensor = open.pop();
      String name = tensor.node();
      if (!bound.containsKey(key(tensor)) && needed.add(name)) {
        open.addAll(Nodes.dataInputs(graph.node(name)));
      }
    }
    Map<String, String> names = new HashMap<>();
    needed.forEach(name -> names.put(name, editor.uniqueName(name)));
    for (NodeDef node : graph.nodes()) {
      if (!needed.contains(node.getName())) {
        continue;
      }
      NodeDef.Builder copy = node.toBuilder().setName(names.getOrDefault(node.getName(), ""));
      copy.clearInput().removeAttr("_class");
      for (TensorRef input : Nodes.dataInputs(node)) {
        copy.addInput(resolve(input, bound, names).asInput());
      }
      editor.add(copy.build());
    }
    Map<Integer, TensorRef> gradients = new TreeMap<>();
    outgoing.forEach((i, tensor) -> gradients.put(i, resolve(tensor, bound, names)));
    return gradients;
  }

  private TensorRef key(TensorRef tensor) {
    Integer read = reads.get(tensor);
    return read == null ? tensor : value(read);
  }

  private TensorRef resolve(
      TensorRef tensor, Map<TensorRef, TensorRef> bound, Map<String, String> names) {
    TensorRef found = bound.get(key(tensor));
    return found != null
        ? found
        : new TensorRef(names.getOrDefault(tensor.node(), tensor.node()), tensor.index());
  }

  /** What stands in {@link #backward} for the value of the variable of argument {@code i}. */
  TensorRef value(int i) {
    return new TensorRef(body.arguments().get(i), 1); // no placeholder has a second output
  }

  /** The argument itself. */
  TensorRef argument(int i) {
    return TensorRef.of(body.arguments().get(i));
  }
}
