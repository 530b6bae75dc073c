package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/** Resizing, cropping and cutting images, and their colours. */
final class ImageRules {

  private static final String[] CORNERS = {"align_corners", "half_pixel_centers"};

  private ImageRules() {}

  static void addTo(RuleBook rules) {
    resize(rules, "ResizeBilinear");
    resize(rules, "ResizeBicubic");
    rules.add(
        "ResizeNearestNeighbor",
        (op, t) ->
            op.give(
                0,
                t.op("ResizeNearestNeighborGrad", op.node(), CORNERS)
                    .input(op.dy())
                    .input(t.elements(t.shape(op.in(0)), 1, 3))
                    .output()));
    rules.add(
        "ScaleAndTranslate",
        (op, t) ->
            op.give(
                0,
                t.op("ScaleAndTranslateGrad", op.node(), "kernel_type", "antialias")
                    .input(op.dy())
                    .input(op.in(0))
                    .input(op.in(2))
                    .input(op.in(3))
                    .output()));
    rules.add("CropAndResize", ImageRules::cropAndResize);
    rules.add(ImageRules::transform, "ImageProjectiveTransformV2", "ImageProjectiveTransformV3");
    rules.onlyTo("ImageProjectiveTransformV2", 0); // not to what fills the rest
    rules.onlyTo("ImageProjectiveTransformV3", 0);
    rules.onlyTo("ScaleAndTranslate", 0);
    rules.add(
        "ExtractImagePatches",
        (op, t) -> patches(op, t, 2, "ksizes", "strides", "rates", "padding"));
    rules.add("ExtractVolumePatches", (op, t) -> patches(op, t, 3, "ksizes", "strides", "padding"));
    rules.add(
        "Dilation2D",
        (op, t) -> {
          op.give(0, () -> dilation("Input", op, t));
          op.give(1, () -> dilation("Filter", op, t));
        });
    rules.add("RGBToHSV", (op, t) -> op.give(0, () -> hsv(op, t)));
  }

  private static void resize(RuleBook rules, String name) {
    rules.add(
        name,
        (op, t) ->
            op.give(
                0,
                t.op(name + "Grad", op.node(), CORNERS).input(op.dy()).input(op.in(0)).output()));
  }

  private static TensorRef dilation(String of, Backprop op, Ops t) {
    return t.op("Dilation2DBackprop" + of, op.node(), "strides", "rates", "padding")
        .input(op.in(0))
        .input(op.in(1))
        .input(op.dy())
        .output();
  }

  /** As TensorFlow: the gradient is moved by the inverse, which is exact only without scaling. */
  private static void transform(Backprop op, Ops t) {
    TensorRef flat = t.reshape(op.in(1), t.ints(-1, 8));
    TensorRef last =
        t.broadcastTo(
            t.scalar(DataType.DT_FLOAT, 1), t.pack(t.element(t.shape(flat), 0), t.integer(1)));
    TensorRef matrices = t.reshape(t.concat(1, List.of(flat, last)), t.ints(-1, 3, 3));
    TensorRef inverse = t.reshape(t.call("MatrixInverse", matrices), t.ints(-1, 9));
    TensorRef corner = t.slice(inverse, t.ints(0, 8), t.ints(-1, 1));
    TensorRef back = t.slice(t.call("RealDiv", inverse, corner), t.ints(0, 0), t.ints(-1, 8));
    OpBuilder moved =
        t.op(op.node().getOp(), op.node(), "interpolation", "fill_mode")
            .input(op.dy())
            .input(back)
            .input(t.elements(t.shape(op.in(0)), 1, 3));
    if (op.inputCount() > 3) {
      moved.input(t.scalar(DataType.DT_FLOAT, 0));
    }
    op.give(0, moved.output());
  }

  private static void cropAndResize(Backprop op, Ops t) {
    op.give(
        0,
        () ->
            t.op("CropAndResizeGradImage", op.node(), "method")
                .input(op.dy())
                .input(op.in(1))
                .input(op.in(2))
                .input(t.shape(op.in(0)))
                .attr("T", t.dtype(op.in(0)))
                .output());
    op.give(
        1, // TensorFlow has it for bilinear sampling only, and uses it for nearest too
        () -> t.call("CropAndResizeGradBoxes", op.dy(), op.in(0), op.in(1), op.in(2)));
  }

  /**
   * With the largest channel of a pixel and the smallest marked, the saturation is range / largest
   * and the hue a sixth of (next - one after) / range, counted on from the largest, plus what does
   * not change. Where several are largest or smallest the first is taken, as the kernel does; grey
   * has no hue and black no saturation, and neither passes anything.
   */
  private static TensorRef hsv(Backprop op, Ops t) {
    TensorRef rgb = op.in(0);
    TensorRef largest = mark("ArgMax", rgb, t);
    TensorRef span = t.sub(largest, mark("ArgMin", rgb, t));
    TensorRef turn =
        t.sub(
            t.call("Roll", largest, t.integer(1), t.integer(-1)),
            t.call("Roll", largest, t.integer(2), t.integer(-1)));
    TensorRef range = t.sum(t.mul(rgb, span), true, -1);
    TensorRef slope = t.call("DivNoNan", t.sum(t.mul(rgb, turn), true, -1), range);
    TensorRef byHue = t.call("DivNoNan", t.mul(channel(op.dy(), 0, t), 1 / 6.0), range);
    TensorRef value = channel(op.out(0), 2, t);
    TensorRef bySaturation = t.call("DivNoNan", channel(op.dy(), 1, t), value);
    TensorRef saturation = channel(op.out(0), 1, t);
    return t.add(
        t.mul(channel(op.dy(), 2, t), largest),
        t.add(
            t.mul(byHue, t.sub(turn, t.mul(slope, span))),
            t.mul(bySaturation, t.sub(span, t.mul(saturation, largest)))));
  }

  /** A 1 in the channel that {@code op} names of each pixel, 0 in the others. */
  private static TensorRef mark(String op, TensorRef pixels, Ops t) {
    TensorRef which =
        t.op(op).input(pixels).input(t.integer(-1)).attr("output_type", DataType.DT_INT32).output();
    return t.call("OneHot", which, t.integer(3), t.scalarLike(pixels, 1), t.scalarLike(pixels, 0));
  }

  private static TensorRef channel(TensorRef pixels, int number, Ops t) {
    return t.gather(pixels, t.ints(number), -1);
  }

  /**
   * Cuts numbered pixels into patches the same way, to learn where each element of a patch came
   * from, and adds up by pixel. Elements of the padding have number zero, and are left out.
   */
  private static void patches(Backprop op, Ops t, int spatial, String... attrs) {
    TensorRef shape = t.shape(op.in(0));
    TensorRef pixels = t.prod(t.elements(shape, 1, 1 + spatial));
    TensorRef grid = t.concat(0, List.of(t.ints(1), t.elements(shape, 1, 1 + spatial), t.ints(1)));
    TensorRef numbers = t.reshape(t.range(t.integer(1), t.add(pixels, t.integer(1))), grid);
    TensorRef origin =
        t.sub(
            t.reshape(
                t.op(op.node().getOp(), op.node(), attrs).input(numbers).output(), t.ints(-1)),
            t.integer(1));
    TensorRef batch = t.element(shape, 0);
    TensorRef channels = t.element(shape, -1);
    TensorRef rows = t.reshape(op.dy(), t.pack(batch, t.size(origin), channels));
    TensorRef byPixel = t.transpose(rows, 1, 0, 2);
    TensorRef summed = t.call("UnsortedSegmentSum", byPixel, origin, pixels);
    op.give(0, t.reshape(t.transpose(summed, 1, 0, 2), shape));
  }
}
