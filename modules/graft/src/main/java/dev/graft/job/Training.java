package dev.graft.job;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.google.common.primitives.Ints;
import dev.graft.error.BadRequestException;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import dev.graft.words.Remedy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Job} trains, in the words of the flags of {@code graft finetune}: a recipe by its
 * name, and what differs from it. Whoever needs more changes the {@link Recipe} itself.
 *
 * <p>Batches, optimizer, schedule, clipping and patience hold for the steps of the head, too, where
 * it is trained step by step.
 */
public final class Training {

  private static final double USUAL_WARM_UP = 0.1;

  private final Fields set;

  Training(Fields set) {
    this.set = set;
  }

  /** The recipe of this name as it is, see {@link Recipe#named}. */
  public static Training by(String recipe) {
    Fields fields = new Fields();
    fields.recipe = recipe;
    return new Training(fields);
  }

  private Training with(Consumer<Fields> change) {
    Fields next = set.copy();
    change.accept(next);
    return new Training(next);
  }

  /** This, beginning with another recipe. */
  public Training recipe(String name) {
    requireNonNull(name, "name");
    return with(next -> next.recipe = name);
  }

  /** This with another seed, which every draw comes from. */
  public Training seed(long value) {
    return with(next -> next.seed = value);
  }

  /** This with so many epochs of fine-tuning at most, in each stretch. */
  public Training epochs(int value) {
    return with(next -> next.epochs = value);
  }

  /** This with another highest learning rate of fine-tuning. */
  public Training rate(double value) {
    return with(next -> next.rate = value);
  }

  /** This with so many examples in a step. */
  public Training batch(int value) {
    return with(next -> next.batch = value);
  }

  /** This with at most so many examples computed at once, where nothing is learned, too. */
  public Training microBatch(int value) {
    return with(next -> next.microBatch = value);
  }

  /** This with another optimizer, as {@link Optimizer#named} takes it. */
  public Training optimizer(String value) {
    requireNonNull(value, "optimizer");
    return with(next -> next.optimizer = value);
  }

  /** This with another rate over time, as {@link Schedule#parse} takes it. */
  public Training schedule(String value) {
    requireNonNull(value, "schedule");
    return with(next -> next.schedule = value);
  }

  /**
   * This with another part of all steps in which the rate rises, 0 to 1; with another schedule than
   * the recipe's a tenth if not given. Not with one cycle, which rises by itself.
   */
  public Training warmUp(double value) {
    return with(next -> next.warmUp = value);
  }

  /** This with another share of the rate of a block that the block before it has. */
  public Training layerDecay(double value) {
    return with(next -> next.layerDecay = value);
  }

  /** This with all gradients together cut down to this Euclidean norm. */
  public Training clipNorm(double value) {
    return with(next -> next.clipNorm = value);
  }

  /**
   * This with a metric that ends training, whose best epoch is kept, and by which it is decided
   * what is kept of all, see {@link Recipe#keepBy}.
   */
  public Training monitor(String value) {
    requireNonNull(value, "monitor");
    return with(next -> next.monitor = value);
  }

  /**
   * This with an end after so many epochs without a better one; with the schedule {@code plateau:N}
   * 2N + 1 if not given, since the rate falls after N.
   */
  public Training patience(int value) {
    return with(next -> next.patience = value);
  }

  /** This with so many epochs of the head at most, where it is trained step by step. */
  public Training headEpochs(int value) {
    return with(next -> next.headEpochs = value);
  }

  /** This with another highest learning rate of such a head. */
  public Training headRate(double value) {
    return with(next -> next.headRate = value);
  }

  /** This in no more time than that, see {@link dev.graft.trainer.TrainOptions#time}. */
  public Training time(Duration value) {
    var unused = TrainOptions.by(Recipe.headOnly()).time(requireNonNull(value, "time"));
    return with(next -> next.time = value.toString());
  }

  /** How long it may take, if that was said. */
  Optional<Duration> time() {
    return Optional.ofNullable(set.time).map(Duration::parse);
  }

  /** What every draw comes from. */
  public long seed() {
    return set.seed;
  }

  /** The metric that ends training, if one was named. */
  Optional<String> monitor() {
    return Optional.ofNullable(set.monitor);
  }

  /** All that is set, as {@code run.json} holds it. */
  Fields fields() {
    return set;
  }

  /**
   * The recipe with all this in it.
   *
   * @throws dev.graft.error.BadRequestException if a name is not known or a number makes no sense
   */
  public Recipe toRecipe() {
    Recipe named = Recipe.named(set.recipe);
    if (named.fineTunes().isEmpty()
        && (set.epochs != null || set.rate != null || set.layerDecay != null)) {
      throw new BadRequestException(
          "the recipe '"
              + set.recipe
              + "' has no fine-tuning for epochs, rate and layer decay to be about; leave these out,"
              + " or take 'top', 'gradual' or 'full'. A head that is trained step by step has head"
              + " epochs and a head rate.",
          Remedy.HEAD_SETTINGS);
    }
    Recipe.HeadSettings head = named.head();
    Recipe all =
        named.seed(set.seed).head(head.steps(ofHead(head.steps()))).each(this::ofFineTuning);
    return set.monitor == null ? all : all.keepBy(set.monitor);
  }

  private FineTune ofHead(FineTune given) {
    FineTune settings = changed(given);
    settings = set.headEpochs == null ? settings : settings.epochs(set.headEpochs);
    return set.headRate == null ? settings : settings.rate(set.headRate);
  }

  /** Whether it says anything that needs a head which is trained step by step. */
  boolean stepsOfHead() {
    boolean all =
        set.batch != null || set.optimizer != null || set.schedule != null || set.warmUp != null;
    boolean more = set.clipNorm != null || set.patience != null || set.time != null;
    return set.headEpochs != null
        || set.headRate != null
        || (Recipe.named(set.recipe).fineTunes().isEmpty() && (all || more));
  }

  /** Whether it names a metric, and has nothing that ends by it. */
  boolean onlyDecides() {
    return set.monitor != null && Recipe.named(set.recipe).fineTunes().isEmpty();
  }

  private FineTune ofFineTuning(FineTune given) {
    FineTune settings = changed(given);
    settings = set.epochs == null ? settings : settings.epochs(set.epochs);
    settings = set.rate == null ? settings : settings.rate(set.rate);
    return set.layerDecay == null ? settings : settings.rates(LayerRates.falling(set.layerDecay));
  }

  /** What holds wherever something is trained step by step. */
  private FineTune changed(FineTune given) {
    FineTune settings = given;
    settings = set.batch == null ? settings : settings.batch(set.batch);
    settings = set.microBatch == null ? settings : settings.microBatch(set.microBatch);
    settings =
        set.optimizer == null ? settings : settings.optimizer(Optimizer.named(set.optimizer));
    settings =
        set.clipNorm == null ? settings : settings.clipping(Clipping.byGlobalNorm(set.clipNorm));
    settings =
        set.schedule == null && set.warmUp == null ? settings : settings.schedule(overTime());
    return settings.stop(stop(settings.stop()));
  }

  /** With a plateau one that leaves the rate time to fall, and to show what that is good for. */
  private EarlyStop stop(EarlyStop given) {
    if (set.schedule == null
        || !(Schedule.parse(set.schedule) instanceof Schedule.ReduceOnPlateau plateau)) {
      return set.patience == null ? given : given.patience(set.patience);
    }
    int epochs = plateau.patience();
    if (set.patience == null) {
      return given.patience(Ints.saturatedCast(2L * epochs + 1));
    }
    String metric = set.monitor == null ? given.metric() : set.monitor;
    if (set.patience <= epochs && metric.equals("loss")) {
      throw new BadRequestException(
          "the schedule '"
              + set.schedule
              + "' lets the rate fall after "
              + epochs
              + " epochs without a smaller loss, but a patience of "
              + set.patience
              + " ends training by then; take a patience of "
              + (epochs + 1L)
              + " or more or leave it out, or take a shorter plateau.",
          Remedy.MORE_PATIENCE);
    }
    return given.patience(set.patience);
  }

  private Schedule overTime() {
    Schedule wanted = set.schedule == null ? Schedule.cosine() : Schedule.parse(set.schedule);
    if (wanted instanceof Schedule.OneCycle) {
      if (set.warmUp != null) {
        throw new BadRequestException(
            "the schedule one-cycle rises by itself over the first 30% of the steps; leave out the"
                + " warm-up, or take another schedule, such as cosine.",
            Remedy.NO_WARM_UP);
      }
      return wanted;
    }
    double part = set.warmUp == null ? USUAL_WARM_UP : set.warmUp;
    return part == 0 ? wanted : wanted.warmUp(part);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Training training && training.set.all().equals(set.all());
  }

  @Override
  public int hashCode() {
    return set.all().hashCode();
  }

  @Override
  public String toString() {
    return "Training" + set.all();
  }

  /** All that is set; what is null is as the recipe has it. */
  @JsonAutoDetect(fieldVisibility = JsonAutoDetect.Visibility.ANY)
  static final class Fields {
    private String recipe = "auto";
    private long seed;
    private @Nullable Integer epochs;
    private @Nullable Double rate;
    private @Nullable Integer batch;
    private @Nullable Integer microBatch;
    private @Nullable String optimizer;
    private @Nullable String schedule;
    private @Nullable Double warmUp;
    private @Nullable Double layerDecay;
    private @Nullable Double clipNorm;
    private @Nullable String monitor;
    private @Nullable Integer patience;
    private @Nullable Integer headEpochs;
    private @Nullable Double headRate;
    private @Nullable String time;

    private Fields copy() {
      Fields copy = new Fields();
      copy.recipe = recipe;
      copy.seed = seed;
      copy.epochs = epochs;
      copy.rate = rate;
      copy.batch = batch;
      copy.microBatch = microBatch;
      copy.optimizer = optimizer;
      copy.schedule = schedule;
      copy.warmUp = warmUp;
      copy.layerDecay = layerDecay;
      copy.clipNorm = clipNorm;
      copy.monitor = monitor;
      copy.patience = patience;
      copy.headEpochs = headEpochs;
      copy.headRate = headRate;
      copy.time = time;
      return copy;
    }

    private List<@Nullable Object> all() {
      return Arrays.asList(
          recipe,
          seed,
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
          headRate,
          time);
    }
  }
}
