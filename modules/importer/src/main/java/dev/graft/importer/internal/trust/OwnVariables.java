package dev.graft.importer.internal.trust;

import dev.graft.graph.Functions;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.OpenAttrs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
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
public final class OwnVariables {

  private static final int MAX_HOPS = 20; // through nodes that hand on; real ones are one or two

  /** The container that TensorFlow takes where none is named. */
  private static final String DEFAULT_CONTAINER = "localhost";

  private static final String HANDLE = "VarHandleOp";

  /** Handles whose variables are named in other ways. */
  private static final Set<String> OTHER_HANDLES =
      Set.of("_VarHandlesOp", "_XlaAotOnlyVarHandleOp");

  private static final Set<String> READS =
      Set.of("ReadVariableOp", "VarIsInitializedOp", "VariableShape");

  private final Map<String, NodeDef> nodes;
  private final Map<String, FunctionDef> library;
  private final Set<TensorRef> assets;
  private final Set<String> callable;
  private final Map<String, Set<NodeDef>> consumers = new HashMap<>();
  private final Map<String, Boolean> open = new HashMap<>(); // functions
  private final Map<Place, Boolean> onlyRead = new HashMap<>();

  /** An argument of a function. */
  private record Place(String function, int argument) {}

  /**
   * A search.
   *
   * @param assets the tensors where places of assets are put while the model is initialized
   * @param callable the nodes that run at other times, too
   */
  public OwnVariables(
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
  public Set<String> handles(Set<String> restored) {
    Set<String> own = new HashSet<>();
    if (assets.isEmpty()) {
      return own;
    }
    Map<String, List<NodeDef>> byName = new HashMap<>(); // whatever dtype a handle says it has
    for (NodeDef node : nodes.values()) {
      if (OTHER_HANDLES.contains(node.getOp())) {
        return own;
      }
      if (node.getOp().equals(HANDLE)) {
        byName.computeIfAbsent(name(node), k -> new ArrayList<>()).add(node);
      }
      for (TensorRef input : Nodes.dataInputs(node)) {
        consumers.computeIfAbsent(input.node(), k -> new LinkedHashSet<>()).add(node);
      }
    }
    for (FunctionDef function : library.values()) {
      for (NodeDef node : function.getNodeDefList()) {
        boolean open = node.getAttrMap().values().stream().anyMatch(AttrValue::hasPlaceholder);
        if (OTHER_HANDLES.contains(node.getOp()) || open && node.getOp().equals(HANDLE)) {
          return own;
        }
        if (node.getOp().equals(HANDLE)) {
          byName.computeIfAbsent(name(node), k -> new ArrayList<>()).add(node);
        }
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
          if (handles.size() == 1
              && nodes.get(handle.getName()) == handle
              && mayHoldText(handle)
              && !overwritten.contains(name)
              && holdsPlacesOnly(handle)) {
            own.add(handle.getName());
          }
        });
    return own;
  }

  /** As TensorFlow finds a variable: by its container and the shared name as it stands there. */
  static String name(NodeDef handle) {
    AttrValue none = AttrValue.getDefaultInstance();
    String container = handle.getAttrOrDefault("container", none).getS().toStringUtf8();
    String shared = handle.getAttrOrDefault("shared_name", none).getS().toStringUtf8();
    return (container.equals(DEFAULT_CONTAINER) ? "" : container) + "/" + shared;
  }

  private static boolean mayHoldText(NodeDef handle) {
    AttrValue dtype = handle.getAttrOrDefault("dtype", AttrValue.getDefaultInstance());
    return !dtype.hasType() || dtype.getType() == DataType.DT_STRING;
  }

  private boolean holdsPlacesOnly(NodeDef handle) {
    boolean assigned = false;
    for (NodeDef consumer : consumers.getOrDefault(handle.getName(), Set.of())) {
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
    if (!Functions.isPartitionedCall(node) || depth > MAX_HOPS) {
      return false;
    }
    AttrValue none = AttrValue.getDefaultInstance();
    String name = node.getAttrOrDefault("f", none).getFunc().getName();
    FunctionDef function = library.get(name);
    if (function == null
        || i >= function.getSignature().getInputArgCount()
        || open.computeIfAbsent(name, k -> !OpenAttrs.of(function).names().isEmpty())) {
      return false;
    }
    Place place = new Place(name, i);
    Boolean known = onlyRead.get(place);
    if (known == null) {
      onlyRead.put(place, false); // should it call itself
      known = onlyReads(function, i, depth);
      onlyRead.put(place, known);
    }
    return known;
  }

  private boolean onlyReads(FunctionDef function, int i, int depth) {
    String argument = function.getSignature().getInputArg(i).getName();
    for (NodeDef inside : function.getNodeDefList()) {
      int k = 0;
      for (String input : inside.getInputList()) {
        if (!Nodes.isControl(input)) {
          boolean given = input.equals(argument) || input.startsWith(argument + ":");
          if (given && !READS.contains(inside.getOp()) && !isCallThatReads(inside, k, depth + 1)) {
            return false;
          }
          k++;
        }
      }
    }
    return function.getRetMap().values().stream()
        .noneMatch(returned -> returned.equals(argument) || returned.startsWith(argument + ":"));
  }
}
