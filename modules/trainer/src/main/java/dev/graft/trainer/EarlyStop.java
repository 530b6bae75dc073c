package dev.graft.trainer;

import dev.graft.model.BadRequestException;

/**
 * When training ends before its last epoch, and which epoch's weights are kept: those that were
 * best by a metric of the validation part.
 *
 * @param metric {@code loss}, or the name of a metric as {@link Evaluation#metrics} has it: {@code
 *     accuracy}, {@code f1}, {@code auc}, {@code rmse}, with several heads {@code head/f1}
 * @param patience after how many epochs without a better one it ends
 */
public record EarlyStop(String metric, int patience) {

  public EarlyStop {
    if (patience < 1) {
      throw new BadRequestException("the patience of training is 1 epoch or more, not " + patience);
    }
  }

  /** By the validation loss, the finest measure. */
  public static EarlyStop onLoss(int patience) {
    return new EarlyStop("loss", patience);
  }

  /** By a metric. */
  public static EarlyStop on(String metric, int patience) {
    return new EarlyStop(metric, patience);
  }

  /** Never: all epochs are run, the best by loss is kept. */
  public static EarlyStop never() {
    return onLoss(Integer.MAX_VALUE);
  }
}
