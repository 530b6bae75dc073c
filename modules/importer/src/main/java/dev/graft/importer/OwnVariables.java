package dev.graft.importer;

import dev.graft.graph.Functions;
import dev.graft.graph.Nodes;
import dev.graft.graph.OpenAttrs;
import dev.graft.graph.TensorRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Finds variables that hold the place of an asset and can never hold anything else: Keras keeps the
 * place of a vocabulary in one. Its only handle is one node of the graph, which goes to nothing but
 * reads, calls that only read it, and assignments of an asset's place while that is put there.
 */
final class OwnVariables {

  private static final int MAX_HOPS = 20; // through nodes that hand on; real ones are one or two

  /** The container that TensorFlow takes where none is named. */
  private static final String DEFAULT_CONTAINER = "localhost";

  private static final Set<String> HANDLES =
      Set.of("VarHandleOp", "_VarHandlesOp", "_XlaAotOnlyVarHandleOp");
  private static final Set<String> READS =
      Set.of("ReadVariableOp", "VarIsInitializedOp", "VariableShape");

  private final Map<String, NodeDef> nodes;
  private final Map<String, FunctionDef> library;
  private final Set<TensorRef> assets;
  private final Set<String> callable;
  private final Map<String, List<NodeDef>> consumers = new HashMap<>();

  /**
   * A search.
   *
   * @param assets the tensors where places of assets are put while the model is initialized
   * @param callable the nodes that run at other times, too
   */
  OwnVariables(
      Map<String, NodeDef> nodes,
      Map<String, FunctionDef> library,
      Set<TensorRef> assets,
      Set<String> callable) {
    this.nodes = nodes;
    this.library = library;
    this.assets = assets;
    this.callable = callable;
  }

  /**
   * The nodes of the handles.
   *
   * @param restored nodes of variables that get what is in a checkpoint
   */
  Set<String> handles(Set<String> restored) {
    Set<String> own = new HashSet<>();
    if (assets.isEmpty() || library.values().stream().anyMatch(OwnVariables::makesHandles)) {
      return own;
    }
    Map<String, List<NodeDef>> byName = new HashMap<>();
    for (NodeDef node : nodes.values()) {
      if (HANDLES.contains(node.getOp()) && mayHoldText(node)) {
        byName.computeIfAbsent(name(node), k -> new ArrayList<>()).add(node);
      }
      for (TensorRef input : Nodes.dataInputs(node)) {
        consumers.computeIfAbsent(input.node(), k -> new ArrayList<>()).add(node);
      }
    }
    Set<String> overwritten = new HashSet<>();
    for (String variable : restored) {
      NodeDef node = nodes.get(variable);
      if (node != null) {
        overwritten.add(name(node));
      }
    }
    byName.forEach(
        (name, handles) -> {
          NodeDef handle = handles.get(0);
          if (handles.size() == 1 && !overwritten.contains(name) && holdsPlacesOnly(handle)) {
            own.add(handle.getName());
          }
        });
    return own;
  }

  /** As TensorFlow finds a variable: by its container and the shared name as it stands there. */
  private static String name(NodeDef handle) {
    AttrValue none = AttrValue.getDefaultInstance();
    String container = handle.getAttrOrDefault("container", none).getS().toStringUtf8();
    String shared = handle.getAttrOrDefault("shared_name", none).getS().toStringUtf8();
    return (container.equals(DEFAULT_CONTAINER) ? "" : container) + "/" + shared;
  }

  private static boolean makesHandles(FunctionDef function) {
    return function.getNodeDefList().stream()
        .anyMatch(node -> HANDLES.contains(node.getOp()) && mayHoldText(node));
  }

  private static boolean mayHoldText(NodeDef handle) {
    AttrValue dtype = handle.getAttrOrDefault("dtype", AttrValue.getDefaultInstance());
    return !dtype.hasType() || dtype.getType() == DataType.DT_STRING;
  }

  private boolean holdsPlacesOnly(NodeDef handle) {
    boolean assigned = false;
    for (NodeDef consumer : consumers.getOrDefault(handle.getName(), List.of())) {
      List<TensorRef> inputs = Nodes.dataInputs(consumer);
      if (consumer.getOp().equals("AssignVariableOp")) {
        boolean place =
            inputs.size() == 2
                && inputs.get(0).node().equals(handle.getName())
                && isPlace(inputs.get(1))
                && !callable.contains(consumer.getName());
        if (!place) {
          return false;
        }
        assigned = true;
      } else if (!READS.contains(consumer.getOp()) && !isCallThatReads(consumer, handle)) {
        return false;
      }
    }
    return assigned;
  }

  private boolean isPlace(TensorRef tensor) {
    TensorRef at = tensor;
    for (int hops = 0; hops < MAX_HOPS && !assets.contains(at); hops++) {
      NodeDef node = nodes.get(at.node());
      if (node == null
          || !node.getOp().equals("Identity")
          || node.getInputCount() == 0
          || Nodes.isControl(node.getInput(0))) {
        return false;
      }
      at = TensorRef.parse(node.getInput(0));
    }
    return assets.contains(at);
  }

  private boolean isCallThatReads(NodeDef node, NodeDef handle) {
    List<TensorRef> inputs = Nodes.dataInputs(node);
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).node().equals(handle.getName()) && !isCallThatReads(node, i, 0)) {
        return false;
      }
    }
    return true;
  }

  /** Whether {@code node} calls a function that only reads what it is given in place {@code i}. */
  private boolean isCallThatReads(NodeDef node, int i, int depth) {
    AttrValue none = AttrValue.getDefaultInstance();
    FunctionDef function =
        Functions.isPartitionedCall(node)
            ? library.get(node.getAttrOrDefault("f", none).getFunc().getName())
            : null;
    if (function == null
        || depth > MAX_HOPS
        || !OpenAttrs.of(function).names().isEmpty()
        || i >= function.getSignature().getInputArgCount()) {
      return false;
    }
    String argument = function.getSignature().getInputArg(i).getName();
    for (NodeDef inside : function.getNodeDefList()) {
      List<String> inputs =
          inside.getInputList().stream().filter(input -> !Nodes.isControl(input)).toList();
      for (int k = 0; k < inputs.size(); k++) {
        boolean given = Nodes.producer(inputs.get(k)).equals(argument);
        if (given && !READS.contains(inside.getOp()) && !isCallThatReads(inside, k, depth + 1)) {
          return false;
        }
      }
    }
    return function.getRetMap().values().stream()
        .noneMatch(returned -> Nodes.producer(returned).equals(argument));
  }
}
