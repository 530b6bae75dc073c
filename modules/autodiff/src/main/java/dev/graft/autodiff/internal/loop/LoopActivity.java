package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.internal.engine.Activity;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Through which of a loop's variables gradients go, over any number of steps. All numbers are
 * positions of loop variables.
 */
public final class LoopActivity {

  private final FunctionGraph body;
  private final Set<Integer> invariant = new TreeSet<>();
  private final Set<Integer> by = new TreeSet<>();
  private final Set<Integer> carried = new TreeSet<>();

  /**
   * Follows the gradients.
   *
   * @param wanted what a gradient is wanted of, before the first step
   * @param arrived what has a gradient behind the last step
   */
  public LoopActivity(
      FunctionGraph body, RuleBook rules, Set<Integer> wanted, Set<Integer> arrived) {
    this.body = body;
    findInvariant();
    findBy(rules, wanted, arrived);
    for (int i : by) {
      if (!invariant.contains(i) || type(i) == DataType.DT_VARIANT) {
        carried.add(i);
      }
    }
  }

  /** The variables that no step changes. */
  Set<Integer> invariant() {
    return invariant;
  }

  /** The variables that the loop is differentiated by, invariant or not. */
  public Set<Integer> by() {
    return by;
  }

  /** Those of them whose gradient is handed from step to step; for the others it is summed up. */
  public Set<Integer> carried() {
    return carried;
  }

  private void findInvariant() {
    for (int i = 0; i < body.arguments().size(); i++) {
      NodeDef node =
          Nodes.behindIdentity(body.graph().node(body.results().get(i).node()), body.graph()::node);
      if (node.getName().equals(body.arguments().get(i))) {
        invariant.add(i);
      }
    }
  }

  /** What depends on what is wanted, and influences what has a gradient. */
  private void findBy(RuleBook rules, Set<Integer> wanted, Set<Integer> arrived) {
    Set<Integer> reached = new TreeSet<>(wanted);
    Activity activity = new Activity(body.graph(), rules, arguments(reached));
    for (int before = -1; before != reached.size(); ) {
      before = reached.size();
      for (int i = 0; i < body.results().size(); i++) {
        if (activity.contains(body.results().get(i))) {
          reached.add(i);
        }
      }
      activity.add(arguments(reached));
    }
    Deque<Integer> open = new ArrayDeque<>();
    for (int i : arrived) {
      if (reached.contains(i) && by.add(i)) {
        open.add(i);
      }
    }
    while (!open.isEmpty()) {
      Set<TensorRef> upstream = activity.upstreamOf(body.results().get(open.remove()));
      for (int i : reached) {
        if (upstream.contains(TensorRef.of(body.arguments().get(i))) && by.add(i)) {
          open.add(i);
        }
      }
    }
  }

  private List<TensorRef> arguments(Set<Integer> indices) {
    return indices.stream().map(i -> TensorRef.of(body.arguments().get(i))).toList();
  }

  private DataType type(int i) {
    return body.graph().dtype(TensorRef.of(body.arguments().get(i)));
  }
}
