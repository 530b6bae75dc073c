package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import dev.graft.model.BadRequestException;
import dev.graft.model.TrainingPlan;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * How to train, as a value to read and change: the new head first, then one stretch of fine-tuning
 * after another, each kept only if it is better on the validation part.
 *
 * @param name what the recipe is called
 * @param head how the new head is trained
 * @param fineTunes what is trained after that, in order
 * @param objectives what each head is trained for
 * @param seed what every draw comes from: the same data, recipe and seed give the same model
 */
public record Recipe(
    String name,
    HeadSettings head,
    ImmutableList<FineTune> fineTunes,
    Objectives objectives,
    long seed) {

  private static final String AUTO = "auto";

  /** Chooses one of the others by the size of the data and the model, and says why. */
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
    return new Recipe(
        name, HeadSettings.defaults(), ImmutableList.copyOf(fineTunes), Objectives.usual(), 0);
  }

  /**
   * The recipe of this name, as {@link #name} has it; {@code top} is short for {@code head then
   * top}.
   *
   * @throws BadRequestException if there is none
   */
  public static Recipe named(String name) {
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
  boolean isAuto() {
    return name.equals(AUTO);
  }

  /** This recipe with all its fine-tuning changed in the same way. */
  public Recipe each(UnaryOperator<FineTune> change) {
    return then(fineTunes.stream().map(change).toArray(FineTune[]::new));
  }

  /**
   * This recipe along a plan of what trains when: a stretch of fine-tuning for each of the plan's,
   * with the settings of this recipe's first.
   */
  public Recipe along(TrainingPlan plan) {
    FineTune settings = fineTunes.isEmpty() ? FineTune.top() : fineTunes.get(0);
    return then(plan.stretches().stream().map(settings::stretch).toArray(FineTune[]::new));
  }

  /** This recipe with another seed. */
  public Recipe seed(long value) {
    return new Recipe(name, head, fineTunes, objectives, value);
  }

  /** This recipe with the head trained otherwise. */
  public Recipe head(HeadSettings value) {
    return new Recipe(name, value, fineTunes, objectives, seed);
  }

  /** This recipe with other fine-tuning after the head. */
  public Recipe then(FineTune... value) {
    return new Recipe(name, head, ImmutableList.copyOf(value), objectives, seed);
  }

  /** This recipe with heads trained for something else than usual. */
  public Recipe objectives(Objectives value) {
    return new Recipe(name, head, fineTunes, value, seed);
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
      ImmutableList<Double> strengths,
      int folds,
      int crossValidateUpTo,
      double fallbackStrength,
      FineTune steps) {

    public HeadSettings {
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
      return new HeadSettings(strengths, folds, crossValidateUpTo, fallbackStrength, value);
    }
  }
}
