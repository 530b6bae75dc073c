package dev.graft.autodiff.internal.engine;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * Reverse-mode differentiation: walks from the results back to what they are differentiated by,
 * each node after all that read it, and lets the rule of its op turn the gradients of its outputs
 * into those of its inputs.
 */
public final class Engine {

  private final Graph graph;
  private final Ops t;
  private final RuleBook rules;
  private final Cotangents cotangents;
  private final Activity active;

  public Engine(Graph graph, Ops t, Collection<TensorRef> xs) {
    this.graph = graph;
    this.t = t;
    this.rules = t.library().rules();
    this.cotangents = new Cotangents(t);
    this.active = new Activity(graph, rules, xs);
  }

  /** Adds the nodes that compute the gradients, {@code dys} being those of {@code ys}. */
  public void run(List<TensorRef> ys, List<Gradient> dys) {
    for (int i = 0; i < ys.size(); i++) {
      if (active.contains(ys.get(i))) {
        cotangents.add(ys.get(i), dys.get(i));
      }
    }
    List<NodeDef> order = active.upstream(ys);
    for (int i = order.size() - 1; i >= 0; i--) {
      differentiate(order.get(i));
    }
  }

  /** The gradient of {@code x}, or null if it has no influence. */
  @Nullable
  public Gradient of(TensorRef x) {
    return cotangents.sum(x);
  }

  private void differentiate(NodeDef node) {
    List<TensorRef> inputs = Nodes.dataInputs(node);
    boolean[] wanted = new boolean[inputs.size()];
    boolean any = false;
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = active.contains(inputs.get(i));
      any |= wanted[i];
    }
    if (!any || rules.endsPath(node)) {
      return;
    }
    @Nullable Gradient[] outgoing = new Gradient[graph.outputTypes(node.getName()).size()];
    boolean reached = false;
    t.enter(node.getName());
    for (int i = 0; i < outgoing.length; i++) {
      outgoing[i] = cotangents.sum(new TensorRef(node.getName(), i));
      reached |= outgoing[i] != null;
    }
    if (!reached) {
      return;
    }
    Backprop op = new Backprop(node, t, outgoing, wanted);
    rules.of(graph, node).apply(op, t);
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i]) {
        op.handOver(i, cotangents);
      }
    }
  }
}
