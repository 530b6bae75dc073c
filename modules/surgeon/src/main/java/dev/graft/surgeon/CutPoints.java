package dev.graft.surgeon;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.Loops;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.surgeon.internal.analysis.StaticShapes;
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
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Where a model can be cut near to where somebody wanted to: what a refusal offers instead. */
@Internal
public final class CutPoints {

  private static final int MOST = 3;

  private final Graph graph;
  private final LayerIndex index;
  private final StaticShapes shapes;
  private final Set<String> fromInput;
  private final Set<String> needed;
  private final Set<String> loops;

  private CutPoints(Model model) {
    this.graph = model.graph();
    this.index = new LayerIndex(model);
    this.shapes = new StaticShapes(model);
    List<String> inputs =
        model.servingSignature().inputs().values().stream()
            .map(spec -> spec.tensor().node())
            .toList();
    this.fromInput = new HashSet<>(graph.downstream(inputs));
    inputs.forEach(fromInput::remove);
    this.needed =
        graph.upstream(
            model.servingSignature().outputs().values().stream()
                .map(spec -> spec.tensor().node())
                .toList());
    this.loops = Loops.inside(graph);
  }

  /**
   * {@code "Nearest: a, b, c."}: the layers fewest edges away from {@code nodes} whose output
   * depends on the input, lies in no loop and can carry a head.
   */
  public static String near(Model model, Collection<String> nodes) {
    CutPoints points = new CutPoints(model);
    Map<String, String> layers = points.layersByNode();
    Set<String> named = new LinkedHashSet<>();
    Set<String> tensors = new LinkedHashSet<>();
    Set<String> seen = new LinkedHashSet<>(nodes);
    Deque<String> open = new ArrayDeque<>(nodes);
    while (!open.isEmpty() && named.size() < MOST) {
      String node = open.remove();
      if (layers.containsKey(node)) {
        named.add(layers.get(node));
      } else if (tensors.size() < MOST && points.isValid(TensorRef.of(node))) {
        tensors.add(node);
      }
      List<String> next = new ArrayList<>(points.graph.consumers(node));
      Nodes.dataInputs(points.graph.node(node)).forEach(input -> next.add(input.node()));
      next.stream().filter(seen::add).forEach(open::add);
    }
    Set<String> found = named.isEmpty() ? tensors : named;
    return found.isEmpty()
        ? "Nothing of what is left can carry one."
        : "Nearest: " + String.join(", ", found) + ".";
  }

  /** The tensor that {@code at} names: a layer's output, or a tensor of the graph. */
  public static TensorRef resolve(Model model, String at) {
    LayerIndex index = new LayerIndex(model);
    for (LayerIndex.Entry entry : index.entries()) {
      if (entry.path().equals(at) || entry.layer().name().equals(at)) {
        return output(model, entry.layer());
      }
    }
    TensorRef tensor = TensorRef.parse(at);
    if (model.graph().contains(tensor.node())) {
      if (tensor.index() >= model.graph().outputTypes(tensor.node()).size()) {
        throw new BadRequestException(
            "node '" + tensor.node() + "' has no output " + tensor.index() + ".");
      }
      refuseInsideLoops(model, tensor);
      return tensor;
    }
    for (FunctionDef function : model.graph().functions().values()) {
      if (function.getNodeDefList().stream().anyMatch(n -> n.getName().equals(tensor.node()))) {
        String name = function.getSignature().getName();
        throw new BadRequestException(
            "'"
                + at
                + "' lies inside a loop or branch; cut at the layer around it instead. "
                + near(model, callers(model.graph(), name)));
      }
    }
    List<String> known = new ArrayList<>(index.names());
    throw new BadRequestException(
        model.name() + " has no layer or tensor '" + at + "'. " + Nearest.sentence(at, known));
  }

  private static void refuseInsideLoops(Model model, TensorRef tensor) {
    if (Loops.inside(model.graph()).contains(tensor.node())) {
      throw new BadRequestException(
          "'"
              + tensor
              + "' lies inside a loop; cut before or after the loop. "
              + near(model, List.of(tensor.node())));
    }
  }

  private static TensorRef output(Model model, Layer layer) {
    Graph graph = model.graph();
    var live =
        graph.upstream(
            model.servingSignature().outputs().values().stream()
                .map(spec -> spec.tensor().node())
                .toList());
    List<TensorRef> outputs =
        layer.outputs().stream().filter(t -> live.contains(t.node())).toList();
    List<TensorRef> features = // an embedding gives the mask of its positions as well
        outputs.stream().filter(t -> DType.of(graph.dtype(t)).isFloating()).toList();
    outputs = outputs.size() > 1 && features.size() == 1 ? features : outputs;
    if (outputs.size() == 1) {
      refuseInsideLoops(model, outputs.get(0));
      return outputs.get(0);
    }
    throw new BadRequestException(
        "layer '"
            + layer.name()
            + "' has "
            + (outputs.isEmpty()
                ? "no output that the serving signature uses; it may lie inside a loop"
                : outputs.size() + " outputs, " + outputs + "; name one of these tensors")
            + ".");
  }

  /** The nodes of {@code graph} that run the function called {@code name}, at whatever depth. */
  public static List<String> callers(Graph graph, String name) {
    Set<String> names = new LinkedHashSet<>(List.of(name));
    for (int before = 0; before < names.size(); ) {
      before = names.size();
      graph
          .functions()
          .forEach(
              (outer, function) -> {
                if (function.getNodeDefList().stream().anyMatch(node -> runs(node, names))) {
                  names.add(outer);
                }
              });
    }
    return graph.nodes().stream().filter(node -> runs(node, names)).map(NodeDef::getName).toList();
  }

  private static boolean runs(NodeDef node, Set<String> functions) {
    return node.getAttrMap().values().stream()
        .anyMatch(attr -> attr.hasFunc() && functions.contains(attr.getFunc().getName()));
  }

  private boolean isValid(TensorRef output) {
    if (!fromInput.contains(output.node())
        || !needed.contains(output.node())
        || loops.contains(output.node())
        || graph.outputTypes(output.node()).isEmpty()) {
      return false;
    }
    int rank = shapes.of(output).rank();
    return (rank < 0 || rank >= 2) && DType.of(graph.dtype(output)).isFloating();
  }

  private Map<String, String> layersByNode() {
    Map<String, String> layers = new HashMap<>();
    for (LayerIndex.Entry entry : index.entries()) {
      List<TensorRef> outputs =
          entry.layer().outputs().stream().filter(t -> needed.contains(t.node())).toList();
      if (outputs.size() == 1 && isValid(outputs.get(0))) {
        layers.putIfAbsent(outputs.get(0).node(), entry.path());
      }
    }
    return layers;
  }
}
