package dev.graft.trainer;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.trainer.metric.Evaluation;
import java.util.Optional;

/**
 * When training ends before its last epoch, and which epoch's weights are kept: those that were
 * best by a metric of the validation part.
 *
 * @param named {@code loss}, or the name of a metric as {@link Evaluation#metrics} has it: {@code
 *     accuracy}, {@code f1}, {@code auc}, {@code rmse}, with several heads {@code head/f1}; empty
 *     if nobody said: the one of {@link Recipe#keepBy}, or else the loss, the finest measure
 * @param patience after how many epochs without a better one it ends
 */
public record EarlyStop(Optional<String> named, int patience) {

  public EarlyStop {
    if (patience < 1) {
      throw new BadRequestException("the patience of training is 1 epoch or more, not " + patience);
    }
  }

  /** As the recipe goes. */
  public static EarlyStop usual(int patience) {
    return new EarlyStop(Optional.empty(), patience);
  }

  /** By the validation loss, and so is decided what is kept of a run, see {@link Recipe#keepBy}. */
  public static EarlyStop onLoss(int patience) {
    return on("loss", patience);
  }

  /** By a metric, and so is decided what is kept of a run, see {@link Recipe#keepBy}. */
  public static EarlyStop on(String metric, int patience) {
    requireNonNull(metric, "metric");
    return new EarlyStop(Optional.of(metric), patience);
  }

  /** Never: all epochs are run, and the best is kept. */
  public static EarlyStop never() {
    return usual(Integer.MAX_VALUE);
  }

  /** By which metric. */
  public String metric() {
    return named.orElse("loss");
  }

  /** This with another patience. */
  public EarlyStop patience(int value) {
    return new EarlyStop(named, value);
  }

  /** This, by {@code metric} if none was named. */
  EarlyStop or(Optional<String> metric) {
    return named.isPresent() ? this : new EarlyStop(metric, patience);
  }
}
