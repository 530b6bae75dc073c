package dev.graft.surgeon.internal.picture;

import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.Shape;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/** Counts the positions of a window that slides over a picture, as TensorFlow counts them. */
final class Windows {

  private Windows() {}

  /** What a window of this size leaves of {@code grid}, at both sizes. */
  static Extent over(NodeDef node, Extent.Grid grid, long height, long width) {
    String padding = padding(node);
    long[] strides = list(node, "strides");
    if (padding.equals("EXPLICIT") || strides.length != 4) {
      return new Extent.Loose();
    }
    boolean same = padding.equals("SAME");
    return new Extent.Grid(
        positions(grid.oldHeight(), height, strides[1], same),
        positions(grid.oldWidth(), width, strides[2], same),
        positions(grid.height(), height, strides[1], same),
        positions(grid.width(), width, strides[2], same));
  }

  private static long positions(long size, long window, long stride, boolean same) {
    if (size < 0) {
      return Shape.UNKNOWN;
    }
    return same ? (size + stride - 1) / stride : Math.max(0, (size - window + stride) / stride);
  }

  static boolean isRowsThenColumns(NodeDef node) {
    AttrValue format = OpRegistry.standard().attr(node, "data_format");
    return format == null || format.getS().toStringUtf8().equals("NHWC");
  }

  static String padding(NodeDef node) {
    return node.getAttrOrDefault("padding", AttrValue.getDefaultInstance()).getS().toStringUtf8();
  }

  /** An attribute that lists whole numbers; empty if there is none. */
  static long[] list(NodeDef node, String name) {
    AttrValue value = OpRegistry.standard().attr(node, name);
    return value == null
        ? new long[0]
        : value.getList().getIList().stream().mapToLong(Long::longValue).toArray();
  }
}
