package dev.graft.surgeon.internal.analysis;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Sets;
import dev.graft.graph.Graph;
import dev.graft.graph.Loops;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
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
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * The way of the data from the inputs of the serving signature to its outputs, as far as weights
 * take part in it: the nodes that depend on an input and on a variable and compute floating-point
 * values. What is made of the input without weights (scaling, masks, shapes) is not on it.
 *
 * <p>A <em>narrowing point</em> is a tensor that all of the way passes through. In a topological
 * order of the way, these are the nodes that no edge passes over.
 */
public final class DataPath {

  private final Graph graph;
  private final Set<String> onInputs; // depends on an input
  private final Set<String> needed; // an output depends on it
  private final Set<String> looping; // in a TF1 loop: cannot be cut
  private final Map<String, Integer> position = new HashMap<>();
  private final List<String> order = new ArrayList<>();
  private final ImmutableList<TensorRef> narrow;

  public DataPath(Model model) {
    this.graph = model.graph();
    Signature signature = model.servingSignature();
    List<String> inputs =
        signature.inputs().values().stream().map(spec -> spec.tensor().node()).toList();
    List<TensorRef> ends =
        signature.outputs().values().stream().map(spec -> spec.tensor()).toList();
    this.onInputs = graph.downstream(inputs);
    this.looping = Loops.inside(graph);
    this.needed = graph.upstream(ends.stream().map(TensorRef::node).toList());
    Set<String> onWeights =
        graph.downstream(model.variables().stream().map(Variable::node).toList());
    for (NodeDef node : graph.topological()) {
      String name = node.getName();
      if (onInputs.contains(name)
          && onWeights.contains(name)
          && needed.contains(name)
          && isFloating(name)) {
        position.put(name, order.size());
        order.add(name);
      }
    }
    this.narrow = narrowingPoints(ends);
  }

  private boolean isFloating(String node) {
    return graph.outputTypes(node).stream()
        .map(DType::of)
        .anyMatch(type -> type.isContinuous() || type == DType.VARIANT);
  }

  /** The narrowing points, from the input to the output. */
  public ImmutableList<TensorRef> narrowingPoints() {
    return narrow;
  }

  /** How far along the way {@code node} is, from 0; -1 if it is not on it. */
  public int position(String node) {
    return position.getOrDefault(node, -1);
  }

  /** How far along the way {@code variable} is first used, or -1 if it is not used there. */
  public int firstUse(Variable variable) {
    Set<String> seen = new HashSet<>();
    Deque<String> open = new ArrayDeque<>(Set.of(variable.node()));
    int first = -1;
    while (!open.isEmpty()) {
      String name = open.pop();
      int at = position(name);
      if (at >= 0) {
        first = first < 0 ? at : Math.min(first, at);
      } else if (seen.add(name)) {
        open.addAll(graph.consumers(name));
      }
    }
    return first;
  }

  private ImmutableList<TensorRef> narrowingPoints(List<TensorRef> ends) {
    int[] passing = new int[order.size() + 2]; // by differences: edges that pass over a position
    for (String name : order) {
      int to = position(name);
      boolean first = true;
      for (TensorRef input : Nodes.dataInputs(graph.node(name))) {
        int from = position(input.node());
        if (from >= 0) {
          first = false;
          passing[from + 1]++;
          passing[to]--;
        }
      }
      if (first) {
        passing[0]++;
        passing[to]--;
      }
    }
    for (TensorRef end : ends) {
      if (position(end.node()) >= 0) {
        passing[position(end.node()) + 1]++;
      }
    }
    ImmutableList.Builder<TensorRef> points = ImmutableList.builder();
    int over = 0;
    for (int i = 0; i < order.size(); i++) {
      over += passing[i];
      boolean passable = over == 0 && !looping.contains(order.get(i));
      TensorRef only = passable ? onlyOutput(order.get(i), ends) : null;
      if (only != null) {
        points.add(only);
      }
    }
    return points.build();
  }

  /** The one output of {@code node} that the way goes on from, or null if there are several. */
  private @Nullable TensorRef onlyOutput(String node, List<TensorRef> ends) {
    Set<TensorRef> read = new TreeSet<>();
    for (String user : graph.consumers(node)) {
      if (needed.contains(user)) {
        Nodes.dataInputs(graph.node(user)).stream()
            .filter(input -> input.node().equals(node))
            .forEach(read::add);
      }
    }
    ends.stream().filter(end -> end.node().equals(node)).forEach(read::add);
    return read.size() == 1 ? read.iterator().next() : null;
  }

  /**
   * The tensors from which everything downstream of {@code starts} can be computed without the
   * inputs: the last narrowing point before all of it, and what later nodes read from before that.
   */
  public ImmutableList<TensorRef> below(Collection<String> starts) {
    Set<String> changing = Sets.intersection(graph.downstream(starts), needed);
    int first =
        changing.stream().mapToInt(this::position).filter(at -> at >= 0).min().orElse(order.size());
    TensorRef cut = null;
    for (TensorRef point : narrow) {
      if (position(point.node()) < first) {
        cut = point;
      }
    }
    Set<String> after = changing;
    if (cut != null) {
      after = new LinkedHashSet<>(graph.downstream(List.of(cut.node())));
      after.remove(cut.node());
      after.retainAll(needed);
    }
    return crossing(after);
  }

  /** What nodes in {@code after} read of others that depend on the input; a loop is in it whole. */
  private ImmutableList<TensorRef> crossing(Set<String> after) {
    Set<TensorRef> crossing = new LinkedHashSet<>();
    Set<String> seen = new HashSet<>(after);
    Deque<String> open = new ArrayDeque<>(after);
    while (!open.isEmpty()) {
      for (TensorRef input : Nodes.dataInputs(graph.node(open.pop()))) {
        if (!seen.contains(input.node()) && onInputs.contains(input.node())) {
          if (looping.contains(input.node())) {
            seen.add(input.node());
            open.add(input.node());
          } else {
            crossing.add(input);
          }
        }
      }
    }
    return ImmutableList.copyOf(crossing);
  }
}
