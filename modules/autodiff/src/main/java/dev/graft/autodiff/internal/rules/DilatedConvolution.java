package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * The way back through a Conv2D with dilations. TensorFlow's gradient kernels take dilations only
 * on some devices, so that the work is put to them without: a dilated convolution of stride one is
 * an ordinary one on each of the interleaved grids of pixels (SpaceToBatchND); with a stride, the
 * filter is written out with its gaps.
 */
final class DilatedConvolution implements Conv2DGradient {

  private final Backprop op;
  private final Ops t;
  private final String format;
  private final int height;
  private final int width;
  private final int down; // dilation along the height
  private final int across;

  DilatedConvolution(Backprop op, Ops t) {
    this.op = op;
    this.t = t;
    this.format = op.text("data_format");
    this.height = format.indexOf('H');
    this.width = format.indexOf('W');
    List<Long> dilations = op.attr("dilations").getList().getIList();
    this.down = Math.toIntExact(dilations.get(height));
    this.across = Math.toIntExact(dilations.get(width));
  }

  static boolean applies(Backprop op) {
    return op.attr("dilations").getList().getIList().stream().anyMatch(d -> d != 1);
  }

  @Override
  public TensorRef ofInput(TensorRef x, TensorRef filter, TensorRef dy) {
    if (withGaps()) {
      return plain("Conv2DBackpropInput", "strides", "padding", "explicit_paddings")
          .input(t.shape(x))
          .input(spread(filter))
          .input(dy)
          .output();
    }
    Grids grids = grids(x);
    TensorRef dx =
        onGrid("Conv2DBackpropInput")
            .input(t.call("Shape", grids.of(x)))
            .input(filter)
            .input(grids.ofGradient(dy))
            .output();
    return t.call("BatchToSpaceND", dx, grids.block(), grids.around());
  }

  @Override
  public TensorRef ofFilter(TensorRef x, TensorRef filter, TensorRef dy) {
    if (withGaps()) {
      TensorRef full = spreadShape(filter);
      TensorRef found =
          plain("Conv2DBackpropFilter", "strides", "padding", "explicit_paddings")
              .input(x)
              .input(full)
              .input(dy)
              .output();
      return t.call("StridedSlice", found, t.ints(0, 0, 0, 0), full, steps());
    }
    Grids grids = grids(x);
    return onGrid("Conv2DBackpropFilter")
        .input(grids.of(x))
        .input(t.shape(filter))
        .input(grids.ofGradient(dy))
        .output();
  }

  private boolean withGaps() {
    Shape filter = op.shape(1);
    return op.attr("strides").getList().getIList().stream().anyMatch(s -> s != 1)
        || filter.rank() != 4
        || filter.dim(0) < 0
        || filter.dim(1) < 0;
  }

  // ---- the filter written out

  private TensorRef steps() {
    return t.ints(down, across, 1, 1);
  }

  private TensorRef spreadShape(TensorRef filter) {
    TensorRef ones = t.ints(1, 1, 1, 1);
    return t.add(t.mul(t.sub(t.shape(filter), ones), steps()), ones);
  }

  private TensorRef spread(TensorRef filter) {
    TensorRef full = spreadShape(filter);
    return t.op("StridedSliceGrad")
        .input(full)
        .input(t.ints(0, 0, 0, 0))
        .input(full)
        .input(steps())
        .input(filter)
        .output();
  }

  // ---- one ordinary convolution on each grid

  /** How pixels are dealt out to grids. */
  private record Grids(Ops t, TensorRef block, TensorRef around, TensorRef behind) {
    TensorRef of(TensorRef x) {
      return t.call("SpaceToBatchND", x, block, around);
    }

    TensorRef ofGradient(TensorRef dy) {
      return t.call("SpaceToBatchND", dy, block, behind);
    }
  }

  private Grids grids(TensorRef x) {
    int[] top = padding(height, (Math.toIntExact(op.shape(1).dim(0)) - 1) * down);
    int[] left = padding(width, (Math.toIntExact(op.shape(1).dim(1)) - 1) * across);
    TensorRef fill = // up to whole blocks
        t.pack(fill(x, height, top, down), fill(x, width, left, across));
    TensorRef after = t.add(t.ints(top[1], left[1]), fill);
    return new Grids(
        t,
        format.equals("NHWC") ? t.ints(down, across) : t.ints(1, down, across),
        withChannels(pairs(t.ints(top[0], left[0]), after)),
        withChannels(pairs(t.ints(0, 0), fill)));
  }

  private TensorRef pairs(TensorRef before, TensorRef after) {
    return t.op("Pack").inputs(List.of(before, after)).attr("axis", 1).output();
  }

  /** Pixels of padding before and after, for a filter that reaches {@code reach} pixels on. */
  private int[] padding(int axis, int reach) {
    return switch (op.text("padding")) {
      case "VALID" -> new int[] {0, 0};
      case "SAME" -> new int[] {reach / 2, reach - reach / 2};
      default -> {
        List<Long> explicit = op.attr("explicit_paddings").getList().getIList();
        yield new int[] {explicit.get(2 * axis).intValue(), explicit.get(2 * axis + 1).intValue()};
      }
    };
  }

  private TensorRef fill(TensorRef x, int axis, int[] padding, int dilation) {
    int padded = padding[0] + padding[1];
    long known = op.shape(0).hasRank() ? op.shape(0).dim(axis) : -1;
    if (known >= 0) {
      return t.integer(Math.floorMod(-(known + padded), dilation));
    }
    TensorRef size = t.add(t.element(t.shape(x), axis), t.integer(padded));
    return t.call("FloorMod", t.neg(size), t.integer(dilation));
  }

  /** Paddings [2, 2] of height and width, with a row of zeros for channels that come before. */
  private TensorRef withChannels(TensorRef paddings) {
    return format.equals("NHWC")
        ? paddings
        : t.concat(0, List.of(t.reshape(t.ints(0, 0), t.ints(1, 2)), paddings));
  }

  private OpBuilder onGrid(String kind) {
    return plain(kind, "strides").attr("padding", "VALID");
  }

  private OpBuilder plain(String kind, String... attrs) {
    String[] all = Arrays.copyOf(attrs, attrs.length + 1);
    all[attrs.length] = "data_format";
    return t.op(kind, op.node(), all);
  }
}
