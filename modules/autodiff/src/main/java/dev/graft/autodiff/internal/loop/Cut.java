package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.NodeDef;

/**
 * Where a differentiated body is cut in two: what the way back reads of the way forward is saved
 * there, or read as the arguments still are, or computed again.
 */
final class Cut {

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

  private final Differentiated differentiated;
  private final Graph graph;
  private final Map<TensorRef, Integer> reads; // of variables, by argument
  private final Map<String, Integer> position = new HashMap<>(); // of arguments
  private final Set<String> backward; // depends on a gradient
  private final Set<String> fromKept; // arguments that are kept, and what follows cheaply
  private final Set<String> repeated = new HashSet<>(); // computed again on the way back
  private final Set<TensorRef> saved = new LinkedHashSet<>();
  private final Set<Integer> arguments = new TreeSet<>();
  private final Set<Integer> values = new TreeSet<>();

  /**
   * Cuts.
   *
   * @param kept the arguments that the way back can read as they were on the way forward
   * @param reads the reads of variables among them
   * @param memory whether to save or to compute again
   */
  Cut(
      Differentiated differentiated,
      Set<Integer> kept,
      Map<TensorRef, Integer> reads,
      LoopMemory memory) {
    this.differentiated = differentiated;
    this.graph = differentiated.graph();
    this.reads = reads;
    List<String> names = differentiated.body().arguments();
    for (int i = 0; i < names.size(); i++) {
      position.put(names.get(i), i);
    }
    this.backward = differentiated.backward();
    this.fromKept = fromKept(kept);
    cut(memory);
    repeatWhatIsCheap();
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

  private void cut(LoopMemory memory) {
    Set<String> seen = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>(differentiated.outgoing().values());
    Set<String> seeds = differentiated.seeds();
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
    kept.forEach(i -> found.add(differentiated.argument(i).node()));
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
  private void repeatWhatIsCheap() {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (TensorRef tensor : List.copyOf(saved)) {
        saved.remove(tensor);
        Set<String> steps = new LinkedHashSet<>();
        if (follows(tensor, steps)) {
          steps.forEach(step -> repeat(graph.node(step)));
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
  private boolean follows(TensorRef tensor, Set<String> steps) {
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
    return Nodes.dataInputs(node).stream().allMatch(input -> follows(input, steps));
  }

  private boolean isArithmetic(String node) {
    return ARITHMETIC.contains(graph.node(node).getOp());
  }

  private void repeat(NodeDef node) {
    repeated.add(node.getName());
    for (TensorRef input : Nodes.dataInputs(node)) {
      Integer read = reads.get(input);
      if (read != null) {
        values.add(read);
      } else if (isArgument(input.node()) && fromKept.contains(input.node())) {
        noteArgument(input);
      } else if (fromKept.contains(input.node()) && !repeated.contains(input.node())) {
        repeat(graph.node(input.node()));
      }
    }
  }
}
