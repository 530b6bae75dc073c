package dev.graft.autodiff.internal.engine;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** Which tensors depend on others in a way that has a derivative. */
public final class Activity {

  private final Graph graph;
  private final RuleBook rules;
  private final Set<TensorRef> active = new HashSet<>();

  /** Follows every tensor that {@code xs} influence. */
  public Activity(Graph graph, RuleBook rules, Collection<TensorRef> xs) {
    this.graph = graph;
    this.rules = rules;
    add(xs);
  }

  /** Follows further tensors. */
  public void add(Collection<TensorRef> xs) {
    Deque<TensorRef> open = new ArrayDeque<>();
    for (TensorRef x : xs) {
      if (active.add(x)) {
        open.push(x);
      }
    }
    while (!open.isEmpty()) {
      TensorRef tensor = open.pop();
      for (String user : graph.consumers(tensor.node())) {
        NodeDef node = graph.node(user);
        if (rules.endsPath(node) || !Nodes.dataInputs(node).contains(tensor)) {
          continue;
        }
        List<DataType> types = graph.outputTypes(user);
        for (int i = 0; i < types.size(); i++) {
          TensorRef output = new TensorRef(user, i);
          if (mayCarryGradient(types.get(i)) && active.add(output)) {
            open.push(output);
          }
        }
      }
    }
  }

  public boolean contains(TensorRef tensor) {
    return active.contains(tensor);
  }

  /** Those of the active tensors that influence {@code y}, itself included if it is active. */
  public Set<TensorRef> upstreamOf(TensorRef y) {
    Set<TensorRef> found = new HashSet<>();
    Set<String> seen = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>();
    if (active.contains(y)) {
      open.push(y);
    }
    while (!open.isEmpty()) {
      TensorRef tensor = open.pop();
      found.add(tensor);
      if (seen.add(tensor.node())) {
        for (TensorRef input : Nodes.dataInputs(graph.node(tensor.node()))) {
          if (active.contains(input) && !found.contains(input)) {
            open.push(input);
          }
        }
      }
    }
    return found;
  }

  /** The nodes that give active tensors which influence {@code ys}, each after those it reads. */
  public List<NodeDef> upstream(Collection<TensorRef> ys) {
    List<NodeDef> order = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    record Visit(NodeDef node, int next) {}
    Deque<Visit> open = new ArrayDeque<>();
    for (TensorRef y : ys) {
      if (contains(y) && seen.add(y.node())) {
        open.push(new Visit(graph.node(y.node()), 0));
      }
      while (!open.isEmpty()) {
        Visit visit = open.pop();
        NodeDef node = visit.node();
        if (visit.next() == node.getInputCount()) {
          order.add(node);
          continue;
        }
        open.push(new Visit(node, visit.next() + 1));
        String input = node.getInput(visit.next());
        if (!Nodes.isControl(input)) {
          TensorRef tensor = TensorRef.parse(input);
          if (contains(tensor) && seen.add(tensor.node())) {
            open.push(new Visit(graph.node(tensor.node()), 0));
          }
        }
      }
    }
    return order;
  }

  /**
   * Whether a tensor of {@code type} can lie on the way from a variable to the loss: numbers, lists
   * of tensors, handles of variables.
   */
  public static boolean mayCarryGradient(DataType type) {
    DType found = DType.of(type);
    return found.isContinuous() || found == DType.VARIANT || found == DType.RESOURCE;
  }
}
