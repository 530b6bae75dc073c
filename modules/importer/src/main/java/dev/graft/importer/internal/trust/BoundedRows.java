package dev.graft.importer.internal.trust;

import com.google.protobuf.ByteString;
import dev.graft.graph.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;

/**
 * Puts bounds before {@code RaggedTensorToTensor}, which models of text need and whose kernel
 * believes how its rows lie: row splits beyond the values have it read behind them, row ids that
 * fall have it write behind its answer. What it is given is sorted and cut to the rows that there
 * are; where the rows lie as those of a ragged tensor do, that changes nothing.
 *
 * <p>What the kernel checks itself is in TensorFlow's {@code ragged_tensor_to_tensor_op.cc}.
 */
public final class BoundedRows {

  static final String OP = "RaggedTensorToTensor";

  private static final String SPLITS = "ROW_SPLITS";
  private static final String ROW_IDS = "VALUE_ROWIDS";
  private static final String ROWS = "FIRST_DIM_SIZE";

  /** Its inputs before the partitions: the shape, the values, the default value. */
  private static final int BEFORE = 3;

  private BoundedRows() {}

  /** Returns {@code graph} with such bounds, in its nodes and its functions. */
  public static GraphDef of(GraphDef graph) {
    GraphDef.Builder bounded = graph.toBuilder();
    bound(List.copyOf(bounded.getNodeBuilderList()), true, bounded::addNode);
    for (FunctionDef.Builder each : bounded.getLibraryBuilder().getFunctionBuilderList()) {
      bound(List.copyOf(each.getNodeDefBuilderList()), false, each::addNodeDef);
    }
    return bounded.build();
  }

  private static void bound(
      List<NodeDef.Builder> nodes, boolean inGraph, Consumer<NodeDef> addition) {
    Map<String, NodeDef> known = new HashMap<>();
    if (nodes.stream().anyMatch(node -> node.getOp().equals(OP))) {
      nodes.forEach(node -> known.put(node.getName(), node.build()));
    }
    for (NodeDef.Builder each : nodes) {
      if (!each.getOp().equals(OP) || !isPlain(each)) {
        continue; // one that is not plain needs trust
      }
      List<String> types = types(each);
      for (int i = types.get(0).equals(ROWS) ? 1 : 0; i < types.size(); i++) {
        String from = each.getInput(BEFORE + i);
        if (areBounded(each, i, inGraph, known)) {
          continue; // a model that Graft wrote
        }
        String name = Names.free(each.getName() + "/bounded_" + i, known::containsKey);
        RowBounds bounds = new RowBounds(each, name, from, inGraph);
        each.setInput(BEFORE + i, bounds.end(bound(types, i)));
        for (NodeDef bound : bounds.nodes()) {
          known.put(bound.getName(), bound);
          addition.accept(bound);
        }
      }
    }
  }

  /** Whether {@code node} says itself, for each of its partitions, how it tells where rows lie. */
  static boolean isPlain(NodeDefOrBuilder node) {
    List<String> types = types(node);
    long inputs = node.getInputList().stream().filter(input -> !input.startsWith("^")).count();
    DataType index = attr(node, "Tindex").getType();
    boolean plain =
        !types.isEmpty()
            && inputs == BEFORE + types.size()
            && attr(node, "num_row_partition_tensors").getI() == types.size()
            && (index == DataType.DT_INT32 || index == DataType.DT_INT64);
    for (int i = 0; i < types.size(); i++) {
      plain &=
          switch (types.get(i)) {
            case SPLITS -> true;
            case ROW_IDS -> i > 0;
            case ROWS -> i == 0 && types.size() > 1;
            default -> false;
          };
    }
    return plain;
  }

  private static List<String> types(NodeDefOrBuilder node) {
    return attr(node, "row_partition_types").getList().getSList().stream()
        .map(ByteString::toStringUtf8)
        .toList();
  }

  private static AttrValue attr(NodeDefOrBuilder node, String name) {
    return node.getAttrOrDefault(name, AttrValue.getDefaultInstance());
  }

  /** Whether what it reads are such bounds already, to the letter. */
  private static boolean areBounded(
      NodeDefOrBuilder node, int partition, boolean inGraph, Map<String, NodeDef> known) {
    String input = node.getInput(BEFORE + partition);
    String name = JudgedScope.node(input);
    NodeDef flat = known.get(name + "/flat");
    if (flat == null || flat.getInputCount() == 0) {
      return false;
    }
    RowBounds bounds = new RowBounds(node, name, flat.getInput(0), inGraph);
    return bounds.end(bound(types(node), partition)).equals(input)
        && bounds.nodes().stream().allMatch(each -> each.equals(known.get(each.getName())));
  }

  /** The op reads its values by the last of its partitions; by the others it reads that. */
  private static RowBounds.Bound bound(List<String> types, int partition) {
    if (partition < types.size() - 1) {
      return RowBounds.Bound.NONE;
    }
    return types.get(partition).equals(SPLITS) ? RowBounds.Bound.VALUES : RowBounds.Bound.LENGTH;
  }
}
