package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Asset;
import dev.graft.model.Internal;
import dev.graft.model.Layer;
import dev.graft.model.MachineAccess;
import dev.graft.model.MachineAccess.Kind;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Finds the nodes of a model that reach beyond it: into files, the network or other code. */
@Internal
public final class MachineAccesses {

  private MachineAccesses() {}

  /**
   * The nodes of {@code model} that reach beyond it: in its graph, in functions that loops,
   * branches, datasets and gradients use, in the training behaviour of its layers.
   */
  public static ImmutableList<MachineAccess> in(Model model) {
    Own own =
        new Own(
            model.assets().stream().map(Asset::tensor).collect(Collectors.toSet()),
            model.variables().stream().map(Variable::node).collect(Collectors.toSet()));
    List<Found> found = new ArrayList<>(in(model.graph(), own));
    Set<String> bodies = new HashSet<>();
    model.penalties().forEach(penalty -> add(penalty, bodies, found));
    model
        .allLayers()
        .forEach(layer -> layer.training().ifPresent(training -> add(training, bodies, found)));
    return found.stream().map(each -> each.in(model)).collect(ImmutableList.toImmutableList());
  }

  private static void add(SavedFunction function, Set<String> seen, List<Found> found) {
    function
        .definitions()
        .forEach(
            (name, definition) -> {
              if (seen.add(name)) {
                found.addAll(in(name, definition));
              }
            });
  }

  private static List<Found> in(String name, FunctionDef function) {
    List<Found> found = new ArrayList<>();
    for (NodeDef node : function.getNodeDefList()) {
      MachineOps.kind(node)
          .ifPresent(kind -> found.add(new Found(kind, node.getOp(), node.getName(), name)));
    }
    return found;
  }

  /**
   * The nodes that reach beyond the model in the graph that restores it.
   *
   * @param place the tensor that is fed with the place of the model's own checkpoint
   */
  static ImmutableList<MachineAccess> inRestore(Graph graph, TensorRef place) {
    return in(graph, new Own(Set.of(place), Set.of())).stream()
        .map(each -> new MachineAccess(each.kind(), each.op(), each.node(), "the restore op"))
        .collect(ImmutableList.toImmutableList());
  }

  /** A node and the function that holds it, if one does. */
  private record Found(Kind kind, String op, String node, String function) {

    MachineAccess in(Model model) {
      String place = function.isEmpty() ? "" : "function '" + function + "'";
      Optional<String> layer = layer(model, node);
      if (function.isEmpty() && layer.isPresent()) {
        place = "layer '" + layer.get() + "'";
      }
      return new MachineAccess(kind, op, node, place);
    }

    /** The innermost layer whose name is part of the node's. */
    private static Optional<String> layer(Model model, String node) {
      String path = "/" + node + "/";
      @Nullable String best = null;
      int at = -1;
      for (Layer layer : model.allLayers().toList()) {
        int found = path.lastIndexOf("/" + layer.name() + "/");
        if (found > at && found + layer.name().length() + 2 < path.length()) {
          at = found;
          best = layer.name();
        }
      }
      return Optional.ofNullable(best);
    }
  }

  /**
   * What holds the places of the model's own files.
   *
   * @param places tensors that do
   * @param restored variables whose values come from the checkpoint, so that anything may be in
   *     them
   */
  private record Own(Set<TensorRef> places, Set<String> restored) {}

  private static List<Found> in(Graph graph, Own own) {
    List<Found> found = new ArrayList<>();
    for (NodeDef node : graph.nodes()) {
      MachineOps.kind(node)
          .filter(kind -> !readsOnly(graph, node, own))
          .ifPresent(kind -> found.add(new Found(kind, node.getOp(), node.getName(), "")));
    }
    graph.functions().forEach((name, function) -> found.addAll(in(name, function)));
    return found;
  }

  /** Whether {@code node} touches only files of the model's own, or none after all. */
  private static boolean readsOnly(Graph graph, NodeDef node, Own own) {
    List<TensorRef> inputs = Nodes.dataInputs(node);
    Integer cache = MachineOps.CACHES.get(node.getOp());
    if (cache != null) {
      return cache < inputs.size() && isEmptyText(graph, source(graph, inputs.get(cache)));
    }
    if (MachineOps.RESTORES.contains(node.getOp())) {
      return !inputs.isEmpty() && own.places().contains(source(graph, inputs.get(0)));
    }
    if (!MachineOps.READERS.contains(node.getOp())) {
      return false;
    }
    List<TensorRef> names =
        switch (node.getOp()) {
          case "InitializeTableFromTextFile", "InitializeTableFromTextFileV2" ->
              inputs.subList(Math.min(1, inputs.size()), inputs.size());
          case "GenerateVocabRemapping" -> inputs;
          default -> inputs.subList(0, Math.min(1, inputs.size()));
        };
    return !names.isEmpty() && names.stream().allMatch(name -> isOwn(graph, name, own));
  }

  /**
   * Whether {@code name} is the place of a file of the model's own: an asset's, or what is read
   * from a variable that gets nothing but that.
   */
  private static boolean isOwn(Graph graph, TensorRef name, Own own) {
    TensorRef from = source(graph, name);
    NodeDef node = graph.find(from.node());
    if (node == null || !node.getOp().equals("ReadVariableOp") || node.getInputCount() == 0) {
      return own.places().contains(from);
    }
    TensorRef variable = source(graph, Nodes.dataInput(node, 0));
    if (own.restored().contains(variable.node())) {
      return false;
    }
    boolean assigned = false;
    for (String user : graph.consumers(variable.node())) {
      NodeDef consumer = graph.node(user);
      switch (consumer.getOp()) {
        case "ReadVariableOp", "VarIsInitializedOp" -> {}
        case "AssignVariableOp" -> {
          if (!own.places().contains(source(graph, Nodes.dataInput(consumer, 1)))) {
            return false;
          }
          assigned = true;
        }
        default -> {
          return false;
        }
      }
    }
    return assigned;
  }

  private static boolean isEmptyText(Graph graph, TensorRef tensor) {
    NodeDef node = graph.find(tensor.node());
    return node != null
        && node.getOp().equals("Const")
        && node
            .getAttrOrDefault("value", AttrValue.getDefaultInstance())
            .getTensor()
            .getStringValList()
            .stream()
            .allMatch(text -> text.isEmpty());
  }

  /** Where {@code tensor} comes from before it was only handed on. */
  private static TensorRef source(Graph graph, TensorRef tensor) {
    TensorRef at = tensor;
    for (int hops = 0; hops < graph.size(); hops++) {
      NodeDef node = graph.find(at.node());
      if (node == null || !node.getOp().equals("Identity") || node.getInputCount() == 0) {
        break;
      }
      at = Nodes.dataInput(node, 0);
    }
    return at;
  }
}
