package dev.graft.trainer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.model.TrainingPlan;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trains the last layers of a network together with its head. Layers that train behave as the
 * model's author wrote it for training (dropout drops), all others as in inference. What comes out
 * is kept only if it is better on the validation part.
 *
 * <p>Where the model says by itself what trains besides its head (part of it is not frozen),
 * exactly that trains; a head that is frozen stays as it is.
 */
public final class FineTune {

  /** What a BatchNorm does while it trains. */
  public enum BatchNorm {
    /** It normalises by its moving statistics, which stay as they are: right for little data. */
    INFERENCE,
    /** It normalises by each batch, and moves its statistics. */
    TRAINING
  }

  private final Fields set;

  private FineTune(Fields set) {
    this.set = set;
    if (!(set.share > 0 && set.share <= 1)) {
      throw new BadRequestException(
          "fine-tuning takes a share of the layers above 0 to 1, given " + set.share + ".");
    }
    if (!(set.rate > 0) || Double.isInfinite(set.rate)) {
      throw new BadRequestException(
          "the rate of training is a number above 0, such as 1e-5, given " + set.rate + ".");
    }
    requireOne("epochs", set.epochs);
    requireOne("batch", set.batch);
    requireOne("micro-batch", set.microBatch);
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
    return new FineTune(new Fields());
  }

  /** All layers at up to 3e-3, as for a head on features that do not change. */
  public static FineTune head() {
    return top().share(1).rate(3e-3).epochs(100).patience(10);
  }

  private FineTune with(Consumer<Fields> change) {
    Fields next = set.copy();
    change.accept(next);
    return new FineTune(next);
  }

  /**
   * Which part of the backbone's blocks trains where all but the head is frozen, counted from the
   * head, above 0 to 1.
   */
  public double share() {
    return set.share;
  }

  /** This with another part of the blocks. */
  public FineTune share(double value) {
    return with(next -> next.share = value);
  }

  /** What trains instead, by name, where that is given. */
  public Optional<TrainingPlan.Stretch> stretch() {
    return set.stretch;
  }

  /** This with what trains given by name. */
  public FineTune stretch(TrainingPlan.Stretch value) {
    requireNonNull(value, "stretch");
    return with(next -> next.stretch = Optional.of(value));
  }

  /** Which share of the rate each part of the model has. */
  public LayerRates rates() {
    return set.rates;
  }

  /** This with other shares of the rate for parts of the model. */
  public FineTune rates(LayerRates value) {
    requireNonNull(value, "rates");
    return with(next -> next.rates = value);
  }

  /** How gradients change weights. */
  public Optimizer optimizer() {
    return set.optimizer;
  }

  /** This with another optimizer. */
  public FineTune optimizer(Optimizer value) {
    requireNonNull(value, "optimizer");
    return with(next -> next.optimizer = value);
  }

  /** How large gradients are cut down. */
  public Clipping clipping() {
    return set.clipping;
  }

  /** This with gradients cut down otherwise. */
  public FineTune clipping(Clipping value) {
    requireNonNull(value, "clipping");
    return with(next -> next.clipping = value);
  }

  /** The highest learning rate. */
  public double rate() {
    return set.rate;
  }

  /** This with another highest rate. */
  public FineTune rate(double value) {
    return with(next -> next.rate = value);
  }

  /** Which share of the rate each step takes. */
  public Schedule schedule() {
    return set.schedule;
  }

  /** This with another rate over time. */
  public FineTune schedule(Schedule value) {
    requireNonNull(value, "schedule");
    return with(next -> next.schedule = value);
  }

  /** How often each training example is seen at most. */
  public int epochs() {
    return set.epochs;
  }

  /** This with another number of epochs at most. */
  public FineTune epochs(int value) {
    return with(next -> next.epochs = value);
  }

  /** How many examples make a step, or the most that are tried where {@link #findsBatch}. */
  public int batch() {
    return set.batch;
  }

  /** This with batches of another size. */
  public FineTune batch(int value) {
    return with(
        next -> {
          next.batch = value;
          next.findsBatch = false;
        });
  }

  /**
   * This with batches as large as memory has room for, of so many examples at most: before a
   * stretch begins, steps of several sizes are tried, and a sentence says which was taken and why.
   * An epoch keeps 16 steps, if batches of 16 give it so many. The rate stays as it is.
   */
  public FineTune batchUpTo(int value) {
    return with(
        next -> {
          next.batch = value;
          next.findsBatch = true;
        });
  }

  /** Whether the batch is found by trying, see {@link #batchUpTo}. */
  public boolean findsBatch() {
    return set.findsBatch;
  }

  /**
   * How many of a batch are computed at once, at most: their gradients add up to that of the whole
   * batch, for models and batches that do not fit in memory together. BatchNorm in training
   * normalises by each of them.
   */
  public int microBatch() {
    return set.microBatch;
  }

  /** This with at most so many examples computed at once. */
  public FineTune microBatch(int value) {
    return with(next -> next.microBatch = value);
  }

  /** When it ends before its last epoch, and which epoch's weights are kept. */
  public EarlyStop stop() {
    return set.stop;
  }

  /** This with another end. */
  public FineTune stop(EarlyStop value) {
    requireNonNull(value, "stop");
    return with(next -> next.stop = value);
  }

  /** What layers that normalise by the batch do while they train. */
  public BatchNorm batchNorm() {
    return set.batchNorm;
  }

  /** This with BatchNorm doing otherwise while it trains. */
  public FineTune batchNorm(BatchNorm value) {
    requireNonNull(value, "batchNorm");
    return with(next -> next.batchNorm = value);
  }

  /**
   * Whether the penalties that the model was saved with are added to the loss, those on weights and
   * those on activities, as Keras does.
   */
  public boolean savedPenalties() {
    return set.savedPenalties;
  }

  /** This with the penalties that the model was saved with, or without them. */
  public FineTune savedPenalties(boolean value) {
    return with(next -> next.savedPenalties = value);
  }

  /** This with more or less patience, see {@link EarlyStop}. */
  public FineTune patience(int value) {
    return stop(stop().patience(value));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FineTune settings && settings.set.all().equals(set.all());
  }

  @Override
  public int hashCode() {
    return set.all().hashCode();
  }

  @Override
  public String toString() {
    return "FineTune" + set.all();
  }

  private static final class Fields {
    private double share = 0.2;
    private Optional<TrainingPlan.Stretch> stretch = Optional.empty();
    private LayerRates rates = LayerRates.usual();
    private Optimizer optimizer = Optimizer.adam();
    private Clipping clipping = Clipping.none();
    private double rate = 1e-5;
    private Schedule schedule = Schedule.cosine().warmUp(0.1);
    private int epochs = 10;
    private int batch = 16;
    private boolean findsBatch;
    private int microBatch = Integer.MAX_VALUE;
    private EarlyStop stop = EarlyStop.usual(3);
    private BatchNorm batchNorm = BatchNorm.INFERENCE;
    private boolean savedPenalties = true;

    private Fields copy() {
      Fields copy = new Fields();
      copy.share = share;
      copy.stretch = stretch;
      copy.rates = rates;
      copy.optimizer = optimizer;
      copy.clipping = clipping;
      copy.rate = rate;
      copy.schedule = schedule;
      copy.epochs = epochs;
      copy.batch = batch;
      copy.findsBatch = findsBatch;
      copy.microBatch = microBatch;
      copy.stop = stop;
      copy.batchNorm = batchNorm;
      copy.savedPenalties = savedPenalties;
      return copy;
    }

    /** All of it; what is only sometimes said is no part of what runs of before are known by. */
    private List<Object> all() {
      List<Object> always = always();
      return findsBatch
          ? ImmutableList.builder().addAll(always).add("batch found").build()
          : always;
    }

    private List<Object> always() {
      return List.of(
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
