package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.Shape;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The way back through a Conv2D whose filter covers only a part of the input's channels: one
 * gradient for each group of channels. TensorFlow's gradient kernels take groups on the GPU only.
 */
final class GroupedConvolution {

  private GroupedConvolution() {}

  /** How many groups there are; 1 if that is not known. */
  static int groups(Backprop op) {
    Shape input = op.shape(0);
    Shape filter = op.shape(1);
    if (input.rank() != 4 || filter.rank() != 4) {
      return 1;
    }
    long channels = input.dim(channelAxis(op));
    return channels > 0 && filter.dim(2) > 0 ? (int) (channels / filter.dim(2)) : 1;
  }

  private static int channelAxis(Backprop op) {
    return op.text("data_format").indexOf('C');
  }

  /** Differentiates group by group with {@code gradient}. */
  static void differentiate(Backprop op, Ops t, int groups, Conv2DGradient gradient) {
    int axis = channelAxis(op);
    List<TensorRef> xs = split(op.in(0), axis, groups, t);
    List<TensorRef> filters = split(op.in(1), 3, groups, t);
    List<TensorRef> dys = split(op.dy(), axis, groups, t);
    op.give(
        0,
        () -> each(groups, axis, t, i -> gradient.ofInput(xs.get(i), filters.get(i), dys.get(i))));
    op.give(
        1, () -> each(groups, 3, t, i -> gradient.ofFilter(xs.get(i), filters.get(i), dys.get(i))));
  }

  private static List<TensorRef> split(TensorRef x, int axis, int groups, Ops t) {
    return t.op("Split").input(t.integer(axis)).input(x).attr("num_split", groups).outputs();
  }

  private static TensorRef each(int groups, int axis, Ops t, IntFunction<TensorRef> gradient) {
    return t.concat(axis, IntStream.range(0, groups).mapToObj(gradient).toList());
  }
}
