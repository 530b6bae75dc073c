package dev.graft.importer.internal.clean;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpList;

/** Takes out of flattened graphs what says nothing: waiting for nothing, devices, dead nodes. */
public final class CleanGraph {

  private CleanGraph() {}

  /**
   * {@code flat} without idle waiting and devices, checked.
   *
   * @param producer the ops as the writer knew them
   */
  public static Graph of(Graph flat, Effects effects, OpList producer) {
    GraphEditor editor = flat.edit();
    boolean relax = !effects.hasOldControlFlow();
    for (NodeDef node : flat.nodes()) {
      NodeDef relaxed = relax ? effects.withoutIdleWaits(node) : node;
      NodeDef plain = Normalization.of(relaxed, producer);
      if (plain != node) {
        editor.replace(plain);
      }
    }
    flat.functions().values().forEach(function -> editor.putFunction(of(function, producer)));
    return editor.build();
  }

  /** A loop's body, a branch or the like, without devices; what it waits for stays. */
  private static FunctionDef of(FunctionDef function, OpList producer) {
    FunctionDef.Builder plain = function.toBuilder();
    for (int i = 0; i < function.getNodeDefCount(); i++) {
      plain.setNodeDef(i, Normalization.of(function.getNodeDef(i), producer));
    }
    return plain.build();
  }

  /**
   * A flattened function, cleaned the same way; of its targets those that have an effect remain.
   */
  public static FunctionGraph of(FunctionGraph flat, OpList producer) {
    Effects effects = new Effects(flat.graph());
    List<String> targets = new ArrayList<>();
    for (String target : flat.targets()) {
      if (effects.isOrdered(target)) {
        targets.add(target);
      }
    }
    Set<String> roots = new LinkedHashSet<>(flat.arguments());
    roots.addAll(targets);
    for (TensorRef result : flat.results()) {
      roots.add(result.node());
    }
    return new FunctionGraph(
        flat.name(),
        of(flat.graph(), effects, producer).keepUpstreamOf(roots),
        flat.arguments(),
        flat.results(),
        flat.resultNames(),
        ImmutableList.copyOf(targets),
        flat.attrs());
  }
}
