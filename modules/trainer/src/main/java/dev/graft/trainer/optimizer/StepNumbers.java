package dev.graft.trainer.optimizer;

import dev.graft.error.Internal;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.tensor.TensorValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;

/**
 * The numbers that the updates of all weights go by: the learning rate, hyper-parameters, powers of
 * them. Each is in a graph once for each dtype of weights, however many weights there are: a kernel
 * for a single number takes as long to start as one for a million.
 */
@Internal
public final class StepNumbers {

  private final Scope scope;
  private final TensorRef rate;
  private final TensorRef step; // int64, from 1
  private final Map<List<Object>, TensorRef> known = new HashMap<>();

  /**
   * Adds them under {@code scope} as they are asked for.
   *
   * @param rate the learning rate, a scalar
   * @param updates how many were made before, int64
   */
  public StepNumbers(Scope scope, TensorRef rate, TensorRef updates) {
    this.scope = scope;
    this.rate = rate;
    this.step = scope.add("AddV2", updates, scope.constant(TensorValue.scalar(1L)));
  }

  /** That share of the learning rate. */
  TensorRef rate(DataType dtype, double share) {
    TensorRef whole = once(List.of("rate", dtype), () -> scope.cast(rate, dtype));
    return share == 1
        ? whole
        : once(
            List.of("rate", dtype, share), () -> scope.add("Mul", whole, constant(dtype, share)));
  }

  /** A constant. */
  TensorRef constant(DataType dtype, double value) {
    TensorRef like = rate(dtype, 1);
    return once(List.of("constant", dtype, value), () -> scope.scalarLike(like, value));
  }

  /** {@code base} to the power of the number of the update, from 1. */
  TensorRef power(DataType dtype, double base) {
    TensorRef number = once(List.of("step", dtype), () -> scope.cast(step, dtype));
    TensorRef constant = constant(dtype, base);
    return once(List.of("power", dtype, base), () -> scope.add("Pow", constant, number));
  }

  /** That share of the learning rate, times {@code factor}. */
  TensorRef rateTimes(DataType dtype, double share, double factor) {
    TensorRef part = rate(dtype, share);
    TensorRef constant = constant(dtype, factor);
    return once(
        List.of("rate times", dtype, share, factor), () -> scope.add("Mul", part, constant));
  }

  private TensorRef once(List<Object> what, Supplier<TensorRef> make) {
    @Nullable TensorRef made = known.get(what);
    if (made == null) {
      made = make.get();
      known.put(what, made);
    }
    return made;
  }
}
