package dev.graft.autodiff.internal.rules;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.RuleBook;
import dev.graft.graph.TensorRef;
import java.util.List;
import org.tensorflow.proto.DataType;

/** Fourier transforms over the last one, two or three dimensions. */
final class SpectralRules {

  private static final String[] RANKS = {"", "2D", "3D"};

  private SpectralRules() {}

  static void addTo(RuleBook rules) {
    for (int i = 0; i < RANKS.length; i++) {
      String suffix = RANKS[i];
      int rank = i + 1;
      rules.add(
          "FFT" + suffix,
          (op, t) -> {
            TensorRef back = t.call("IFFT" + suffix, op.dy());
            op.give(0, t.mul(back, t.cast(size(op.in(0), rank, t), t.dtype(back))));
          });
      rules.add(
          "IFFT" + suffix,
          (op, t) -> {
            TensorRef back = t.call("FFT" + suffix, op.dy());
            op.give(0, t.call("RealDiv", back, t.cast(size(op.in(0), rank, t), t.dtype(back))));
          });
      rules.add("RFFT" + suffix, (op, t) -> rfft(op, t, suffix, rank));
      rules.add("IRFFT" + suffix, (op, t) -> irfft(op, t, suffix, rank));
    }
  }

  private static TensorRef size(TensorRef x, int rank, Ops t) {
    return t.prod(t.elements(t.shape(x), -rank, 0));
  }

  /**
   * A real transform is the complex one of which the second half of the frequencies is left out:
   * the way back is the inverse complex transform with zeros in their place.
   */
  private static void rfft(Backprop op, Ops t, String suffix, int rank) {
    TensorRef length = op.in(1);
    TensorRef leading = t.elements(t.shape(op.dy()), 0, -rank);
    TensorRef full = fit(op.dy(), t.concat(0, List.of(leading, length)), t);
    TensorRef back = t.call("IFFT" + suffix, full);
    TensorRef real = t.op("Real").input(back).attr("Tout", t.dtype(op.in(0))).output();
    TensorRef scaled = t.mul(real, t.cast(t.prod(length), t.dtype(real)));
    op.give(0, fit(scaled, t.shape(op.in(0)), t));
  }

  /** Every frequency but the first and, of an even length, the last stands for two. */
  private static void irfft(Backprop op, Ops t, String suffix, int rank) {
    TensorRef length = op.in(1);
    DataType real = t.dtype(op.dy());
    TensorRef forward =
        t.op("RFFT" + suffix)
            .input(op.dy())
            .input(length)
            .attr("Tcomplex", t.dtype(op.in(0)))
            .output();
    TensorRef last = t.element(length, -1);
    TensorRef frequencies =
        t.range(t.integer(0), t.add(t.call("FloorDiv", last, t.integer(2)), t.integer(1)));
    TensorRef twice = t.mul(frequencies, t.integer(2));
    TensorRef single =
        t.call("LogicalOr", t.call("Equal", twice, t.integer(0)), t.call("Equal", twice, last));
    TensorRef weight = t.where(single, t.scalar(real, 1), t.scalar(real, 2));
    TensorRef scaled = t.call("RealDiv", weight, t.cast(t.prod(length), real));
    TensorRef complex = t.cast(scaled, t.dtype(op.in(0)));
    op.give(0, fit(t.mul(forward, complex), t.shape(op.in(0)), t));
  }

  /** {@code x} cut, and filled up with zeros behind, to {@code shape}. */
  private static TensorRef fit(TensorRef x, TensorRef shape, Ops t) {
    TensorRef common = t.call("Minimum", t.call("Shape", x), shape);
    TensorRef cut = t.slice(x, t.call("ZerosLike", shape), common);
    TensorRef after = t.sub(shape, common);
    TensorRef paddings =
        t.op("Pack").inputs(List.of(t.call("ZerosLike", after), after)).attr("axis", 1).output();
    return t.call("Pad", cut, paddings);
  }
}
