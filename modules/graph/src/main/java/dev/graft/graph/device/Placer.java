package dev.graft.graph.device;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.device.Placement.Held;
import dev.graft.graph.device.Placement.OnCpu;
import dev.graft.graph.device.Placement.Reason;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.DType;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Says where the nodes of a graph would run on a machine with a GPU. As TensorFlow's placer does,
 * it takes all of a graph, whatever of it is run: an op without a GPU kernel anywhere in it has the
 * variable that it touches, and all else that touches it, on the CPU.
 */
@Internal
public final class Placer {

  private static final GpuKernels KERNELS = GpuKernels.standard();

  private final Map<String, String> variables;
  private final Map<PlacedNode, PlacedNode> onCpu = new HashMap<>(); // who keeps a group there
  private final Map<String, OnCpu> found = new TreeMap<>();
  private final ImmutableList.Builder<Held> held = ImmutableList.builder();
  private int onGpu;
  private int inHostMemory;
  private int byName;

  private Placer(Map<String, String> variables) {
    this.variables = variables;
  }

  /**
   * Places a graph.
   *
   * @param roots the nodes that are run; these and what they need are told of
   * @param variables what the variables are called, by the nodes that hold them
   */
  public static Placement of(Graph graph, Collection<String> roots, Map<String, String> variables) {
    List<PlacedNode> nodes = UnfoldedGraph.of(graph, graph.upstream(roots));
    return new Placer(variables).place(nodes);
  }

  private Placement place(List<PlacedNode> nodes) {
    for (PlacedNode node : nodes) {
      if (node.isOnCpuByName() || !KERNELS.runs(node.node())) {
        onCpu.putIfAbsent(node.group(), node);
      }
    }
    nodes.stream().filter(PlacedNode::isRun).forEach(this::place);
    return new Placement(
        onGpu, inHostMemory, byName, ImmutableList.copyOf(found.values()), held.build());
  }

  private void place(PlacedNode placed) {
    NodeDef node = placed.node();
    PlacedNode reason = onCpu.get(placed.group());
    Optional<Kernel> kernel = KERNELS.find(node);
    if (node.getOp().equals("VarHandleOp")) {
      if (reason != null) {
        String name = variables.getOrDefault(node.getName(), node.getName());
        held.add(new Held(name, reason.node().getOp(), reason.path()));
      }
    } else if (placed.isOnCpuByName()) {
      byName++;
    } else if (kernel.isEmpty() && node.getOp().equals("Const")) {
      return; // of strings, where those are that read it
    } else if (kernel.isEmpty()) {
      add(placed, KERNELS.has(node.getOp()) ? Reason.OTHER_DTYPES : Reason.NO_KERNEL);
    } else if (reason != null) {
      add(placed, Reason.BESIDE_A_VARIABLE);
    } else {
      onGpu++;
      inHostMemory += kernel.get().isInHostMemory() ? 1 : 0;
    }
  }

  private void add(PlacedNode placed, Reason reason) {
    String op = placed.node().getOp();
    String dtypes = dtypes(placed.node());
    found.merge(
        reason.ordinal() + " " + op + " " + dtypes,
        new OnCpu(op, dtypes, reason, 1, placed.path()),
        (before, one) -> new OnCpu(op, dtypes, reason, before.nodes() + 1, before.node()));
  }

  /** Of what it reads, or gives where it reads nothing. */
  private static String dtypes(NodeDef node) {
    if (OpRegistry.standard().find(node.getOp()).isEmpty()) {
      return "";
    }
    List<DataType> types = OpRegistry.standard().inputTypes(node);
    return (types.isEmpty() ? OpRegistry.standard().outputTypes(node) : types)
        .stream()
            .distinct()
            .map(type -> DType.of(type).toString())
            .collect(Collectors.joining(", "));
  }
}
