package dev.graft.importer.internal.trust;

import dev.graft.graph.Attrs;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.NodeDefOrBuilder;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

/**
 * The nodes between a tensor that says where rows lie and a {@code RaggedTensorToTensor} that
 * believes it. They give that tensor as a vector that rises from 0 or more, and none that leads
 * behind the op's values.
 */
final class RowBounds {

  /** What of the vector the number of the values' rows bounds. */
  enum Bound {
    NONE,
    VALUES,
    LENGTH
  }

  private final List<NodeDef> nodes = new ArrayList<>();
  private final NodeDefOrBuilder op;
  private final String name;
  private final String from;
  private final boolean inGraph;

  /**
   * Those for a tensor of {@code op}.
   *
   * @param name the last one's name; the others are called after it
   * @param from the tensor, as the op reads it
   * @param inGraph whether the op stands in a graph, not in a function
   */
  RowBounds(NodeDefOrBuilder op, String name, String from, boolean inGraph) {
    this.op = op;
    this.name = name;
    this.from = from;
    this.inGraph = inGraph;
  }

  /** Makes them; returns what the op is to read. */
  String end(Bound bound) {
    AttrValue index = op.getAttrOrThrow("Tindex");
    String flat = add("flat", "Reshape", "output", from, number("any", DataType.DT_INT32, -1));
    String count = add("count", "Size", "output", flat);
    String falling = add("falling", "TopKV2", "values", flat, count);
    String rows =
        add("rising", "ReverseV2", "output", falling, number("axis", DataType.DT_INT32, 0));
    if (bound != Bound.NONE) {
      String first = number("first", index.getType(), 0);
      String one = number("one", index.getType(), 1);
      String shape = add("shape", "Shape", "output", op.getInput(1));
      String all = add("all", "Slice", "output", shape, first, one);
      rows =
          bound == Bound.VALUES
              ? add("within", "Minimum", "z", rows, all)
              : add("within", "StridedSlice", "output", rows, first, all, one);
    }
    return add("", "Maximum", "z", rows, number("least", index.getType(), 0));
  }

  List<NodeDef> nodes() {
    return nodes;
  }

  private String add(String part, String type, String output, String... inputs) {
    NodeDef.Builder node = start(part, type).addAllInput(List.of(inputs));
    AttrValue index = op.getAttrOrThrow("Tindex");
    boolean ofValues = type.equals("Shape");
    node.putAttr("T", ofValues ? op.getAttrOrDefault("T", AttrValue.getDefaultInstance()) : index);
    switch (type) {
      case "Shape" -> putUnlessInt(node, "out_type", index);
      case "Slice", "StridedSlice" -> node.putAttr("Index", index);
      default -> {}
    }
    nodes.add(node.build());
    return inGraph ? node.getName() : node.getName() + ":" + output + ":0";
  }

  /** As Graft writes attributes: none at its default. */
  private static void putUnlessInt(NodeDef.Builder node, String attr, AttrValue type) {
    if (type.getType() != DataType.DT_INT32) {
      node.putAttr(attr, type);
    }
  }

  /** A vector of one number. */
  private String number(String part, DataType dtype, int value) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setDtype(dtype)
            .setTensorShape(
                TensorShapeProto.newBuilder().addDim(TensorShapeProto.Dim.newBuilder().setSize(1)));
    if (dtype == DataType.DT_INT32) {
      tensor.addIntVal(value);
    } else {
      tensor.addInt64Val(value);
    }
    NodeDef.Builder node =
        start(part, "Const")
            .putAttr("dtype", Attrs.of(dtype))
            .putAttr("value", Attrs.of(tensor.build()));
    if (inGraph) {
      node.addInput("^" + from.split(":", 2)[0]); // in a loop a constant is of that loop only so
    }
    nodes.add(node.build());
    return inGraph ? node.getName() : node.getName() + ":output:0";
  }

  private NodeDef.Builder start(String part, String type) {
    return NodeDef.newBuilder()
        .setName(part.isEmpty() ? name : name + "/" + part)
        .setOp(type)
        .setDevice(op.getDevice());
  }
}
