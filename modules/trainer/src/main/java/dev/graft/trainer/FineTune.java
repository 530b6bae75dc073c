package dev.graft.trainer;

import dev.graft.model.BadRequestException;

/**
 * Trains the last layers of a network together with its head. Layers that train behave as the
 * model's author wrote it for training (dropout drops), all others as in inference. What comes out
 * is kept only if it is better on the validation part.
 *
 * <p>Where the model says by itself what trains besides its head (part of it is not frozen),
 * exactly that trains; a head that is frozen stays as it is.
 *
 * @param share which part of the layers with a kernel trains where all but the head is frozen,
 *     counted from the head, above 0 to 1
 * @param optimizer how gradients change weights
 * @param clipping how large gradients are cut down
 * @param rate the highest learning rate; it rises to it over the first tenth of the steps and falls
 *     along a cosine
 * @param epochs how often each training example is seen at most
 * @param batch how many examples make a step
 * @param patience after how many epochs without a smaller validation loss it ends
 * @param batchNorm what layers that normalise by the batch do while they train
 * @param savedPenalties whether the penalties that the model was saved with are added to the loss,
 *     those on weights and those on activities, as Keras does
 */
public record FineTune(
    double share,
    Optimizer optimizer,
    Clipping clipping,
    double rate,
    int epochs,
    int batch,
    int patience,
    BatchNorm batchNorm,
    boolean savedPenalties) {

  /** What a BatchNorm does while it trains. */
  public enum BatchNorm {
    /** It normalises by its moving statistics, which stay as they are: right for little data. */
    INFERENCE,
    /** It normalises by each batch, and moves its statistics. */
    TRAINING
  }

  public FineTune {
    if (!(share > 0 && share <= 1) || epochs < 1 || batch < 1 || patience < 1 || !(rate > 0)) {
      throw new BadRequestException(
          "fine-tuning needs a share above 0 to 1, and a rate, epochs, batch and patience above 0;"
              + " given "
              + share
              + ", "
              + rate
              + ", "
              + epochs
              + ", "
              + batch
              + " and "
              + patience
              + ".");
    }
  }

  /** The last fifth of the layers at a rate of 1e-5, a hundredth of Adam's usual. */
  public static FineTune top() {
    return new FineTune(
        0.2, Optimizer.adam(), Clipping.none(), 1e-5, 10, 16, 3, BatchNorm.INFERENCE, true);
  }

  /** All layers at up to 3e-3, as for a head on features that do not change. */
  public static FineTune head() {
    return new FineTune(
        1, Optimizer.adam(), Clipping.none(), 3e-3, 100, 16, 10, BatchNorm.INFERENCE, true);
  }

  /** This with another part of the layers. */
  public FineTune share(double value) {
    return new FineTune(
        value, optimizer, clipping, rate, epochs, batch, patience, batchNorm, savedPenalties);
  }

  /** This with another optimizer. */
  public FineTune optimizer(Optimizer value) {
    return new FineTune(
        share, value, clipping, rate, epochs, batch, patience, batchNorm, savedPenalties);
  }

  /** This with gradients cut down otherwise. */
  public FineTune clipping(Clipping value) {
    return new FineTune(
        share, optimizer, value, rate, epochs, batch, patience, batchNorm, savedPenalties);
  }

  /** This with another highest rate. */
  public FineTune rate(double value) {
    return new FineTune(
        share, optimizer, clipping, value, epochs, batch, patience, batchNorm, savedPenalties);
  }

  /** This with another number of epochs at most. */
  public FineTune epochs(int value) {
    return new FineTune(
        share, optimizer, clipping, rate, value, batch, patience, batchNorm, savedPenalties);
  }

  /** This with batches of another size. */
  public FineTune batch(int value) {
    return new FineTune(
        share, optimizer, clipping, rate, epochs, value, patience, batchNorm, savedPenalties);
  }

  /** This with more or less patience. */
  public FineTune patience(int value) {
    return new FineTune(
        share, optimizer, clipping, rate, epochs, batch, value, batchNorm, savedPenalties);
  }

  /** This with BatchNorm doing otherwise while it trains. */
  public FineTune batchNorm(BatchNorm value) {
    return new FineTune(
        share, optimizer, clipping, rate, epochs, batch, patience, value, savedPenalties);
  }

  /** This with the penalties that the model was saved with, or without them. */
  public FineTune savedPenalties(boolean value) {
    return new FineTune(
        share, optimizer, clipping, rate, epochs, batch, patience, batchNorm, value);
  }

  /** The rate over time for {@code steps} in all. */
  Schedule schedule(long steps) {
    return Schedule.cosine(rate).warmUp(steps / 10);
  }
}
