package dev.graft.autodiff;

import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.autodiff.gradient.NoGradientException;
import dev.graft.autodiff.internal.engine.Engine;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.NamedShapes;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.autodiff.internal.rules.AllRules;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Extends a flat graph by the nodes that compute gradients. The result is a plain graph: it can be
 * written, read back and run anywhere.
 */
@Internal
public final class Differentiator {

  private Differentiator() {}

  /** As the other form, with loops that keep what they can use again. */
  public static GradientGraph gradients(
      Graph graph, List<TensorRef> ys, List<TensorRef> dys, List<TensorRef> xs) {
    return gradients(graph, ys, dys, xs, LoopMemory.SAVE);
  }

  /**
   * Differentiates the sum of {@code ys}, each weighted by its {@code dys}.
   *
   * @param graph a flat graph, all function calls inlined
   * @param ys what to differentiate, of floating dtype
   * @param dys for each of {@code ys} a tensor of its shape and dtype; empty for all ones
   * @param xs what to differentiate by: floating tensors, or handles of variables
   * @param memory what loops keep for the way back
   * @return the graph with the gradients; an x that has no influence on any y has none
   * @throws NoGradientException if an op on the way has no gradient
   */
  public static GradientGraph gradients(
      Graph graph, List<TensorRef> ys, List<TensorRef> dys, List<TensorRef> xs, LoopMemory memory) {
    Ops t = ops(graph, memory, Shapes.of(NamedShapes.infer(graph)));
    return gradients(graph, ys, dys, xs, t);
  }

  /** What rules add nodes to {@code graph} with, {@code shapes} being what is known of it. */
  public static Ops ops(Graph graph, LoopMemory memory, Shapes shapes) {
    GraphEditor editor = graph.edit();
    return new Ops(editor, shapes, new Library(editor, AllRules.standard(), memory));
  }

  /** As the other form, with {@link #ops} of {@code graph}. */
  public static GradientGraph gradients(
      Graph graph, List<TensorRef> ys, List<TensorRef> dys, List<TensorRef> xs, Ops t) {
    if (!dys.isEmpty() && dys.size() != ys.size()) {
      throw new IllegalArgumentException(ys.size() + " results but " + dys.size() + " weights");
    }
    List<Gradient> seeds = new ArrayList<>();
    for (int i = 0; i < ys.size(); i++) {
      TensorRef seed = dys.isEmpty() ? t.call("OnesLike", ys.get(i)) : dys.get(i);
      seeds.add(new Gradient.Dense(t.sameShape(seed, ys.get(i))));
    }
    Engine engine = new Engine(graph, t, xs);
    engine.run(ys, seeds);
    ImmutableMap.Builder<TensorRef, Gradient> gradients = ImmutableMap.builder();
    for (TensorRef x : List.copyOf(new LinkedHashSet<>(xs))) {
      Gradient gradient = engine.of(x);
      if (gradient != null) {
        gradients.put(x, gradient);
      }
    }
    return new GradientGraph(t.editor().build(), gradients.buildOrThrow());
  }
}
