package dev.graft.importer.internal.trust;

import dev.graft.graph.Attrs;
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
 *
 * <p>TensorFlow's optimiser takes {@code Shape}, {@code Size} and a {@code Reshape} that changes
 * nothing for what the graph claims of a shape, and a graph can claim any. So the values are
 * counted as a list of them is, and {@code ListDiff}, of which the optimiser knows no shape, takes
 * only a vector.
 */
final class RowBounds {

  /** What of the vector the number of the values' rows bounds. */
  enum Bound {
    NONE,
    VALUES,
    LENGTH
  }

  private final NodeDefOrBuilder op;
  private final NodeChain chain;

  /** Those for a tensor of {@code op}. */
  RowBounds(NodeDefOrBuilder op, NodeChain chain) {
    this.op = op;
    this.chain = chain;
  }

  /** Makes them; returns what the op is to read. */
  String end(Bound bound) {
    AttrValue index = op.getAttrOrThrow("Tindex");
    String flat =
        add("flat", "ListDiff", "out", chain.from(), constant("none", index.getType(), 0, 0));
    String count = add("count", "Size", "output", flat);
    String falling = add("falling", "TopKV2", "values", flat, count);
    String axis = constant("axis", DataType.DT_INT32, 0, 1);
    String rows = add("rising", "ReverseV2", "output", falling, axis);
    if (bound == Bound.VALUES) {
      rows = add("within", "Minimum", "z", rows, all());
    } else if (bound == Bound.LENGTH) {
      String one = constant("one", index.getType(), 1, 1);
      String end = add("end", "Reshape", "output", all(), one);
      String first = constant("first", index.getType(), 0, 1);
      rows = add("within", "StridedSlice", "output", rows, first, end, one);
    }
    return add("", "Maximum", "z", rows, constant("least", index.getType(), 0, 1));
  }

  /** How many rows the op's values have. */
  private String all() {
    String any = constant("any", DataType.DT_INT32, -1);
    String list = add("list", "TensorListFromTensor", "output_handle", op.getInput(1), any);
    String all = add("all", "TensorListLength", "length", list);
    boolean wide = op.getAttrOrThrow("Tindex").getType() == DataType.DT_INT64;
    return wide ? add("wide", "Cast", "y", all) : all;
  }

  private String add(String part, String type, String output, String... inputs) {
    NodeDef.Builder node = chain.start(part, type).addAllInput(List.of(inputs));
    AttrValue index = op.getAttrOrThrow("Tindex");
    switch (type) { // as Graft writes attributes: none at its default
      case "TensorListFromTensor" ->
          node.putAttr("element_dtype", op.getAttrOrDefault("T", AttrValue.getDefaultInstance()))
              .putAttr("shape_type", Attrs.of(DataType.DT_INT32));
      case "TensorListLength" -> {}
      case "Cast" -> node.putAttr("SrcT", Attrs.of(DataType.DT_INT32)).putAttr("DstT", index);
      case "StridedSlice" -> node.putAttr("T", index).putAttr("Index", index);
      case "Reshape" -> {
        node.putAttr("T", index);
        if (index.getType() != DataType.DT_INT32) {
          node.putAttr("Tshape", index);
        }
      }
      default -> node.putAttr("T", index);
    }
    return chain.add(node, output);
  }

  /** A constant of such sizes in which every number is {@code value}. */
  private String constant(String part, DataType dtype, int value, int... sizes) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setDtype(dtype);
    TensorShapeProto.Builder shape = tensor.getTensorShapeBuilder();
    boolean some = true;
    for (int size : sizes) {
      shape.addDimBuilder().setSize(size);
      some &= size > 0;
    }
    if (some && dtype == DataType.DT_INT32) {
      tensor.addIntVal(value);
    } else if (some) {
      tensor.addInt64Val(value);
    }
    return chain.constant(part, tensor.build());
  }
}
