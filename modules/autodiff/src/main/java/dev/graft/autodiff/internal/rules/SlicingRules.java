package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;

/** Ops that cut tensors apart, put them together, and pad them. */
final class SlicingRules {

  private SlicingRules() {}

  static void addTo(RuleBook rules) {
    rules.add("ConcatV2", (op, t) -> concat(op, t, op.inputCount() - 1, 0));
    rules.add("Concat", (op, t) -> concat(op, t, 0, 1));
    rules.add("Split", (op, t) -> op.give(1, join(op, t, op.in(0))));
    rules.add("SplitV", (op, t) -> op.give(0, join(op, t, op.in(2))));
    rules.add("Pack", SlicingRules::pack);
    rules.add("Unpack", SlicingRules::unpack);
    rules.add("Slice", SlicingRules::slice);
    rules.add("StridedSlice", SlicingRules::stridedSlice);
    rules.add("StridedSliceGrad", SlicingRules::stridedSliceGrad);
    rules.add("TensorStridedSliceUpdate", SlicingRules::stridedSliceUpdate);
    rules.add((op, t) -> pad(op, t), "Pad", "PadV2");
    rules.add(
        "MirrorPad",
        (op, t) ->
            op.give(
                0,
                t.op("MirrorPadGrad", op.node(), "mode").input(op.dy()).input(op.in(1)).output()));
    rules.add(
        "MirrorPadGrad",
        (op, t) ->
            op.give(
                0, t.op("MirrorPad", op.node(), "mode").input(op.dy()).input(op.in(1)).output()));
  }

  private static void concat(Backprop op, Ops t, int axisInput, int first) {
    int count = op.inputCount() - 1;
    int[] axisValue = t.constantInts(op.in(axisInput));
    if (count == 1) {
      op.give(first, op::dy);
      return;
    }
    long[] sizes = axisValue == null ? null : sizes(op, first, count, axisValue[0]);
    if (axisValue != null && sizes != null) {
      List<TensorRef> parts =
          t.op("SplitV")
              .input(op.dy())
              .input(t.ints(Arrays.stream(sizes).mapToInt(s -> (int) s).toArray()))
              .input(t.integer(axisValue[0]))
              .attr("num_split", count)
              .outputs();
      for (int i = 0; i < count; i++) {
        TensorRef part = parts.get(i);
        op.give(first + i, () -> part);
      }
      return;
    }
    TensorRef axis = t.cast(op.in(axisInput), DataType.DT_INT32);
    TensorRef fromZero = t.call("FloorMod", axis, t.rank(op.dy()));
    List<TensorRef> shapes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      shapes.add(t.shape(op.in(first + i)));
    }
    List<TensorRef> offsets = t.op("ConcatOffset").input(fromZero).inputs(shapes).outputs();
    for (int i = 0; i < count; i++) {
      int at = i;
      op.give(first + i, () -> t.slice(op.dy(), offsets.get(at), shapes.get(at)));
    }
  }

  /** The inputs' sizes along {@code axis}, if all are known. */
  private static long @Nullable [] sizes(Backprop op, int first, int count, int axis) {
    long[] sizes = new long[count];
    for (int i = 0; i < count; i++) {
      Shape shape = op.shape(first + i);
      sizes[i] = shape.hasRank() ? shape.dim(axis) : -1;
      if (sizes[i] < 0) {
        return null;
      }
    }
    return sizes;
  }

  private static TensorRef join(Backprop op, Ops t, TensorRef axis) {
    List<TensorRef> parts = new ArrayList<>();
    for (int i = 0; i < op.outputCount(); i++) {
      parts.add(op.dy(i));
    }
    return parts.size() == 1 ? parts.get(0) : t.op("ConcatV2").inputs(parts).input(axis).output();
  }

  private static void pack(Backprop op, Ops t) {
    List<TensorRef> parts =
        t.op("Unpack", op.node(), "axis").input(op.dy()).attr("num", op.inputCount()).outputs();
    for (int i = 0; i < parts.size(); i++) {
      TensorRef part = parts.get(i);
      op.give(i, () -> part);
    }
  }

  private static void unpack(Backprop op, Ops t) {
    List<TensorRef> parts = new ArrayList<>();
    for (int i = 0; i < op.outputCount(); i++) {
      parts.add(op.dy(i));
    }
    op.give(0, t.op("Pack", op.node(), "axis").inputs(parts).output());
  }

  /** Zeros around the gradient: begin before it, what is left after it. */
  private static void slice(Backprop op, Ops t) {
    TensorRef begin = t.cast(op.in(1), DataType.DT_INT32);
    TensorRef after = t.sub(t.sub(t.shape(op.in(0)), t.shape(op.dy())), begin);
    TensorRef paddings = t.op("Pack").inputs(List.of(begin, after)).attr("axis", 1).output();
    op.give(0, t.call("Pad", op.dy(), paddings));
  }

  private static final String[] MASKS = {
    "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"
  };

  private static void stridedSlice(Backprop op, Ops t) {
    TensorRef shape = t.cast(t.shape(op.in(0)), t.dtype(op.in(1)));
    op.give(
        0,
        t.op("StridedSliceGrad", op.node(), MASKS)
            .input(shape)
            .input(op.in(1))
            .input(op.in(2))
            .input(op.in(3))
            .input(op.dy())
            .output());
  }

  private static void stridedSliceGrad(Backprop op, Ops t) {
    op.give(
        4,
        t.op("StridedSlice", op.node(), MASKS)
            .input(op.dy())
            .input(op.in(1))
            .input(op.in(2))
            .input(op.in(3))
            .output());
  }

  private static void stridedSliceUpdate(Backprop op, Ops t) {
    op.give(
        0,
        () ->
            t.op("TensorStridedSliceUpdate", op.node(), MASKS)
                .input(op.dy())
                .input(op.in(1))
                .input(op.in(2))
                .input(op.in(3))
                .input(t.zerosLike(op.in(4)))
                .output());
    op.give(
        4,
        () ->
            t.reshapeLike(
                t.op("StridedSlice", op.node(), MASKS)
                    .input(op.dy())
                    .input(op.in(1))
                    .input(op.in(2))
                    .input(op.in(3))
                    .output(),
                op.in(4)));
  }

  private static void pad(Backprop op, Ops t) {
    op.give(0, () -> inner(op, t, op.dy()));
    if (op.inputCount() > 2) { // what was padded with: everything outside
      op.give(
          2,
          () -> {
            TensorRef axes = ArrayRules.allAxes(op.dy(), t);
            return t.sub(t.sum(op.dy(), axes, false), t.sum(inner(op, t, op.dy()), axes, false));
          });
    }
  }

  private static TensorRef inner(Backprop op, Ops t, TensorRef padded) {
    int[] paddings = t.constantInts(op.in(1));
    Shape input = op.shape(0);
    if (paddings != null && input.rank() * 2 == paddings.length) {
      int[] begin = new int[input.rank()];
      int[] size = new int[input.rank()];
      boolean known = true;
      for (int i = 0; i < begin.length; i++) {
        begin[i] = paddings[2 * i];
        size[i] = (int) input.dim(i); // -1, unknown, also says: all that is left
        known &= size[i] >= 0 || paddings[2 * i + 1] == 0;
      }
      if (known) {
        return t.slice(padded, t.ints(begin), t.ints(size));
      }
    }
    TensorRef begin =
        t.op("StridedSlice")
            .input(t.cast(op.in(1), DataType.DT_INT32))
            .input(t.ints(0, 0))
            .input(t.ints(0, 1))
            .input(t.ints(1, 1))
            .attr("begin_mask", 1)
            .attr("end_mask", 1)
            .attr("shrink_axis_mask", 2)
            .output();
    return t.slice(padded, begin, t.shape(op.in(0)));
  }
}
