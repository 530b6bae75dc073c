package dev.graft.importer.internal.clean;

import dev.graft.graph.Colocation;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/**
 * Takes the one branch that ever runs where TF1's Switch and Merge ask a constant, first of all the
 * {@code keras_learning_phase}, which is false unless somebody feeds it. What is left of a batch
 * norm or a dropout is what it does at inference, and gradients can pass it: Switch and Merge have
 * none.
 */
public final class SettledBranches {

  private final Graph graph;
  private final Set<String> fed;
  private final Map<TensorRef, Boolean> settled = new HashMap<>();
  private final Set<TensorRef> dead = new HashSet<>(); // outputs of a Switch
  private final Set<String> skipped = new HashSet<>(); // nodes that never run
  private final Map<TensorRef, TensorRef> instead = new LinkedHashMap<>();

  private SettledBranches(Graph graph, Set<String> fed) {
    this.graph = graph;
    this.fed = fed;
  }

  /**
   * {@code graph} without the branches that never run, or as it is if one of {@code roots} is in
   * such a branch.
   *
   * @param roots the nodes that have to stay
   * @param results the tensors that have to stay
   * @param fed nodes that get another value at each call, whatever their default
   */
  public static Graph taken(
      Graph graph, Collection<String> roots, Collection<TensorRef> results, Set<String> fed) {
    if (graph.nodes().stream().noneMatch(SettledBranches::isMerge)) {
      return graph;
    }
    SettledBranches branches = new SettledBranches(graph, fed);
    List<NodeDef> order = graph.topological();
    order.forEach(branches::follow);
    boolean open =
        roots.stream().anyMatch(branches.skipped::contains)
            || results.stream().anyMatch(branches::isLost)
            || order.stream().anyMatch(branches::isHalfSettled);
    return branches.dead.isEmpty() || open
        ? graph
        : branches.rewritten(order).keepUpstreamOf(roots);
  }

  private boolean isLost(TensorRef result) {
    NodeDef node = graph.node(result.node());
    return isDead(result) || result.index() > 0 && (isMerge(node) || node.getOp().equals("Switch"));
  }

  /** Whether it still chooses among several, and not among all; or among variables themselves. */
  private boolean isHalfSettled(NodeDef node) {
    if (!isMerge(node) || skipped.contains(node.getName())) {
      return false;
    }
    List<TensorRef> inputs = Nodes.dataInputs(node);
    long live = inputs.stream().filter(input -> !isDead(input)).count();
    return live < inputs.size() && (live > 1 || node.getOp().equals("RefMerge"));
  }

  /** Notes what is known of {@code node}, all that it reads being known already. */
  private void follow(NodeDef node) {
    if (isSkipped(node)) {
      skipped.add(node.getName());
      return;
    }
    TensorRef output = TensorRef.of(node.getName());
    switch (node.getOp()) {
      case "Const" -> constant(node, output);
      case "Identity" -> copy(node, output);
      case "PlaceholderWithDefault" -> {
        if (!fed.contains(node.getName())) {
          copy(node, output);
        }
      }
      case "Switch" -> {
        Boolean taken = node.getInputCount() < 2 ? null : settled.get(Nodes.dataInput(node, 1));
        if (taken != null) {
          dead.add(new TensorRef(node.getName(), taken ? 0 : 1));
        }
      }
      default -> {}
    }
  }

  private void constant(NodeDef node, TensorRef output) {
    TensorProto value = node.getAttrOrDefault("value", AttrValue.getDefaultInstance()).getTensor();
    if (value.getDtype() == DataType.DT_BOOL && value.getTensorShape().getDimCount() == 0) {
      settled.put(output, TensorValue.from(value).asDoubles()[0] != 0);
    }
  }

  private void copy(NodeDef node, TensorRef output) {
    Boolean known = node.getInputCount() == 0 ? null : settled.get(Nodes.dataInput(node, 0));
    if (known != null) {
      settled.put(output, known);
    }
  }

  /**
   * As TensorFlow has it: whoever reads or awaits what does not run does not run, but for Merge.
   */
  private boolean isSkipped(NodeDef node) {
    if (Nodes.controlInputs(node).stream().anyMatch(skipped::contains)) {
      return true;
    }
    List<TensorRef> inputs = Nodes.dataInputs(node);
    return isMerge(node)
        ? inputs.stream().allMatch(input -> isDead(input) || isNextIteration(input))
        : inputs.stream().anyMatch(this::isDead);
  }

  private boolean isDead(TensorRef tensor) {
    return dead.contains(tensor) || skipped.contains(tensor.node());
  }

  /** A loop that nobody enters has no next iteration. */
  private boolean isNextIteration(TensorRef tensor) {
    return graph.node(tensor.node()).getOp().endsWith("NextIteration");
  }

  private static boolean isMerge(NodeDef node) {
    return node.getOp().equals("Merge") || node.getOp().equals("RefMerge");
  }

  private Graph rewritten(List<NodeDef> order) {
    GraphEditor editor = graph.edit();
    for (NodeDef node : order) {
      if (skipped.contains(node.getName())) {
        editor.remove(node.getName());
        continue;
      }
      NodeDef now = editor.node(node.getName());
      if (isMerge(node)) {
        merge(editor, now);
      } else if (dead.contains(new TensorRef(node.getName(), 0))) {
        pass(editor, now, 1);
      } else if (dead.contains(new TensorRef(node.getName(), 1))) {
        pass(editor, now, 0);
      }
    }
    return redirected(editor).build();
  }

  /**
   * The Switch {@code node} hands its value on, and whoever read its output {@code live} reads
   * that.
   */
  private void pass(GraphEditor editor, NodeDef node, int live) {
    TensorRef value = Nodes.dataInput(node, 0);
    boolean waits = !Nodes.controlInputs(node).isEmpty();
    NodeDef.Builder handsOn = node.toBuilder().setOp("Identity").clearInput();
    handsOn.addInput(value.asInput());
    Nodes.controlInputs(node).forEach(before -> handsOn.addInput("^" + before));
    editor.replace(handsOn.build());
    // a handle is read where it is made: nobody looks for a variable behind an Identity
    instead.put(new TensorRef(node.getName(), live), waits ? TensorRef.of(node.getName()) : value);
  }

  /** A Merge to which one branch is left hands that one on. */
  private void merge(GraphEditor editor, NodeDef node) {
    List<TensorRef> inputs = Nodes.dataInputs(node);
    int[] live = IntStream.range(0, inputs.size()).filter(i -> !isDead(inputs.get(i))).toArray();
    if (live.length == inputs.size()) {
      return; // a loop's, or one that another condition decides
    }
    NodeDef.Builder copy = node.toBuilder().setOp("Identity").removeAttr("N").clearInput();
    copy.addInput(inputs.get(live[0]).asInput());
    Nodes.controlInputs(node).forEach(before -> copy.addInput("^" + before));
    editor.replace(copy.build());
    instead.put(
        new TensorRef(node.getName(), 1),
        editor.constant(node.getName() + "/value_index", TensorValue.scalar(live[0])));
  }

  /** All that reads what has moved reads it where it is now. */
  private GraphEditor redirected(GraphEditor editor) {
    for (NodeDef node : editor.nodes()) {
      NodeDef.Builder copy = node.toBuilder();
      boolean changed = false;
      for (int i = 0; i < node.getInputCount(); i++) {
        if (!Nodes.isControl(node.getInput(i))) {
          TensorRef from = Nodes.dataInput(node, i);
          TensorRef to = from;
          while (instead.containsKey(to)) {
            to = instead.getOrDefault(to, to);
          }
          changed |= !to.equals(from);
          copy.setInput(i, to.asInput());
        }
      }
      NodeDef now = changed ? copy.build() : node;
      NodeDef placed = Colocation.among(now, editor::contains);
      if (placed != node) {
        editor.replace(placed);
      }
    }
    return editor;
  }
}
