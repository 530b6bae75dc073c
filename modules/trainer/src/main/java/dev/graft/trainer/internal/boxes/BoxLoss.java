package dev.graft.trainer.internal.boxes;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.BoxFormat;
import java.util.List;
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
    List<TensorRef> sides = sides(g, reach);
    TensorRef left = g.add("Sub", wanted.x(), sides.get(0));
    TensorRef top = g.add("Sub", wanted.y(), sides.get(1));
    TensorRef right = g.add("AddV2", wanted.x(), sides.get(2));
    TensorRef bottom = g.add("AddV2", wanted.y(), sides.get(3));
    List<TensorRef> own = sides(g, wanted.box());
    TensorRef ownLeft = own.get(0);
    TensorRef ownTop = own.get(1);
    TensorRef ownRight = own.get(2);
    TensorRef ownBottom = own.get(3);
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

  /** Each by itself; one op, so that the way back is one, too. */
  private static List<TensorRef> sides(Scope g, TensorRef all) {
    return g.op("Unpack").input(all).attr("num", BoxFormat.SIDES).attr("axis", -1).outputs();
  }

  private static TensorRef within(Scope g, TensorRef to, TensorRef from) {
    return g.add("Maximum", g.add("Sub", to, from), g.scalar(0f));
  }
}
