package dev.graft.job;

import com.google.common.primitives.Ints;
import dev.graft.error.BadRequestException;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import dev.graft.words.Remedy;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Job} trains, in the words of the flags of {@code graft finetune}: a recipe by its
 * name, and what differs from it. Whoever needs more changes the {@link Recipe} itself.
 *
 * <p>Batches, optimizer, schedule, clipping and patience hold for the steps of the head, too, where
 * it is trained step by step.
 *
 * @param recipe as {@link Recipe#named} takes it
 * @param seed what every draw comes from
 * @param epochs of fine-tuning at most, in each stretch
 * @param rate the highest learning rate of fine-tuning
 * @param batch how many examples make a step
 * @param microBatch how many of them are computed at once, at most, where nothing is learned, too
 * @param optimizer as {@link Optimizer#named} takes it
 * @param schedule as {@link Schedule#parse} takes it
 * @param warmUp which part of all steps the rate rises in, 0 to 1; with another schedule than the
 *     recipe's a tenth if not given. Not with one cycle, which rises by itself
 * @param layerDecay how much of the rate of a block the block before it has
 * @param clipNorm to which Euclidean norm all gradients together are cut down
 * @param monitor the metric that ends training, whose best epoch is kept, and by which it is
 *     decided what is kept of all, see {@link Recipe#keepBy}
 * @param patience after how many epochs without a better one it ends; with the schedule {@code
 *     plateau:N} 2N + 1 if not given, since the rate falls after N
 * @param headEpochs of the head at most, where it is trained step by step
 * @param headRate the highest learning rate of such a head
 */
public record Training(
    String recipe,
    long seed,
    @Nullable Integer epochs,
    @Nullable Double rate,
    @Nullable Integer batch,
    @Nullable Integer microBatch,
    @Nullable String optimizer,
    @Nullable String schedule,
    @Nullable Double warmUp,
    @Nullable Double layerDecay,
    @Nullable Double clipNorm,
    @Nullable String monitor,
    @Nullable Integer patience,
    @Nullable Integer headEpochs,
    @Nullable Double headRate) {

  private static final double USUAL_WARM_UP = 0.1;

  /** The recipe of this name as it is. */
  public static Training by(String recipe) {
    return new Training(
        recipe, 0, null, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  /** This with another seed. */
  public Training seed(long value) {
    return new Training(
        recipe,
        value,
        epochs,
        rate,
        batch,
        microBatch,
        optimizer,
        schedule,
        warmUp,
        layerDecay,
        clipNorm,
        monitor,
        patience,
        headEpochs,
        headRate);
  }

  /**
   * The recipe with all this in it.
   *
   * @throws dev.graft.error.BadRequestException if a name is not known or a number makes no sense
   */
  public Recipe toRecipe() {
    Recipe named = Recipe.named(recipe);
    if (named.fineTunes().isEmpty() && (epochs != null || rate != null || layerDecay != null)) {
      throw new BadRequestException(
          "the recipe '"
              + recipe
              + "' has no fine-tuning for epochs, rate and layer decay to be about; leave these out,"
              + " or take 'top', 'gradual' or 'full'. A head that is trained step by step has head"
              + " epochs and a head rate.",
          Remedy.HEAD_SETTINGS);
    }
    Recipe.HeadSettings head = named.head();
    Recipe all = named.seed(seed).head(head.steps(ofHead(head.steps()))).each(this::ofFineTuning);
    return monitor == null ? all : all.keepBy(monitor);
  }

  private FineTune ofHead(FineTune given) {
    FineTune settings = changed(given);
    settings = headEpochs == null ? settings : settings.epochs(headEpochs);
    return headRate == null ? settings : settings.rate(headRate);
  }

  /** Whether it says anything that needs a head which is trained step by step. */
  boolean stepsOfHead() {
    boolean all = batch != null || optimizer != null || schedule != null || warmUp != null;
    boolean more = clipNorm != null || patience != null;
    return headEpochs != null
        || headRate != null
        || (Recipe.named(recipe).fineTunes().isEmpty() && (all || more));
  }

  /** Whether it names a metric, and has nothing that ends by it. */
  boolean onlyDecides() {
    return monitor != null && Recipe.named(recipe).fineTunes().isEmpty();
  }

  private FineTune ofFineTuning(FineTune given) {
    FineTune settings = changed(given);
    settings = epochs == null ? settings : settings.epochs(epochs);
    settings = rate == null ? settings : settings.rate(rate);
    return layerDecay == null ? settings : settings.rates(LayerRates.falling(layerDecay));
  }

  /** What holds wherever something is trained step by step. */
  private FineTune changed(FineTune given) {
    FineTune settings = given;
    settings = batch == null ? settings : settings.batch(batch);
    settings = microBatch == null ? settings : settings.microBatch(microBatch);
    settings = optimizer == null ? settings : settings.optimizer(Optimizer.named(optimizer));
    settings = clipNorm == null ? settings : settings.clipping(Clipping.byGlobalNorm(clipNorm));
    settings = schedule == null && warmUp == null ? settings : settings.schedule(overTime());
    return settings.stop(stop(settings.stop()));
  }

  /** With a plateau one that leaves the rate time to fall, and to show what that is good for. */
  private EarlyStop stop(EarlyStop given) {
    if (schedule == null
        || !(Schedule.parse(schedule) instanceof Schedule.ReduceOnPlateau plateau)) {
      return patience == null ? given : given.patience(patience);
    }
    int epochs = plateau.patience();
    if (patience == null) {
      return given.patience(Ints.saturatedCast(2L * epochs + 1));
    }
    String metric = monitor == null ? given.metric() : monitor;
    if (patience <= epochs && metric.equals("loss")) {
      throw new BadRequestException(
          "the schedule '"
              + schedule
              + "' lets the rate fall after "
              + epochs
              + " epochs without a smaller loss, but a patience of "
              + patience
              + " ends training by then; take a patience of "
              + (epochs + 1L)
              + " or more or leave it out, or take a shorter plateau.",
          Remedy.MORE_PATIENCE);
    }
    return given.patience(patience);
  }

  private Schedule overTime() {
    Schedule wanted = schedule == null ? Schedule.cosine() : Schedule.parse(schedule);
    if (wanted instanceof Schedule.OneCycle) {
      if (warmUp != null) {
        throw new BadRequestException(
            "the schedule one-cycle rises by itself over the first 30% of the steps; leave out the"
                + " warm-up, or take another schedule, such as cosine.",
            Remedy.NO_WARM_UP);
      }
      return wanted;
    }
    double part = warmUp == null ? USUAL_WARM_UP : warmUp;
    return part == 0 ? wanted : wanted.warmUp(part);
  }
}
