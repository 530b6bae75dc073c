package dev.graft.graph;

import dev.graft.error.Internal;
import dev.graft.tensor.Shape;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/** Parts of a graph that can run without the rest of it, or a second time beside it. */
@Internal
public final class GraphPart {

  private GraphPart() {}

  /**
   * {@code graph} with only what {@code roots} need where {@code fed} are given from outside in
   * these shapes: they stay, and what only they need goes where a node gives that tensor alone.
   */
  public static Graph between(Graph graph, Map<TensorRef, Shape> fed, Collection<String> roots) {
    GraphEditor editor = graph.edit();
    Set<String> all = new LinkedHashSet<>(roots);
    fed.forEach(
        (tensor, shape) -> {
          String name = tensor.node();
          all.add(name);
          if (graph.outputTypes(name).size() == 1 && graph.node(name).getInputCount() > 0) {
            editor.replace(
                NodeDef.newBuilder()
                    .setName(name)
                    .setOp("Placeholder")
                    .putAttr("dtype", Attrs.of(graph.dtype(tensor)))
                    .putAttr("shape", Attrs.of(shape))
                    .build());
          }
        });
    Graph kept = editor.build().keepUpstreamOf(all);
    Map<String, NodeDef> settled = new LinkedHashMap<>();
    for (NodeDef node : kept.nodes()) { // TensorFlow refuses a place that is gone
      settled.put(node.getName(), Colocation.among(node, kept::contains));
    }
    return new Graph(settled, kept.functions(), kept.gradients(), kept.versions());
  }

  /**
   * The nodes that {@code ends} need and that would have to run again if {@code changed} gave other
   * values: what runs after these, and of a TF1 loop all, its counter as well.
   */
  public static Set<String> toRepeat(
      Graph graph, Collection<String> changed, Collection<String> ends) {
    Set<String> needed = graph.upstream(ends);
    Set<String> roots = new LinkedHashSet<>(changed);
    while (true) {
      Set<String> found = graph.after(roots);
      found.retainAll(needed);
      Set<AttrValue> frames = new HashSet<>();
      found.forEach(name -> frames.add(frame(graph, name)));
      frames.remove(null);
      List<String> entries =
          needed.stream().filter(name -> frames.contains(frame(graph, name))).toList();
      if (!roots.addAll(entries)) {
        return found;
      }
    }
  }

  /** The frame that a node enters; null if it enters none. */
  private static @Nullable AttrValue frame(Graph graph, String node) {
    return graph.node(node).getAttrMap().get("frame_name");
  }
}
