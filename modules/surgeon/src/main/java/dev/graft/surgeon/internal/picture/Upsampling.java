package dev.graft.surgeon.internal.picture;

import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.surgeon.internal.analysis.Constants;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * How feature maps that a decoder enlarges follow the size of the pictures. Keras writes the size
 * that they get into the graph as a constant wherever it knows it; such a constant gets the new
 * size, or is a reason to refuse.
 */
final class Upsampling {

  private static final Extent LOOSE = new Extent.Loose();

  private final Graph graph;
  private final Constants constants;
  private final SpatialExtents.Rewriter rewriter;
  private final BiFunction<NodeDef, String, BadRequestException> refusal;
  private final Map<String, String> classes = new HashMap<>(); // by the node of a layer's output

  /**
   * Those of {@code model}.
   *
   * @param refusal of a node that was made for one size of the pictures, for which reason
   */
  Upsampling(
      Model model,
      Constants constants,
      SpatialExtents.Rewriter rewriter,
      BiFunction<NodeDef, String, BadRequestException> refusal) {
    this.refusal = refusal;
    this.graph = model.graph();
    this.constants = constants;
    this.rewriter = rewriter;
    model
        .allLayers()
        .forEach(
            layer -> layer.outputs().forEach(out -> classes.put(out.node(), layer.className())));
  }

  /**
   * After one of the ops that resize.
   *
   * @param first what is resized
   * @param pixels whether that is the picture itself, which is brought to a size of its own choice
   * @return null if the result has the same size at any size of the pictures
   * @throws BadRequestException if the graph says a size that does not follow from that of {@code
   *     first}
   */
  @Nullable Extent resized(NodeDef node, @Nullable Extent first, boolean pixels) {
    long[] size = constants.shape(Nodes.dataInput(node, 1));
    if (size == null || size.length != 2 || (size[0] < 0 && size[1] < 0)) {
      return LOOSE;
    }
    String type = layerClass(node);
    if (type.equals("Resizing") || pixels && !type.equals("UpSampling2D")) {
      return null;
    }
    if (first instanceof Extent.Grid grid
        && isMultiple(size[0], grid.oldHeight())
        && isMultiple(size[1], grid.oldWidth())) {
      long height = size[0] / grid.oldHeight() * grid.height();
      long width = size[1] / grid.oldWidth() * grid.width();
      rewriter.shape(node, 1, 0, height);
      rewriter.shape(node, 1, 1, width);
      return new Extent.Grid(size[0], size[1], height, width);
    }
    throw refusal.apply(node, "brings features to the fixed size " + words(size[0], size[1]));
  }

  private static boolean isMultiple(long size, long of) {
    return size > 0 && of > 0 && size % of == 0;
  }

  private static String words(long height, long width) {
    return (height < 0 ? "?" : height) + "x" + (width < 0 ? "?" : width);
  }

  /** The class of the layer whose output {@code node} is, before a change of dtype; or empty. */
  private String layerClass(NodeDef node) {
    String at = node.getName();
    while (!classes.containsKey(at)) {
      List<String> readers = graph.consumers(at);
      if (readers.size() != 1
          || !List.of("Cast", "Identity").contains(graph.node(readers.get(0)).getOp())) {
        return "";
      }
      at = readers.get(0);
    }
    return classes.getOrDefault(at, "");
  }

  /**
   * After a transposed convolution, which is told the size that it gives.
   *
   * @param features what it reads
   * @throws BadRequestException if that size does not follow from the size of {@code features}
   */
  Extent transposed(NodeDef node, @Nullable Extent features) {
    long[] size = constants.shape(Nodes.dataInput(node, 0));
    if (size == null || size.length != 4 || (size[1] < 0 && size[2] < 0)) {
      return LOOSE;
    }
    long[] strides = Windows.list(node, "strides");
    boolean known = size[1] > 0 && size[2] > 0 && strides.length == 4;
    if (!known
        || !Windows.isRowsThenColumns(node)
        || !(features instanceof Extent.Grid grid)
        || grid.oldHeight() < 0
        || grid.oldWidth() < 0) {
      throw refusal.apply(
          node, "gives the fixed size " + words(size[1], size[2]) + " (a transposed convolution)");
    }
    // with either padding one position more is a stride more of what comes out
    long height = size[1] + (grid.height() - grid.oldHeight()) * strides[1];
    long width = size[2] + (grid.width() - grid.oldWidth()) * strides[2];
    rewriter.shape(node, 0, 1, height);
    rewriter.shape(node, 0, 2, width);
    return new Extent.Grid(size[1], size[2], height, width);
  }

  /** After each position was spread over a square of positions. */
  static Extent spread(NodeDef node, @Nullable Extent first) {
    if (!(first instanceof Extent.Grid grid) || !Windows.isRowsThenColumns(node)) {
      return LOOSE;
    }
    long block = node.getAttrOrThrow("block_size").getI();
    return times(grid, block, block);
  }

  /**
   * After the last op of a repetition of each row, or each column, as Keras 3 writes the nearest
   * neighbour; null if {@code reshape} is no such op.
   */
  @Nullable Extent repeated(NodeDef reshape, Map<TensorRef, Extent> extents) {
    NodeDef tile = graph.node(Nodes.dataInput(reshape, 0).node());
    if (!tile.getOp().equals("Tile")) {
      return null;
    }
    NodeDef expand = graph.node(Nodes.dataInput(tile, 0).node());
    long[] times = constants.shape(Nodes.dataInput(tile, 1));
    if (!expand.getOp().equals("ExpandDims") || times == null || times.length != 5) {
      return null;
    }
    double[] axis = constants.of(Nodes.dataInput(expand, 1));
    if (axis == null || !(extents.get(Nodes.dataInput(expand, 0)) instanceof Extent.Grid grid)) {
      return null;
    }
    int at = (int) (axis[0] < 0 ? axis[0] + 5 : axis[0]);
    if ((at != 2 && at != 3) || times[at] < 1) {
      return null;
    }
    return at == 2 ? times(grid, times[2], 1) : times(grid, 1, times[3]);
  }

  private static Extent times(Extent.Grid grid, long rows, long columns) {
    return new Extent.Grid(
        grid.oldHeight() < 0 ? -1 : grid.oldHeight() * rows,
        grid.oldWidth() < 0 ? -1 : grid.oldWidth() * columns,
        grid.height() * rows,
        grid.width() * columns);
  }
}
