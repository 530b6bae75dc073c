package dev.graft.trainer;

import dev.graft.error.BadRequestException;
import dev.graft.model.TrainingPlan;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Trains the last layers of a network together with its head. Layers that train behave as the
 * model's author wrote it for training (dropout drops), all others as in inference. What comes out
 * is kept only if it is better on the validation part.
 *
 * <p>Where the model says by itself what trains besides its head (part of it is not frozen),
 * exactly that trains; a head that is frozen stays as it is.
 *
 * @param share which part of the backbone's blocks trains where all but the head is frozen, counted
 *     from the head, above 0 to 1
 * @param stretch what trains instead, by name, where that is given
 * @param rates which share of the rate each part of the model has
 * @param optimizer how gradients change weights
 * @param clipping how large gradients are cut down
 * @param rate the highest learning rate
 * @param schedule which share of it each step takes
 * @param epochs how often each training example is seen at most
 * @param batch how many examples make a step
 * @param microBatch how many of them are computed at once, at most: their gradients add up to that
 *     of the whole batch, for models and batches that do not fit in memory together. BatchNorm in
 *     training normalises by each of them
 * @param stop when it ends before its last epoch, and which epoch's weights are kept
 * @param batchNorm what layers that normalise by the batch do while they train
 * @param savedPenalties whether the penalties that the model was saved with are added to the loss,
 *     those on weights and those on activities, as Keras does
 */
public record FineTune(
    double share,
    Optional<TrainingPlan.Stretch> stretch,
    LayerRates rates,
    Optimizer optimizer,
    Clipping clipping,
    double rate,
    Schedule schedule,
    int epochs,
    int batch,
    int microBatch,
    EarlyStop stop,
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
    if (!(share > 0 && share <= 1)) {
      throw new BadRequestException(
          "fine-tuning takes a share of the layers above 0 to 1, given " + share + ".");
    }
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new BadRequestException(
          "the rate of training is a number above 0, such as 1e-5, given " + rate + ".");
    }
    requireOne("epochs", epochs);
    requireOne("batch", batch);
    requireOne("micro-batch", microBatch);
  }

  private static void requireOne(String what, int value) {
    if (value < 1) {
      throw new BadRequestException(
          "the " + what + " of training must be 1 or more, given " + value + ".");
    }
  }

  /**
   * The last fifth of the blocks at a rate of 1e-5, a hundredth of Adam's usual, that rises over
   * the first tenth of the steps and falls along a cosine.
   */
  public static FineTune top() {
    return new FineTune(
        0.2,
        Optional.empty(),
        LayerRates.usual(),
        Optimizer.adam(),
        Clipping.none(),
        1e-5,
        Schedule.cosine().warmUp(0.1),
        10,
        16,
        Integer.MAX_VALUE,
        EarlyStop.usual(3),
        BatchNorm.INFERENCE,
        true);
  }

  /** All layers at up to 3e-3, as for a head on features that do not change. */
  public static FineTune head() {
    return top().share(1).rate(3e-3).epochs(100).patience(10);
  }

  /** This with another part of the blocks. */
  public FineTune share(double value) {
    return with(draft -> draft.share = value);
  }

  /** This with what trains given by name. */
  public FineTune stretch(TrainingPlan.Stretch value) {
    return with(draft -> draft.stretch = Optional.of(value));
  }

  /** This with other shares of the rate for parts of the model. */
  public FineTune rates(LayerRates value) {
    return with(draft -> draft.rates = value);
  }

  /** This with another optimizer. */
  public FineTune optimizer(Optimizer value) {
    return with(draft -> draft.optimizer = value);
  }

  /** This with gradients cut down otherwise. */
  public FineTune clipping(Clipping value) {
    return with(draft -> draft.clipping = value);
  }

  /** This with another highest rate. */
  public FineTune rate(double value) {
    return with(draft -> draft.rate = value);
  }

  /** This with another rate over time. */
  public FineTune schedule(Schedule value) {
    return with(draft -> draft.schedule = value);
  }

  /** This with another number of epochs at most. */
  public FineTune epochs(int value) {
    return with(draft -> draft.epochs = value);
  }

  /** This with batches of another size. */
  public FineTune batch(int value) {
    return with(draft -> draft.batch = value);
  }

  /** This with at most so many examples computed at once. */
  public FineTune microBatch(int value) {
    return with(draft -> draft.microBatch = value);
  }

  /** This with another end. */
  public FineTune stop(EarlyStop value) {
    return with(draft -> draft.stop = value);
  }

  /** This with BatchNorm doing otherwise while it trains. */
  public FineTune batchNorm(BatchNorm value) {
    return with(draft -> draft.batchNorm = value);
  }

  /** This with the penalties that the model was saved with, or without them. */
  public FineTune savedPenalties(boolean value) {
    return with(draft -> draft.savedPenalties = value);
  }

  /** This with more or less patience, see {@link EarlyStop}. */
  public FineTune patience(int value) {
    return stop(stop.patience(value));
  }

  private FineTune with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.done();
  }

  /** These settings while one of them changes. */
  private static final class Draft {
    private double share;
    private Optional<TrainingPlan.Stretch> stretch;
    private LayerRates rates;
    private Optimizer optimizer;
    private Clipping clipping;
    private double rate;
    private Schedule schedule;
    private int epochs;
    private int batch;
    private int microBatch;
    private EarlyStop stop;
    private BatchNorm batchNorm;
    private boolean savedPenalties;

    Draft(FineTune from) {
      share = from.share;
      stretch = from.stretch;
      rates = from.rates;
      optimizer = from.optimizer;
      clipping = from.clipping;
      rate = from.rate;
      schedule = from.schedule;
      epochs = from.epochs;
      batch = from.batch;
      microBatch = from.microBatch;
      stop = from.stop;
      batchNorm = from.batchNorm;
      savedPenalties = from.savedPenalties;
    }

    FineTune done() {
      return new FineTune(
          share,
          stretch,
          rates,
          optimizer,
          clipping,
          rate,
          schedule,
          epochs,
          batch,
          microBatch,
          stop,
          batchNorm,
          savedPenalties);
    }
  }
}
