package dev.graft.importer.internal.weights;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSetMultimap;
import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionInliner;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SaverDef;

/**
 * What the SavedModel's own restore op does: the truth about which tensor of the checkpoint goes
 * where, in all vintages.
 *
 * @param variables what goes into a variable, by the node that holds it
 * @param imports other nodes that take tensors of the checkpoint, such as {@code
 *     LookupTableImportV2}
 * @param whole the keys of what goes into a variable as it is in the checkpoint, by the node that
 *     holds it; an empty one for what is not, or not from there
 */
public record Restoration(
    ImmutableMap<String, Saved> variables,
    ImmutableList<Import> imports,
    ImmutableSetMultimap<String, String> whole) {

  private static final int MAX_HOPS =
      1_000; // through nodes that hand on; real ones are two or three

  private static final Restoration NONE =
      new Restoration(ImmutableMap.of(), ImmutableList.of(), ImmutableSetMultimap.of());

  /**
   * A tensor of the checkpoint, or part of one.
   *
   * @param key its key
   * @param slice the part, empty for the whole
   */
  record Saved(String key, String slice) {}

  /**
   * A node that takes tensors of the checkpoint.
   *
   * @param node the node
   * @param inputs what it reads: the checkpoint's, or another node of the graph's where empty
   */
  record Import(NodeDef node, ImmutableList<Optional<Saved>> inputs) {}

  /** Follows the restore op of {@code saver} in {@code raw}. */
  public static Restoration of(SaverDef saver, Graph raw) {
    String op = saver.getRestoreOpName();
    if (op.isEmpty() || !raw.contains(TensorRef.parse(op).node())) {
      return NONE;
    }
    String root = TensorRef.parse(op).node();
    Graph graph = FunctionInliner.flatten(raw.keepUpstreamOf(List.of(root)), Set.of(root)).graph();
    ImmutableMap.Builder<String, Saved> variables = ImmutableMap.builder();
    ImmutableList.Builder<Import> imports = ImmutableList.builder();
    ImmutableSetMultimap.Builder<String, String> whole = ImmutableSetMultimap.builder();
    for (NodeDef node : graph.nodes()) {
      List<TensorRef> inputs = Nodes.dataInputs(node);
      boolean assigns = node.getOp().equals("AssignVariableOp") || node.getOp().equals("Assign");
      if (assigns && inputs.size() == 2) {
        saved(graph, inputs.get(1))
            .ifPresent(value -> variables.put(source(graph, inputs.get(0)).node(), value));
        whole.put(source(graph, inputs.get(0)).node(), whole(graph, inputs.get(1)));
      } else if (OpRegistry.standard().isStateful(node)) {
        ImmutableList<Optional<Saved>> read =
            inputs.stream().map(i -> saved(graph, i)).collect(ImmutableList.toImmutableList());
        if (read.stream().anyMatch(Optional::isPresent)) {
          imports.add(new Import(node, read));
        }
      }
    }
    return new Restoration(variables.buildKeepingLast(), imports.build(), whole.build());
  }

  /** The key of the tensor of the checkpoint that arrives as it is; empty if none does. */
  private static String whole(Graph graph, TensorRef tensor) {
    NodeDef from = graph.find(handed(graph, tensor, Set.of("Identity")).node());
    return saved(graph, tensor)
        .filter(saved -> from != null && from.getOp().equals("RestoreV2")) // and not reshaped
        .filter(saved -> saved.slice().isEmpty())
        .map(Saved::key)
        .orElse("");
  }

  /**
   * Fails if {@code needed} has a variable whose value has to come from a checkpoint, since there
   * is none.
   */
  public void requireNone(Graph needed, Path folder) {
    for (String variable : variables.keySet()) {
      if (needed.contains(variable)) {
        Path index = folder.resolve("variables").resolve("variables.index");
        throw BadModelException.inFile(
            index.toString(),
            "'"
                + index
                + "' is missing, and the value of the variable '"
                + variable
                + "' with it: the weights of the model were not copied.",
            null);
      }
    }
  }

  /** The tensor of the checkpoint that arrives at {@code tensor}, if one does. */
  private static Optional<Saved> saved(Graph graph, TensorRef tensor) {
    TensorRef from = source(graph, tensor);
    NodeDef restore = graph.find(from.node());
    if (restore == null || !restore.getOp().equals("RestoreV2")) {
      return Optional.empty();
    }
    List<ByteString> keys = constant(graph, Nodes.dataInput(restore, 1));
    List<ByteString> slices = constant(graph, Nodes.dataInput(restore, 2));
    if (from.index() >= keys.size() || from.index() >= slices.size()) {
      return Optional.empty();
    }
    return Optional.of(
        new Saved(keys.get(from.index()).toStringUtf8(), slices.get(from.index()).toStringUtf8()));
  }

  private static List<ByteString> constant(Graph graph, TensorRef tensor) {
    NodeDef node = graph.node(source(graph, tensor).node());
    if (!node.getOp().equals("Const")) {
      return List.of();
    }
    TensorValue value = TensorValue.from(node.getAttrOrThrow("value").getTensor());
    return value.dtype() == DType.STRING ? value.strings() : List.of();
  }

  /** Where {@code tensor} comes from before it was only handed on or reshaped. */
  private static TensorRef source(Graph graph, TensorRef tensor) {
    return handed(graph, tensor, Set.of("Identity", "Reshape"));
  }

  private static TensorRef handed(Graph graph, TensorRef tensor, Set<String> by) {
    TensorRef at = tensor;
    for (int hops = 0; hops < MAX_HOPS; hops++) {
      NodeDef node = graph.find(at.node());
      if (node == null || !by.contains(node.getOp())) {
        break;
      }
      at = Nodes.dataInput(node, 0);
    }
    return at;
  }
}
