package dev.graft.job;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.EnumNaming;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
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
import dev.graft.words.Words;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Job} trains, in the words of the flags of {@code graft finetune}: a recipe by its
 * name, and what differs from it. Whoever needs more changes the {@link Recipe} itself.
 *
 * <p>Batches, optimizer, schedule, clipping and patience hold for the steps of the head, too, where
 * it is trained step by step.
 */
public final class Training {

  private static final JsonMapper JSON = new JsonMapper();

  /** Of all that is trained step by step, be it a head. */
  private static final Set<Setting> STEPS =
      Sets.immutableEnumSet(
          Setting.BATCH,
          Setting.BATCH_UP_TO,
          Setting.OPTIMIZER,
          Setting.SCHEDULE,
          Setting.WARM_UP,
          Setting.CLIP_NORM,
          Setting.PATIENCE,
          Setting.TIME);

  private final ImmutableMap<Setting, Object> set;

  private Training(Map<Setting, Object> set) {
    this.set = Maps.immutableEnumMap(set);
  }

  /** The recipe of this name as it is, see {@link Recipe#named}. */
  public static Training by(String recipe) {
    requireNonNull(recipe, "recipe");
    return new Training(Map.of(Setting.RECIPE, recipe, Setting.SEED, 0L));
  }

  /** As {@code run.json} has it, in which a null once stood for what is as the recipe has it. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Training stored(Map<Setting, JsonNode> values) throws JsonProcessingException {
    Map<Setting, Object> set = new EnumMap<>(by("auto").set);
    for (Map.Entry<Setting, JsonNode> each : values.entrySet()) {
      if (!each.getValue().isNull()) {
        set.put(each.getKey(), JSON.treeToValue(each.getValue(), each.getKey().type));
      }
    }
    return new Training(set);
  }

  /** All that is set, as {@code run.json} holds it. */
  @JsonValue
  ImmutableMap<Setting, Object> stored() {
    return set;
  }

  private Training with(Setting setting, Object value) {
    Map<Setting, Object> next = new EnumMap<>(set);
    next.put(setting, value);
    return new Training(next);
  }

  private <T> Optional<T> get(Setting setting, Class<T> type) {
    return Optional.ofNullable(set.get(setting)).map(type::cast);
  }

  private Optional<String> text(Setting setting) {
    return get(setting, String.class);
  }

  private Optional<Integer> count(Setting setting) {
    return get(setting, Integer.class);
  }

  private Optional<Double> number(Setting setting) {
    return get(setting, Double.class);
  }

  private boolean says(Setting... any) {
    return Arrays.stream(any).anyMatch(set::containsKey);
  }

  /** This, beginning with another recipe. */
  public Training recipe(String name) {
    return with(Setting.RECIPE, requireNonNull(name, "name"));
  }

  /** This with another seed, which every draw comes from. */
  public Training seed(long value) {
    return with(Setting.SEED, value);
  }

  /** This with so many epochs of fine-tuning at most, in each stretch. */
  public Training epochs(int value) {
    return with(Setting.EPOCHS, value);
  }

  /** This with another highest learning rate of fine-tuning. */
  public Training rate(double value) {
    return with(Setting.RATE, value);
  }

  /** This with so many examples in a step. */
  public Training batch(int value) {
    return new Training(Maps.filterKeys(set, each -> each != Setting.BATCH_UP_TO))
        .with(Setting.BATCH, value);
  }

  /** This with as many in a step as fit in memory, at most so many: {@link FineTune#batchUpTo}. */
  public Training batchUpTo(int value) {
    return new Training(Maps.filterKeys(set, each -> each != Setting.BATCH))
        .with(Setting.BATCH_UP_TO, value);
  }

  /** This with at most so many examples computed at once, where nothing is learned, too. */
  public Training microBatch(int value) {
    return with(Setting.MICRO_BATCH, value);
  }

  /** This with another optimizer, as {@link Optimizer#named} takes it. */
  public Training optimizer(String value) {
    return with(Setting.OPTIMIZER, requireNonNull(value, "optimizer"));
  }

  /** This with another rate over time, as {@link Schedule#parse} takes it. */
  public Training schedule(String value) {
    return with(Setting.SCHEDULE, requireNonNull(value, "schedule"));
  }

  /**
   * This with another part of all steps in which the rate rises, 0 to 1; with another schedule than
   * the recipe's a tenth if not given. Not with one cycle, which rises by itself.
   */
  public Training warmUp(double value) {
    return with(Setting.WARM_UP, value);
  }

  /** This with another share of the rate of a block that the block before it has. */
  public Training layerDecay(double value) {
    return with(Setting.LAYER_DECAY, value);
  }

  /** This with all gradients together cut down to this Euclidean norm. */
  public Training clipNorm(double value) {
    return with(Setting.CLIP_NORM, value);
  }

  /**
   * This with a metric that ends training, whose best epoch is kept, and by which it is decided
   * what is kept of all, see {@link Recipe#keepBy}.
   */
  public Training monitor(String value) {
    return with(Setting.MONITOR, requireNonNull(value, "monitor"));
  }

  /**
   * This with an end after so many epochs without a better one; with the schedule {@code plateau:N}
   * 2N + 1 if not given, since the rate falls after N.
   */
  public Training patience(int value) {
    return with(Setting.PATIENCE, value);
  }

  /** This with so many epochs of the head at most, where it is trained step by step. */
  public Training headEpochs(int value) {
    return with(Setting.HEAD_EPOCHS, value);
  }

  /** This with another highest learning rate of such a head. */
  public Training headRate(double value) {
    return with(Setting.HEAD_RATE, value);
  }

  /** This in no more time than that, see {@link dev.graft.trainer.TrainOptions#time}. */
  public Training time(Duration value) {
    var unused = TrainOptions.by(Recipe.headOnly()).time(requireNonNull(value, "time"));
    return with(Setting.TIME, value.toString());
  }

  /** This with or without learning once more from the validation part, too; of boxes, usual. */
  public Training refit(boolean value) {
    return with(Setting.REFIT, value);
  }

  /** Whether it does. */
  public boolean refit() {
    return get(Setting.REFIT, Boolean.class).orElse(true);
  }

  /** How long it may take, if that was said. */
  Optional<Duration> time() {
    return text(Setting.TIME).map(Duration::parse);
  }

  /** What every draw comes from. */
  public long seed() {
    return get(Setting.SEED, Long.class).orElseThrow();
  }

  Optional<String> monitor() {
    return text(Setting.MONITOR);
  }

  private Recipe named() {
    return Recipe.named(text(Setting.RECIPE).orElseThrow());
  }

  /**
   * The recipe with all this in it.
   *
   * @throws dev.graft.error.BadRequestException if a name is not known or a number makes no sense
   */
  public Recipe toRecipe() {
    return toRecipe(UnaryOperator.identity());
  }

  /** As {@link #toRecipe()}, of the recipe as {@code usual} for a kind of head. */
  Recipe toRecipe(UnaryOperator<Recipe> usual) {
    Recipe named = usual.apply(named());
    if (named.fineTunes().isEmpty() && says(Setting.EPOCHS, Setting.RATE, Setting.LAYER_DECAY)) {
      throw new BadRequestException(
          "the recipe '"
              + named.name()
              + "' has no fine-tuning for epochs, rate and layer decay to be about; leave these out,"
              + " or take 'top', 'gradual' or 'full'. A head that is trained step by step has head"
              + " epochs and a head rate.",
          Remedy.HEAD_SETTINGS);
    }
    Recipe.HeadSettings head = named.head();
    Recipe all = named.seed(seed()).head(head.steps(ofHead(head.steps()))).each(this::ofFineTuning);
    return changed(all, monitor(), Recipe::keepBy);
  }

  private static <S, T> S changed(S given, Optional<T> value, BiFunction<S, T, S> change) {
    return value.map(set -> change.apply(given, set)).orElse(given);
  }

  private FineTune ofHead(FineTune given) {
    FineTune settings = changed(everywhere(given), count(Setting.HEAD_EPOCHS), FineTune::epochs);
    return changed(settings, number(Setting.HEAD_RATE), FineTune::rate);
  }

  /** What it says that needs a head which is trained step by step, in words. */
  List<String> stepsOfHead() {
    Set<Setting> steps = EnumSet.of(Setting.HEAD_EPOCHS, Setting.HEAD_RATE);
    if (named().fineTunes().isEmpty()) {
      steps.addAll(STEPS);
    }
    return steps.stream().filter(set::containsKey).map(Words::spoken).toList();
  }

  /** Whether it names a metric, and has nothing that ends by it. */
  boolean onlyDecides() {
    return monitor().isPresent() && named().fineTunes().isEmpty();
  }

  private FineTune ofFineTuning(FineTune given) {
    FineTune settings = changed(everywhere(given), count(Setting.EPOCHS), FineTune::epochs);
    settings = changed(settings, number(Setting.RATE), FineTune::rate);
    return changed(settings, number(Setting.LAYER_DECAY).map(LayerRates::falling), FineTune::rates);
  }

  /** What holds wherever something is trained step by step. */
  private FineTune everywhere(FineTune given) {
    FineTune all = changed(given, count(Setting.BATCH), FineTune::batch);
    all = changed(all, count(Setting.BATCH_UP_TO), FineTune::batchUpTo);
    all = changed(all, count(Setting.MICRO_BATCH), FineTune::microBatch);
    all = changed(all, text(Setting.OPTIMIZER).map(Optimizer::named), FineTune::optimizer);
    all = changed(all, number(Setting.CLIP_NORM).map(Clipping::byGlobalNorm), FineTune::clipping);
    all = changed(all, overTime(), FineTune::schedule);
    return all.stop(stop(all.stop()));
  }

  private Schedule schedule() {
    return text(Setting.SCHEDULE).map(Schedule::parse).orElseGet(Schedule::cosine);
  }

  /** With a plateau one that leaves the rate time to fall, and to show what that is good for. */
  private EarlyStop stop(EarlyStop given) {
    Optional<Integer> patience = count(Setting.PATIENCE);
    Schedule wanted = schedule();
    if (!(wanted instanceof Schedule.ReduceOnPlateau plateau)) {
      return changed(given, patience, EarlyStop::patience);
    }
    int epochs = plateau.patience();
    if (patience.filter(each -> each <= epochs).isPresent()
        && monitor().orElse(given.metric()).equals("loss")) {
      throw new BadRequestException(
          String.format(
              Locale.ROOT,
              "the schedule '%s' lets the rate fall after %d epochs without a smaller loss, but a"
                  + " patience of %d ends training by then; take a patience of %d or more or leave"
                  + " it out, or take a shorter plateau.",
              text(Setting.SCHEDULE).orElseThrow(),
              epochs,
              patience.get(),
              epochs + 1L),
          Remedy.MORE_PATIENCE);
    }
    return given.patience(patience.orElse(Ints.saturatedCast(2L * epochs + 1)));
  }

  /** The rate over time, if anything is said of it. */
  private Optional<Schedule> overTime() {
    if (!says(Setting.SCHEDULE, Setting.WARM_UP)) {
      return Optional.empty();
    }
    Schedule wanted = schedule();
    boolean rises = wanted instanceof Schedule.OneCycle; // by itself
    if (rises && says(Setting.WARM_UP)) {
      throw new BadRequestException(
          "the schedule one-cycle rises by itself over the first 30% of the steps; leave out the"
              + " warm-up, or take another schedule, such as cosine.",
          Remedy.NO_WARM_UP);
    }
    double part = rises ? 0 : number(Setting.WARM_UP).orElse(0.1); // a tenth is usual
    return Optional.of(part == 0 ? wanted : wanted.warmUp(part));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Training training && training.set.equals(set);
  }

  @Override
  public int hashCode() {
    return set.hashCode();
  }

  @Override
  public String toString() {
    return "Training" + set;
  }

  /** What can be said, and as what; what is not said is as the recipe has it. */
  @EnumNaming(EnumNamingStrategies.CamelCaseStrategy.class)
  private enum Setting {
    RECIPE(String.class),
    SEED(Long.class),
    EPOCHS(Integer.class),
    RATE(Double.class),
    BATCH(Integer.class),
    BATCH_UP_TO(Integer.class),
    MICRO_BATCH(Integer.class),
    OPTIMIZER(String.class),
    SCHEDULE(String.class),
    WARM_UP(Double.class),
    LAYER_DECAY(Double.class),
    CLIP_NORM(Double.class),
    MONITOR(String.class),
    PATIENCE(Integer.class),
    HEAD_EPOCHS(Integer.class),
    HEAD_RATE(Double.class),
    TIME(String.class),
    REFIT(Boolean.class);

    private final Class<?> type;

    Setting(Class<?> type) {
      this.type = type;
    }
  }
}
