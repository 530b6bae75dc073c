package dev.graft.trainer.internal.boxes;

import dev.graft.data.boxes.BoxSet;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.ShapeInference;
import dev.graft.tensor.Shape;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * What the cells of a map should answer, in the graph: how near each is to the centre of a box of
 * each label, and which box it belongs to. Both come of one spot around the centre of each box, a
 * Gaussian as large as a little more than half of it, as in TTFNet (arXiv 1909.00700).
 */
final class BoxTargets {

  private static final float SPOT = 0.54f; // of the box along each side
  private static final float FAR = 1e30f;

  private final Scope g;
  private final TensorRef rows;
  private final TensorRef columns;
  private final TensorRef left;
  private final TensorRef top;
  private final TensorRef right;
  private final TensorRef bottom;
  private final TensorRef label; // int32 [N, most]
  private final TensorRef counts; // 1 for a box to be learned, 0 for padding and crowds
  private final TensorRef area;
  private final TensorRef down; // [N, most, rows]
  private final TensorRef across; // [N, most, columns]
  private final TensorRef spots; // their product, [N, most, rows, columns]

  /** How many rows and columns a map has, int32. */
  record Size(TensorRef rows, TensorRef columns) {

    /**
     * That of {@code map}: numbers where they are known before it is computed, so that what should
     * be answered need not wait for it.
     */
    static Size of(Scope g, TensorRef map) {
      Shape known = ShapeInference.of(g.editor().build()).shape(map);
      TensorRef shape = g.add("Shape", map);
      return new Size(side(g, known, shape, 1), side(g, known, shape, 2));
    }

    private static TensorRef side(Scope g, Shape known, TensorRef shape, int dim) {
      boolean isKnown = known.hasRank() && known.dim(dim) != Shape.UNKNOWN;
      return isKnown ? g.scalar((int) known.dim(dim)) : g.at(shape, dim);
    }
  }

  /**
   * Adds them.
   *
   * @param map how many rows and columns of cells there are
   * @param padded as {@link BoxSet#dataset} has them, [N, most, columns]
   * @param count how many each picture has, [N]
   */
  BoxTargets(Scope g, Size map, TensorRef padded, TensorRef count) {
    this.g = g;
    TensorRef boxes = asManyAsThereAre(padded, count);
    this.rows = map.rows();
    this.columns = map.columns();
    TensorRef height = number(rows);
    TensorRef width = number(columns);
    this.left = g.add("Mul", column(boxes, BoxSet.Column.LEFT), width);
    this.top = g.add("Mul", column(boxes, BoxSet.Column.TOP), height);
    this.right = g.add("Mul", column(boxes, BoxSet.Column.RIGHT), width);
    this.bottom = g.add("Mul", column(boxes, BoxSet.Column.BOTTOM), height);
    this.label = g.cast(column(boxes, BoxSet.Column.LABEL), DataType.DT_INT32);
    TensorRef order = g.add("Range", g.scalar(0), g.at(g.add("Shape", boxes), 1), g.scalar(1));
    TensorRef own = number(g.add("Less", order, g.add("ExpandDims", count, g.scalar(1))));
    TensorRef crowd = column(boxes, BoxSet.Column.CROWD);
    this.counts = g.add("Mul", own, g.add("Sub", g.scalar(1f), crowd));
    TensorRef high = g.add("Sub", bottom, top);
    TensorRef wide = g.add("Sub", right, left);
    this.area = g.add("Mul", high, wide);
    TensorRef counted = g.add("ExpandDims", counts, g.scalar(2));
    this.down = g.add("Mul", spot(top, bottom, high, rows), counted);
    this.across = spot(left, right, wide, columns);
    this.spots =
        g.add(
            "Mul",
            g.add("ExpandDims", down, g.scalar(3)),
            g.add("ExpandDims", across, g.scalar(2)));
  }

  /** Without the padding that all pictures of the batch have: others may have many more boxes. */
  private TensorRef asManyAsThereAre(TensorRef padded, TensorRef count) {
    TensorRef most = g.add("Maximum", g.add("Max", count, g.ints(0)), g.scalar(1));
    return g.add("Slice", padded, g.ints(0, 0, 0), pack(g.scalar(-1), most, g.scalar(-1)));
  }

  /** How near each cell is to a centre of each label, [N, rows, columns, labels]; 1 is there. */
  TensorRef centres(int labels) {
    TensorRef shape = g.add("Shape", spots);
    TensorRef examples = g.at(shape, 0);
    TensorRef example =
        g.add("ExpandDims", g.add("Range", g.scalar(0), examples, g.scalar(1)), g.scalar(1));
    TensorRef segment = g.add("AddV2", g.add("Mul", example, g.scalar(labels)), label);
    TensorRef kept =
        g.add("SelectV2", g.add("Greater", counts, g.scalar(0f)), segment, g.scalar(-1));
    TensorRef cells = g.add("Mul", rows, columns);
    TensorRef flat = g.add("Reshape", spots, pack(g.scalar(-1), cells));
    TensorRef most =
        g.add(
            "UnsortedSegmentMax",
            flat,
            g.add("Reshape", kept, g.ints(-1)),
            g.add("Mul", examples, g.scalar(labels)));
    TensorRef maps =
        g.add(
            "Reshape",
            g.add("Maximum", most, g.scalar(0f)),
            pack(examples, g.scalar(labels), rows, columns));
    return g.add("Transpose", maps, g.ints(0, 2, 3, 1));
  }

  /**
   * Which box each cell belongs to: that with a spot on it, of several the smallest.
   *
   * @param box [N, rows, columns, 4]: left, top, right and bottom in cells
   * @param weight [N, rows, columns]: how much it counts; all cells of a box together as the
   *     logarithm of its area in pixels
   * @param x where the middles of the columns are, [columns]
   * @param y where those of the rows are, [rows, 1]
   */
  record Assigned(TensorRef box, TensorRef weight, TensorRef x, TensorRef y) {}

  /** Adds it, for cells that are {@code cell} pixels wide. */
  Assigned assigned(int cell) {
    TensorRef sizes =
        g.add("SelectV2", g.add("Greater", spots, g.scalar(0f)), overMap(area), g.scalar(FAR));
    TensorRef smallest =
        g.op("ArgMin")
            .input(sizes)
            .input(g.scalar(1))
            .attr("output_type", DataType.DT_INT32)
            .output();
    TensorRef all = pack(g.scalar(-1), g.add("Mul", rows, columns));
    TensorRef chosen = g.add("Reshape", smallest, all); // gathered: a product with each box is dear
    TensorRef corners =
        g.op("Pack").inputs(List.of(left, top, right, bottom)).attr("axis", -1).output();
    TensorRef box = ofEach(corners, chosen);
    TensorRef weight = g.add("Mul", near(chosen), ofEach(shares(cell), chosen));
    return new Assigned(
        g.add("Reshape", box, pack(g.scalar(-1), rows, columns, g.scalar(4))),
        g.add("Reshape", weight, pack(g.scalar(-1), rows, columns)),
        middles(columns),
        g.add("ExpandDims", middles(rows), g.scalar(1)));
  }

  /** The middles of cells along a side. */
  private TensorRef middles(TensorRef cells) {
    TensorRef each = number(g.add("Range", g.scalar(0), cells, g.scalar(1)));
    return g.add("AddV2", each, g.scalar(0.5f));
  }

  /** What the height of its spot is multiplied by for the weight of a cell, [N, most]. */
  private TensorRef shares(int cell) {
    TensorRef pixels = g.add("Mul", area, g.scalar((float) cell * cell));
    TensorRef worth = g.add("Log", g.add("Maximum", pixels, g.scalar((float) Math.E)));
    TensorRef sum = g.add("Mul", g.add("Sum", down, g.ints(2)), g.add("Sum", across, g.ints(2)));
    return g.add("RealDiv", worth, g.add("Maximum", sum, g.scalar(1e-6f)));
  }

  /** How high the spot of the box chosen for each cell is there, [N, cells]. */
  private TensorRef near(TensorRef chosen) {
    TensorRef cells = g.add("Mul", rows, columns);
    TensorRef each = g.add("Range", g.scalar(0), cells, g.scalar(1));
    TensorRef at = g.add("AddV2", g.add("Mul", chosen, cells), each);
    return ofEach(g.add("Reshape", spots, pack(g.at(g.add("Shape", spots), 0), g.scalar(-1))), at);
  }

  /** The rows of each picture's own table, [N, cells, ...] from [N, entries, ...]. */
  private TensorRef ofEach(TensorRef table, TensorRef entries) {
    return g.op("GatherV2")
        .input(table)
        .input(entries)
        .input(g.scalar(1))
        .attr("batch_dims", 1)
        .output();
  }

  /** exp(-d^2 / 2 sigma^2) along one side, zero beyond the spot: [N, most, cells]. */
  private TensorRef spot(TensorRef from, TensorRef to, TensorRef size, TensorRef cells) {
    TensorRef middle = g.add("Mul", g.add("AddV2", from, to), g.scalar(0.5f));
    TensorRef last = number(g.add("Sub", cells, g.scalar(1)));
    TensorRef cell = g.add("Minimum", g.add("Floor", middle), last);
    TensorRef radius = g.add("Floor", g.add("Mul", size, g.scalar(SPOT / 2)));
    TensorRef sigma =
        g.add(
            "RealDiv", g.add("AddV2", g.add("AddV2", radius, radius), g.scalar(1f)), g.scalar(6f));
    TensorRef all = number(g.add("Range", g.scalar(0), cells, g.scalar(1)));
    TensorRef off = g.add("Sub", all, g.add("ExpandDims", cell, g.scalar(2)));
    TensorRef share = g.add("RealDiv", off, g.add("ExpandDims", sigma, g.scalar(2)));
    TensorRef height = g.add("Exp", g.add("Mul", g.add("Square", share), g.scalar(-0.5f)));
    TensorRef near =
        g.add("LessEqual", g.add("Abs", off), g.add("ExpandDims", radius, g.scalar(2)));
    return g.add("Mul", height, number(near));
  }

  /** [N, most] as [N, most, 1, 1]. */
  private TensorRef overMap(TensorRef each) {
    return g.add("ExpandDims", g.add("ExpandDims", each, g.scalar(2)), g.scalar(3));
  }

  private TensorRef column(TensorRef boxes, BoxSet.Column column) {
    return g.add("GatherV2", boxes, g.scalar(column.ordinal()), g.scalar(-1));
  }

  private TensorRef pack(TensorRef... numbers) {
    return g.addList("Pack", List.of(numbers));
  }

  private TensorRef number(TensorRef tensor) {
    return g.cast(tensor, DataType.DT_FLOAT);
  }
}
