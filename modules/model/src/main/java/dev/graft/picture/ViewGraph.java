package dev.graft.picture;

import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.List;
import org.tensorflow.proto.DataType;

/** Takes a {@link View} of a picture, in the graph. */
final class ViewGraph {

  private static final int PLACE = 1; // top and left, in the numbers of a view
  private static final int MIRRORS = 3;
  private static final int CONTRAST = 5;
  private static final int BRIGHTNESS = 6;
  private static final int GAINS = 7;

  private final Scope g;
  private final TensorRef numbers;

  /**
   * Of one picture.
   *
   * @param numbers of the view, float32 [{@link View#NUMBERS}]
   */
  ViewGraph(Scope g, TensorRef numbers) {
    this.g = g;
    this.numbers = numbers;
  }

  /** How much larger everything is: a number. */
  TensorRef zoom() {
    return g.at(numbers, 0);
  }

  /**
   * Where the upper and the left edge come to lie in a picture that is not upright yet, as shares
   * of its sides.
   *
   * @param reversed which sides (rows, columns, channels) are turned round to make it upright,
   *     after rows and columns have changed places
   * @param onItsSide whether they do that
   */
  TensorRef place(TensorRef reversed, TensorRef onItsSide) {
    TensorRef upright = some(PLACE, 2);
    TensorRef rest = g.add("Sub", g.add("Sub", g.scalar(1f), zoom()), upright);
    TensorRef sides = g.add("Slice", reversed, g.ints(0), g.ints(2));
    TensorRef each = g.add("SelectV2", sides, rest, upright);
    return g.add("SelectV2", onItsSide, g.add("ReverseV2", each, g.ints(0)), each);
  }

  /**
   * {@code upright}, which was enlarged and put in its place, with its mean colour outside,
   * mirrored and in other light.
   *
   * @param upright float32 [height, width, 3] in 0..255
   * @param raw the picture as it was decoded, with as many channels as it has
   */
  TensorRef finish(TensorRef upright, TensorRef raw, int height, int width) {
    TensorRef mean = mean(raw);
    TensorRef inside =
        g.add(
            "LogicalAnd",
            g.add("ExpandDims", inside(height, g.at(numbers, PLACE)), g.scalar(1)),
            inside(width, g.at(numbers, PLACE + 1)));
    TensorRef filled = g.add("SelectV2", g.add("ExpandDims", inside, g.scalar(2)), upright, mean);
    TensorRef contrast = g.at(numbers, CONTRAST);
    TensorRef offset =
        g.add(
            "AddV2",
            g.add("Mul", mean, g.add("Sub", g.scalar(1f), contrast)),
            g.at(numbers, BRIGHTNESS));
    TensorRef lit = g.add("AddV2", g.add("Mul", filled, contrast), offset);
    TensorRef coloured = g.add("Mul", lit, some(GAINS, 3));
    TensorRef bounded = g.add("Minimum", g.add("Maximum", coloured, g.scalar(0f)), g.scalar(255f));
    TensorRef sides = g.add("Greater", some(MIRRORS, 2), g.scalar(0.5f));
    TensorRef axes =
        g.op("ConcatV2")
            .inputs(List.of(sides, g.bools(Shape.of(1), false)))
            .input(g.scalar(0))
            .output();
    return g.add("Reverse", bounded, axes);
  }

  /** One number: that of all channels, since a grey picture has one and others have four. */
  private TensorRef mean(TensorRef raw) {
    return g.add("Mean", g.cast(raw, DataType.DT_FLOAT), g.ints(0, 1, 2));
  }

  /** Which of {@code cells} lie inside the picture, whose edge comes to lie at {@code from}. */
  private TensorRef inside(int cells, TensorRef from) {
    float[] middles = new float[cells];
    for (int i = 0; i < cells; i++) {
      middles[i] = (i + 0.5f) / cells;
    }
    TensorRef place = g.floats(middles);
    return g.add(
        "LogicalAnd",
        g.add("GreaterEqual", place, from),
        g.add("LessEqual", place, g.add("AddV2", from, zoom())));
  }

  private TensorRef some(int from, int count) {
    return g.add("Slice", numbers, g.ints(from), g.ints(count));
  }
}
