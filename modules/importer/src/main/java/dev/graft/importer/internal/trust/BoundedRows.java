package dev.graft.importer.internal.trust;

import com.google.protobuf.ByteString;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
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
    return AddedNodes.in(graph, OP, BoundedRows::bound);
  }

  private static void bound(NodeDef.Builder node, AddedNodes within) {
    if (!isPlain(node)) {
      return; // one that is not plain needs trust
    }
    List<String> types = types(node);
    for (int i = types.get(0).equals(ROWS) ? 1 : 0; i < types.size(); i++) {
      if (!isBounded(node, i, within)) {
        String from = node.getInput(BEFORE + i);
        NodeChain chain = within.chain(node, node.getName() + "/bounded_" + i, from);
        node.setInput(BEFORE + i, new RowBounds(node, chain).end(bound(types, i)));
        within.add(chain);
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

  /** Whether what it reads are such bounds already: those of a model that Graft wrote. */
  private static boolean isBounded(NodeDefOrBuilder node, int partition, AddedNodes within) {
    String input = node.getInput(BEFORE + partition);
    String name = JudgedScope.node(input);
    NodeDef flat = within.find(name + "/flat");
    if (flat == null || flat.getInputCount() == 0) {
      return false;
    }
    NodeChain chain = within.named(node, name, flat.getInput(0));
    String end = new RowBounds(node, chain).end(bound(types(node), partition));
    return end.equals(input) && within.has(chain);
  }

  /** The op reads its values by the last of its partitions; by the others it reads that. */
  private static RowBounds.Bound bound(List<String> types, int partition) {
    if (partition < types.size() - 1) {
      return RowBounds.Bound.NONE;
    }
    return types.get(partition).equals(SPLITS) ? RowBounds.Bound.VALUES : RowBounds.Bound.LENGTH;
  }
}
