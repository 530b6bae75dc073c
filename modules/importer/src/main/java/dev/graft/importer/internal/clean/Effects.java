package dev.graft.importer.internal.clean;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.importer.internal.trust.MachineOps;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * Which nodes of a graph do more than compute their outputs. TensorFlow calls many ops stateful of
 * which the order does not matter, first of all the reads of variables that nobody writes; Keras
 * makes every result wait for all of them, and such waiting would tie each layer to all others.
 */
public final class Effects {

  /** Ops that only look, or whose state is theirs alone. */
  private static final Set<String> HARMLESS =
      Set.of(
          "VarHandleOp",
          "_VarHandlesOp",
          "VariableV2",
          "Variable",
          "VarIsInitializedOp",
          "IsVariableInitialized",
          "VariableShape",
          "HashTable",
          "HashTableV2",
          "MutableHashTable",
          "MutableHashTableV2",
          "MutableDenseHashTable",
          "MutableDenseHashTableV2",
          "MutableHashTableOfTensors",
          "MutableHashTableOfTensorsV2",
          "AnonymousHashTable",
          "AnonymousMutableHashTable",
          "LookupTableFind",
          "LookupTableFindV2",
          "LookupTableSize",
          "LookupTableSizeV2",
          "LookupTableExport",
          "LookupTableExportV2",
          "StatefulPartitionedCall",
          "Multinomial",
          "ParameterizedTruncatedNormal",
          "RandomGamma",
          "RandomPoisson",
          "RandomPoissonV2",
          "RandomShuffle",
          "RandomStandardNormal",
          "RandomUniform",
          "RandomUniformInt",
          "StatefulStandardNormal",
          "TruncatedNormal",
          "SampleDistortedBoundingBox",
          "SampleDistortedBoundingBoxV2",
          "RandomCrop");

  private static final Set<String> READS =
      Set.of("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "_ReadVariablesOp");

  /** They fill what is read later, once, before anything else runs. */
  private static final Set<String> FILLS =
      Set.of(
          "InitializeTable",
          "InitializeTableV2",
          "InitializeTableFromDataset",
          "InitializeTableFromTextFile",
          "InitializeTableFromTextFileV2");

  /** Ops that fail on purpose. */
  private static final Set<String> CHECKS = Set.of("CheckNumerics", "CheckNumericsV2");

  private final Graph graph;
  private final Map<String, Boolean> functions = new HashMap<>();
  private final Map<String, String> holders = new HashMap<>(); // of what an Identity hands on
  private final Set<String> written = new HashSet<>();
  private final Set<String> ordered = new HashSet<>();

  public Effects(Graph graph) {
    this.graph = graph;
    List<NodeDef> topological = graph.topological();
    for (NodeDef node : topological) {
      if (node.getOp().equals("Identity") && node.getInputCount() > 0) {
        holders.put(node.getName(), holder(Nodes.dataInput(node, 0)));
      }
    }
    for (NodeDef node : topological) {
      if (!FILLS.contains(node.getOp()) && hasEffect(node)) {
        memories(node).forEach(written::add);
      }
    }
    for (NodeDef node : topological) {
      // a branch, a loop or a look-up reads as a plain read does
      boolean matters = hasEffect(node) || memories(node).stream().anyMatch(written::contains);
      for (int i = 0; !matters && i < node.getInputCount(); i++) {
        matters = ordered.contains(Nodes.producer(node.getInput(i)));
      }
      if (matters) {
        ordered.add(node.getName());
      }
    }
  }

  /** The nodes that hold the variables, tables and the like that {@code node} is given. */
  private List<String> memories(NodeDef node) {
    List<String> memories = new ArrayList<>();
    for (TensorRef input : Nodes.dataInputs(node)) {
      String holder = holder(input);
      if (isMemory(graph.node(holder))) {
        memories.add(holder);
      }
    }
    return memories;
  }

  private static boolean isMemory(NodeDef holder) {
    Optional<OpDef> op = OpRegistry.standard().find(holder.getOp());
    return op.isPresent()
        && (op.get().getOutputArgList().stream().anyMatch(OpDef.ArgDef::getIsRef)
            || OpRegistry.standard().outputTypes(holder).contains(DataType.DT_RESOURCE));
  }

  /** Whether {@code node} is given a reference, and not only to hand it on. */
  private static boolean writesReference(NodeDef node) {
    return !node.getOp().startsWith("Ref")
        && OpRegistry.standard()
            .find(node.getOp())
            .filter(op -> op.getInputArgList().stream().anyMatch(OpDef.ArgDef::getIsRef))
            .isPresent();
  }

  /** The node that holds what arrives at {@code tensor}. */
  private String holder(TensorRef tensor) {
    return holders.getOrDefault(tensor.node(), tensor.node());
  }

  private boolean hasEffect(NodeDef node) {
    if (CHECKS.contains(node.getOp()) || MachineOps.kind(node).isPresent()) {
      return true;
    }
    if (HARMLESS.contains(node.getOp()) || READS.contains(node.getOp())) {
      return false;
    }
    if (!OpRegistry.standard().isStateful(node) && !writesReference(node)) {
      return false;
    }
    List<String> called = called(node);
    return called.isEmpty() || called.stream().anyMatch(this::hasEffect);
  }

  private boolean hasEffect(String name) {
    Boolean known = functions.get(name);
    if (known != null) {
      return known;
    }
    functions.put(name, true); // should it call itself
    FunctionDef function = graph.functions().get(name);
    boolean effect =
        function == null || function.getNodeDefList().stream().anyMatch(this::hasEffect);
    functions.put(name, effect);
    return effect;
  }

  private static List<String> called(NodeDef node) {
    return switch (node.getOp()) {
      case "While", "If", "Case" ->
          node.getAttrMap().values().stream().flatMap(Effects::names).toList();
      default -> List.of();
    };
  }

  private static Stream<String> names(AttrValue attr) {
    return attr.hasFunc()
        ? Stream.of(attr.getFunc().getName())
        : attr.getList().getFuncList().stream().map(f -> f.getName());
  }

  /** Whether it matters when {@code node} runs: it has an effect, or something before it has. */
  public boolean isOrdered(String node) {
    return ordered.contains(node);
  }

  /** The nodes that have to run for {@code roots} and of which it matters that they do. */
  public Set<String> orderedUpstream(Collection<String> roots) {
    Set<String> upstream = new HashSet<>(graph.upstream(roots));
    upstream.retainAll(ordered);
    return upstream;
  }

  /**
   * {@code node} without waiting for nodes of which the order does not matter. The loops and
   * branches of TF1 are left alone: there control edges also say which iteration a node is in.
   */
  NodeDef withoutIdleWaits(NodeDef node) {
    boolean idle = false;
    for (String input : node.getInputList()) {
      idle |= Nodes.isControl(input) && !ordered.contains(input.substring(1));
    }
    if (!idle) {
      return node;
    }
    NodeDef.Builder copy = node.toBuilder().clearInput();
    for (String input : node.getInputList()) {
      if (!Nodes.isControl(input) || ordered.contains(input.substring(1))) {
        copy.addInput(input);
      }
    }
    return copy.build();
  }

  /** Whether the graph has TF1's own loops or branches. */
  boolean hasOldControlFlow() {
    return graph.nodes().stream()
        .anyMatch(
            node -> Set.of("Switch", "RefSwitch", "Enter", "RefEnter").contains(node.getOp()));
  }
}
