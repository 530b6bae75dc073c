package dev.graft.importer.internal.trust;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.importer.internal.weights.Restoration;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * The shapes that constants and variables have whatever the graph claims: a constant's own, and the
 * checkpoint's of a variable that is restored from there, where what else sets it has that shape.
 */
public final class HeldShapes {

  private static final int MAX_HOPS = 100; // through nodes that hand on; real ones are two or three

  /** They set a variable, to a tensor of any shape. */
  private static final Set<String> SETS = Set.of("Assign", "AssignVariableOp");

  private static final int SCALE = 1; // an input of a normalization
  private static final Set<Integer> STATISTICS = Set.of(1, 2); // outputs, of the scale's shape

  private final Graph graph;
  private final Set<String> fed;
  private final Map<String, Shape> variables = new HashMap<>(); // by their memory
  private boolean unknown; // some variable is set, and nobody knows which

  /**
   * The shapes in {@code graph}.
   *
   * @param raw the graph as the file has it
   * @param fed the nodes that callers may feed
   */
  public HeldShapes(
      Graph graph,
      Graph raw,
      Restoration restoration,
      Optional<TensorBundle> checkpoint,
      Set<String> fed) {
    this.graph = graph;
    this.fed = fed;
    restoration.whole().forEach((node, key) -> restored(raw.find(node), checkpoint, key));
    Map<String, Shape> restored = new HashMap<>(variables);
    Map<String, List<NodeDef>> sets = new HashMap<>(); // by what they set
    for (NodeDef node : graph.nodes()) {
      setBy(node, graph::find)
          .ifPresent(memory -> sets.computeIfAbsent(memory, k -> new ArrayList<>()).add(node));
    }
    variables.keySet().removeAll(sets.keySet());
    for (FunctionDef function : graph.functions().values()) {
      Map<String, NodeDef> body = new HashMap<>();
      function.getNodeDefList().forEach(node -> body.put(node.getName(), node));
      for (NodeDef node : function.getNodeDefList()) {
        setBy(node, body::get).ifPresent(restored::remove);
      }
    }
    variables.keySet().retainAll(restored.keySet());
    sets.keySet().retainAll(restored.keySet());
    sets.values().removeIf(each -> !each.stream().allMatch(set -> keepsShape(set, restored)));
    sets.keySet().forEach(memory -> variables.put(memory, restored.get(memory)));
  }

  /** Whether {@code set} gives a variable the shape that it has, as moving statistics get one. */
  private boolean keepsShape(NodeDef set, Map<String, Shape> restored) {
    Shape shape = setBy(set, graph::find).map(restored::get).orElse(Shape.unknown());
    return Nodes.dataInputs(set).size() == 2
        && shape.isFullyKnown()
        && of(Nodes.dataInput(set, 1)).equals(shape);
  }

  private void restored(@Nullable NodeDef holder, Optional<TensorBundle> checkpoint, String key) {
    Shape shape =
        checkpoint
            .filter(each -> !key.isEmpty())
            .flatMap(each -> each.entry(key))
            .filter(entry -> !entry.partitioned())
            .map(TensorBundle.Entry::shape)
            .orElse(Shape.unknown());
    if (holder == null || !OpKinds.isVariable(holder.getOp())) {
      unknown = true;
    } else { // whichever comes last
      variables.merge(
          memory(holder), shape, (one, other) -> one.equals(other) ? one : Shape.unknown());
    }
  }

  /** The memory of the variable that {@code node} sets, if it sets one. */
  private Optional<String> setBy(NodeDef node, Function<String, @Nullable NodeDef> nodes) {
    if (!SETS.contains(node.getOp()) || node.getInputCount() == 0) {
      return Optional.empty();
    }
    NodeDef holder = nodes.apply(JudgedScope.node(node.getInput(0)));
    for (int hops = 0;
        hops < MAX_HOPS && holder != null && holder.getOp().equals("Identity");
        hops++) {
      holder =
          holder.getInputCount() == 0 ? null : nodes.apply(JudgedScope.node(holder.getInput(0)));
    }
    if (holder != null && OpKinds.isVariable(holder.getOp())) {
      return Optional.of(memory(holder));
    }
    unknown = true;
    return Optional.empty();
  }

  /** The shape of {@code tensor}; unknown if it is neither. */
  Shape of(TensorRef tensor) {
    TensorRef at = tensor;
    for (int hops = 0; hops < MAX_HOPS; hops++) {
      NodeDef node = graph.find(at.node());
      if (node == null || fed.contains(node.getName())) {
        return Shape.unknown();
      }
      if (STATISTICS.contains(at.index()) && FusedNorms.NORMS.contains(node.getOp())) {
        at = Nodes.dataInput(node, SCALE);
        continue;
      }
      if (at.index() != 0) {
        return Shape.unknown();
      }
      if (OpKinds.isVariable(node.getOp())) {
        return unknown ? Shape.unknown() : variables.getOrDefault(memory(node), Shape.unknown());
      }
      if (!handsOn(node.getOp()) || Nodes.dataInputs(node).isEmpty()) {
        return ofConstant(node);
      }
      at = Nodes.dataInput(node, 0);
    }
    return Shape.unknown();
  }

  /** The shape of {@code node} if it is a constant. */
  static Shape ofConstant(@Nullable NodeDef node) {
    if (node == null || !node.getOp().equals("Const")) {
      return Shape.unknown();
    }
    AttrValue value = node.getAttrOrDefault("value", AttrValue.getDefaultInstance());
    return value.hasTensor() ? Shape.from(value.getTensor().getTensorShape()) : Shape.unknown();
  }

  /** As TensorFlow finds a variable. */
  private static String memory(NodeDef holder) {
    return holder.getOp().equals("VarHandleOp")
        ? "handle/" + OwnVariables.name(holder)
        : "reference/" + RefWrites.memory(holder);
  }

  /** Whether what it gives has the shape of what it is given. */
  private static boolean handsOn(String op) {
    return OpKinds.isElementwise(op) || op.equals("ReadVariableOp");
  }
}
