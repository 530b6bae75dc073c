package dev.graft.trainer.internal.boxes;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.BoxFormat;
import org.tensorflow.proto.DataType;

/** The two parts of the loss of boxes, for each picture. */
final class BoxLoss {

  private BoxLoss() {}

  /**
   * -[at (1 - p)^2 ln p + (1 - at) (1 - near)^4 p^2 ln(1 - p)], summed over cells and labels, where
   * {@code at} is 1 in the cell of a centre.
   */
  static TensorRef focal(Scope g, TensorRef logits, TensorRef near) {
    TensorRef one = g.scalar(1f);
    TensorRef at = g.cast(g.add("GreaterEqual", near, one), DataType.DT_FLOAT);
    TensorRef p = g.add("Sigmoid", logits);
    TensorRef not = g.add("Sigmoid", g.add("Neg", logits));
    TensorRef missed = g.add("Mul", g.add("Square", not), g.add("Softplus", g.add("Neg", logits)));
    TensorRef invented = g.add("Mul", g.add("Square", p), g.add("Softplus", logits));
    TensorRef far = g.add("Square", g.add("Square", g.add("Sub", one, near)));
    TensorRef each =
        g.add(
            "AddV2", g.add("Mul", at, missed), g.add("Mul", far, invented)); // far is 0 at centres
    return g.add("Sum", each, g.ints(1, 2, 3));
  }

  /** 1 - GIoU at each cell that a box is at, times its weight, summed over the cells. */
  static TensorRef unlike(Scope g, TensorRef raw, BoxTargets.Assigned wanted) {
    TensorRef reach = BoxFormat.reach(g, raw);
    TensorRef shape = g.add("Shape", raw);
    TensorRef x = g.add("ExpandDims", middles(g, shape, 2), g.scalar(0));
    TensorRef y = g.add("ExpandDims", middles(g, shape, 1), g.scalar(1));
    TensorRef left = g.add("Sub", x, side(g, reach, 0));
    TensorRef top = g.add("Sub", y, side(g, reach, 1));
    TensorRef right = g.add("AddV2", x, side(g, reach, 2));
    TensorRef bottom = g.add("AddV2", y, side(g, reach, 3));
    TensorRef ownLeft = side(g, wanted.box(), 0);
    TensorRef ownTop = side(g, wanted.box(), 1);
    TensorRef ownRight = side(g, wanted.box(), 2);
    TensorRef ownBottom = side(g, wanted.box(), 3);
    TensorRef common =
        g.add(
            "Mul",
            within(g, g.add("Minimum", right, ownRight), g.add("Maximum", left, ownLeft)),
            within(g, g.add("Minimum", bottom, ownBottom), g.add("Maximum", top, ownTop)));
    TensorRef area = g.add("Mul", g.add("Sub", right, left), g.add("Sub", bottom, top));
    TensorRef ownArea =
        g.add("Mul", g.add("Sub", ownRight, ownLeft), g.add("Sub", ownBottom, ownTop));
    TensorRef either = g.add("Sub", g.add("AddV2", area, ownArea), common);
    TensorRef around =
        g.add(
            "Mul",
            g.add("Sub", g.add("Maximum", right, ownRight), g.add("Minimum", left, ownLeft)),
            g.add("Sub", g.add("Maximum", bottom, ownBottom), g.add("Minimum", top, ownTop)));
    TensorRef overlap = g.add("RealDiv", common, either);
    TensorRef empty = g.add("RealDiv", g.add("Sub", around, either), around);
    TensorRef unlike = g.add("AddV2", g.add("Sub", g.scalar(1f), overlap), empty);
    return g.add("Sum", g.add("Mul", unlike, wanted.weight()), g.ints(1, 2));
  }

  /** The middles of cells along a side. */
  private static TensorRef middles(Scope g, TensorRef shape, int dim) {
    TensorRef cells = g.add("Range", g.scalar(0), g.at(shape, dim), g.scalar(1));
    return g.add("AddV2", g.cast(cells, DataType.DT_FLOAT), g.scalar(0.5f));
  }

  private static TensorRef side(Scope g, TensorRef sides, int side) {
    return g.op("StridedSlice")
        .input(sides)
        .input(g.ints(0, 0, 0, side))
        .input(g.ints(0, 0, 0, side + 1))
        .input(g.ints(1, 1, 1, 1))
        .attr("begin_mask", 7)
        .attr("end_mask", 7)
        .attr("shrink_axis_mask", 8)
        .output();
  }

  private static TensorRef within(Scope g, TensorRef to, TensorRef from) {
    return g.add("Maximum", g.add("Sub", to, from), g.scalar(0f));
  }
}
