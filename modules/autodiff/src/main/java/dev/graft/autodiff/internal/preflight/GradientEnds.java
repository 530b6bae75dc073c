package dev.graft.autodiff.internal.preflight;

import dev.graft.autodiff.internal.engine.Activity;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.GradientSupport;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/**
 * Where gradients end as TensorFlow has it, in front of variables that none gets to: at a {@code
 * StopGradient}, at an op that rounds, where real numbers become whole ones. What happens inside
 * loops and branches is not looked at.
 */
public final class GradientEnds {

  /** They read no value of what they are given, so nothing depends on it through them. */
  private static final Set<String> SIZES =
      Set.of(
          "Shape",
          "ShapeN",
          "Size",
          "Rank",
          "ZerosLike",
          "OnesLike",
          "VariableShape",
          "TensorListLength",
          "TensorListElementShape");

  private final Graph graph;
  private final GradientSupport support = GradientSupport.standard();

  private GradientEnds(Graph graph) {
    this.graph = graph;
  }

  /**
   * The nodes, nearest to {@code ys} first, and those of {@code unreached} that lie behind each.
   */
  public static Map<NodeDef, List<Variable>> of(
      Graph graph, Collection<TensorRef> ys, Collection<Variable> unreached) {
    Map<NodeDef, List<Variable>> ends = new LinkedHashMap<>();
    if (!unreached.isEmpty()) {
      GradientEnds walk = new GradientEnds(graph);
      for (NodeDef end : walk.from(ys)) {
        Set<String> above = walk.influences(end);
        List<Variable> behind =
            unreached.stream().filter(v -> above.contains(v.handle().node())).toList();
        if (!behind.isEmpty()) {
          ends.put(end, behind);
        }
      }
    }
    return ends;
  }

  private Set<NodeDef> from(Collection<TensorRef> ys) {
    Set<NodeDef> ends = new LinkedHashSet<>();
    Set<TensorRef> seen = new HashSet<>(ys);
    Deque<TensorRef> open = new ArrayDeque<>(ys);
    while (!open.isEmpty()) {
      TensorRef tensor = open.remove();
      NodeDef node = graph.node(tensor.node());
      if (SIZES.contains(node.getOp())) {
        continue;
      }
      boolean stops =
          support.of(node.getOp()) == GradientSupport.Kind.ENDS
              || !Activity.mayCarryGradient(graph.dtype(tensor));
      List<TensorRef> inputs = Nodes.dataInputs(node);
      for (int i = 0; i < inputs.size(); i++) {
        TensorRef input = inputs.get(i);
        boolean real = DType.of(graph.dtype(input)).isContinuous();
        if (real && (stops || !support.passesTo(node.getOp(), i))) {
          ends.add(node);
        } else if (seen.add(input)) {
          open.add(input);
        }
      }
    }
    return ends;
  }

  private Set<String> influences(NodeDef end) {
    Set<String> seen = new HashSet<>();
    Deque<NodeDef> open = new ArrayDeque<>(List.of(end));
    while (!open.isEmpty()) {
      NodeDef node = open.remove();
      if (!SIZES.contains(node.getOp())) {
        for (TensorRef input : Nodes.dataInputs(node)) {
          if (seen.add(input.node())) {
            open.add(graph.node(input.node()));
          }
        }
      }
    }
    return seen;
  }
}
