package dev.graft.trainer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import dev.graft.data.Batch;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.TrainingPlan;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.optimizer.LayerRates;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How to train, as a value to read and change: the new head first, then one stretch of fine-tuning
 * after another, each kept only if it is better on the validation part.
 */
public final class Recipe {

  private static final String AUTO = "auto";

  /** What {@link #auto} is called once it is said what trains. */
  private static final String CUSTOM = "custom";

  private final Fields set;

  private Recipe(Fields set) {
    this.set = set;
    if (isAuto() && (fineTunes().size() != 1 || fineTunes().get(0).stretch().isPresent())) {
      throw new BadRequestException(
          "the recipe 'auto' chooses by itself what trains and in which stretches, and was given"
              + " them; take another name for it, or another recipe.");
    }
  }

  /**
   * Chooses one of the others by the size of the data and the model and by the time that there is,
   * and says why and how long it will take.
   */
  public static Recipe auto() {
    return of(AUTO, FineTune.top());
  }

  /** Trains the new head and leaves all else as it is. */
  public static Recipe headOnly() {
    return of("head");
  }

  /** Trains the new head, then the last blocks with it at a low rate. */
  public static Recipe headThenTop() {
    return of("head then top", FineTune.top());
  }

  /**
   * Trains the new head, then a third of the blocks with it, then two thirds, then all, each from
   * what was best before (Howard and Ruder 2018), with rates that fall from block to block.
   */
  public static Recipe gradual() {
    FineTune slower = FineTune.top().rates(LayerRates.falling(0.9));
    return of("gradual", slower.share(1.0 / 3), slower.share(2.0 / 3), slower.share(1));
  }

  /** Trains the new head, then all of the model at a low rate. */
  public static Recipe full() {
    return of("full", FineTune.top().share(1));
  }

  private static Recipe of(String name, FineTune... fineTunes) {
    Fields fields = new Fields();
    fields.name = name;
    fields.fineTunes = ImmutableList.copyOf(fineTunes);
    return new Recipe(fields);
  }

  private Recipe with(Consumer<Fields> change) {
    Fields next = set.copy();
    change.accept(next);
    return new Recipe(next);
  }

  /**
   * The recipe of this name, as {@link #name} has it; {@code top} is short for {@code head then
   * top}.
   *
   * @throws BadRequestException if there is none
   */
  public static Recipe named(String name) {
    requireNonNull(name, "name");
    for (Recipe recipe : List.of(auto(), headOnly(), headThenTop(), gradual(), full())) {
      if (recipe.name().equals(name)) {
        return recipe;
      }
    }
    if (name.equals("top")) {
      return headThenTop();
    }
    throw new BadRequestException(
        "there is no recipe '"
            + name
            + "'; take 'auto', 'head', 'head then top' (or 'top'), 'gradual' or 'full'.");
  }

  /** Whether it still has to be chosen. */
  public boolean isAuto() {
    return set.name.equals(AUTO);
  }

  /** What it is called. */
  public String name() {
    return set.name;
  }

  /** How the new head is trained. */
  public HeadSettings head() {
    return set.head;
  }

  /** What is trained after that, in order. */
  public List<FineTune> fineTunes() {
    return set.fineTunes;
  }

  /** What each head is trained for. */
  public Objectives objectives() {
    return set.objectives;
  }

  /** What every draw comes from: the same data, recipe and seed give the same model. */
  public long seed() {
    return set.seed;
  }

  /**
   * The metric by which it is decided what is kept, see {@link #keepBy}; if nobody said, the one
   * that an {@link EarlyStop} names, else the loss where labels or examples have weights, else
   * accuracy where one label is given to each example, else the loss. It is told in the decisions.
   */
  public Optional<String> metric() {
    return set.metric;
  }

  /** This recipe with all its fine-tuning changed in the same way. */
  public Recipe each(UnaryOperator<FineTune> change) {
    requireNonNull(change, "change");
    ImmutableList<FineTune> changed =
        fineTunes().stream().map(change).collect(ImmutableList.toImmutableList());
    return with(next -> next.fineTunes = changed);
  }

  /**
   * This recipe along a plan of what trains when: a stretch of fine-tuning for each of the plan's,
   * with the settings of this recipe's first. Of {@link #auto} nothing is left to choose then.
   */
  public Recipe along(TrainingPlan plan) {
    requireNonNull(plan, "plan");
    FineTune settings = fineTunes().isEmpty() ? FineTune.top() : fineTunes().get(0);
    return then(plan.stretches().stream().map(settings::stretch).toArray(FineTune[]::new));
  }

  /** This recipe with another seed. */
  public Recipe seed(long value) {
    return with(next -> next.seed = value);
  }

  /** This recipe with the head trained otherwise. */
  public Recipe head(HeadSettings value) {
    requireNonNull(value, "head");
    return with(next -> next.head = value);
  }

  /**
   * This recipe with other fine-tuning after the head. Of {@link #auto} nothing is left to choose
   * then; to change only how it trains, see {@link #each}.
   */
  public Recipe then(FineTune... value) {
    requireNonNull(value, "then");
    return with(
        next -> {
          next.name = isAuto() ? CUSTOM : next.name;
          next.fineTunes = ImmutableList.copyOf(value);
        });
  }

  /** This recipe with heads trained for something else than usual. */
  public Recipe objectives(Objectives value) {
    requireNonNull(value, "objectives");
    return with(next -> next.objectives = value);
  }

  /**
   * This recipe with what is kept decided by this metric of the validation part, {@code loss} or
   * one of {@link Evaluation#metrics}: heads that are solved where the model brings one, and all
   * that is trained in steps. The epochs of stretches that name none go by it, too.
   */
  public Recipe keepBy(String value) {
    requireNonNull(value, "keepBy");
    return with(next -> next.metric = Optional.of(value));
  }

  /** This recipe with its metric said to all that is trained in steps. */
  public Recipe told() {
    FineTune steps = head().steps();
    return head(head().steps(steps.stop(steps.stop().or(metric()))))
        .each(each -> each.stop(each.stop().or(metric())));
  }

  /** How many examples any of its steps computes at once, for which there has to be memory. */
  @Internal
  public int atOnce() {
    int most = Integer.MAX_VALUE;
    for (FineTune settings : Iterables.concat(fineTunes(), List.of(head().steps()))) {
      int batch = settings.batch();
      if (settings.findsBatch()) { // that is the most to be tried, and nobody knows what fits
        batch = Math.min(batch, Batch.SCORED);
      }
      most = Math.min(most, Math.min(batch, settings.microBatch()));
    }
    return most;
  }

  /**
   * How heads are trained on features that do not change: a single dense layer to convergence, any
   * other step by step.
   *
   * @param strengths the L2 strengths to choose from by cross-validation
   * @param folds into how many parts the training examples are dealt for it
   * @param crossValidateUpTo with more training examples than this, one part is held back once
   *     instead of each in turn
   * @param fallbackStrength the strength where a label has a single example, so that none can be
   *     held back
   * @param steps how heads that are no single dense layer are trained, or whose objective compares
   *     examples with each other, or with a penalty; its share does not count
   */
  public record HeadSettings(
      List<Double> strengths,
      int folds,
      int crossValidateUpTo,
      double fallbackStrength,
      FineTune steps) {

    public HeadSettings {
      strengths = ImmutableList.copyOf(strengths);
      if (strengths.isEmpty() || strengths.stream().anyMatch(s -> s < 0) || folds < 2) {
        throw new BadRequestException(
            "a head needs L2 strengths of 0 or more and at least 2 folds, given "
                + strengths
                + " and "
                + folds
                + ".");
      }
    }

    /** Five strengths from 1e-4 to 1, five folds; else {@link FineTune#head}. */
    public static HeadSettings defaults() {
      return new HeadSettings(
          ImmutableList.of(1e-4, 1e-3, 1e-2, 1e-1, 1.0), 5, 5000, 1e-2, FineTune.head());
    }

    /** These settings with other steps. */
    public HeadSettings steps(FineTune value) {
      requireNonNull(value, "value");
      return new HeadSettings(strengths, folds, crossValidateUpTo, fallbackStrength, value);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Recipe recipe && recipe.set.all().equals(set.all());
  }

  @Override
  public int hashCode() {
    return set.all().hashCode();
  }

  @Override
  public String toString() {
    return "Recipe" + set.all();
  }

  private static final class Fields {
    private String name = AUTO;
    private HeadSettings head = HeadSettings.defaults();
    private ImmutableList<FineTune> fineTunes = ImmutableList.of();
    private Objectives objectives = Objectives.usual();
    private long seed;
    private Optional<String> metric = Optional.empty();

    private Fields copy() {
      Fields copy = new Fields();
      copy.name = name;
      copy.head = head;
      copy.fineTunes = fineTunes;
      copy.objectives = objectives;
      copy.seed = seed;
      copy.metric = metric;
      return copy;
    }

    private List<Object> all() {
      return List.of(name, head, fineTunes, objectives, seed, metric);
    }
  }
}
