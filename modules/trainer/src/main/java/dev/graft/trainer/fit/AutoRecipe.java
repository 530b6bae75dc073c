package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.internal.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Chooses how much of a model to train. Few examples teach a layer of a million weights nothing but
 * themselves, many are wasted on a head alone; and what was trained is compared with the head alone
 * in any case, so that the choice costs time at worst. How much is estimated before ({@link
 * Estimate}), and less is trained where there is no time for it.
 */
@Internal
public final class AutoRecipe {

  // examples in the training part; orders of magnitude, not measurements
  private static final int FEW = 50;
  private static final int FEW_PER_LABEL = 8;
  private static final int SOME = 5_000;
  private static final int MANY = 50_000;

  private AutoRecipe() {}

  /**
   * What was chosen.
   *
   * @param recipe the recipe
   * @param reasons why, in sentences; none if there was nothing to choose
   */
  public record Choice(Recipe recipe, ImmutableList<String> reasons) {}

  /** {@code recipe}, or what takes its place if it is {@link Recipe#auto}. */
  public static Choice resolve(Recipe recipe, Task task, TrainingPlan blocks, Dataset train) {
    if (!recipe.isAuto()) {
      return new Choice(recipe, ImmutableList.of());
    }
    int examples = train.size();
    int perLabel = train.isOneLabel() ? examples / train.labels().size() : examples;
    List<Variable> unfrozen = Stages.unfrozen(task);
    List<Variable> heads = task.variables();
    FineTune settings = recipe.fineTunes().get(0);
    if (!heads.containsAll(unfrozen)) {
      return choice(
          recipe,
          Recipe.headThenTop().then(settings),
          "the model leaves more than its head unfrozen, and that is what trains");
    }
    if (blocks.stretches().isEmpty()) {
      return choice(recipe, Recipe.headOnly(), "there is nothing to train before the head");
    }
    if (!heads.isEmpty() && (examples < FEW || perLabel < FEW_PER_LABEL)) {
      return choice(
          recipe,
          Recipe.headOnly(),
          words(examples, perLabel) + " would be learned by heart by more than a head");
    }
    if (examples < SOME) {
      return choice(
          recipe,
          Recipe.headThenTop().then(settings),
          words(examples, perLabel) + " are enough to try the last fifth of the blocks");
    }
    if (examples < MANY && blocks.stretches().size() >= 3) {
      return choice(
          recipe,
          Recipe.gradual()
              .then(
                  Recipe.gradual().fineTunes().stream()
                      .map(
                          each ->
                              settings.share(each.share()).rates(settings.rates().or(each.rates())))
                      .toArray(FineTune[]::new)),
          words(examples, perLabel)
              + " are enough to unfreeze all blocks, one third after another");
    }
    return choice(
        recipe,
        Recipe.full().then(settings, settings.share(1)),
        words(examples, perLabel)
            + " are enough to train all of the model, after the last fifth of its blocks");
  }

  /**
   * What to take in the place of {@code slow}, for which there is no time: the last fifth of the
   * blocks, then the head alone. A third after another never takes less than all at once.
   *
   * @return nothing where the model, not the number of examples, says what trains
   */
  static Optional<Choice> faster(Choice slow, Recipe asked, Task task, String why) {
    List<Variable> heads = task.variables();
    if (!asked.isAuto() || heads.isEmpty() || !heads.containsAll(Stages.unfrozen(task))) {
      return Optional.empty();
    }
    return switch (slow.recipe().fineTunes().size()) {
      case 0 -> Optional.empty();
      case 1 -> Optional.of(choice(asked, Recipe.headOnly(), why));
      default ->
          Optional.of(choice(asked, Recipe.headThenTop().then(asked.fineTunes().get(0)), why));
    };
  }

  /**
   * How long a recipe takes here, by what some examples took.
   *
   * @param features seconds to compute once what does not train, less what is kept of it
   * @param steps seconds for all epochs of all stretches
   * @param needed seconds of these without which there is no model: an epoch of a head's steps
   * @param examples of how many there are features
   * @param kept of how many of them they are kept already
   */
  record Estimate(double features, double steps, double needed, int examples, int kept) {

    /**
     * Whether there is time for it, or nobody knows. Of one stretch half of the epochs are enough:
     * they are the most there may be, and the first steps tell how many there is time for ({@link
     * EpochTime}).
     */
    boolean fits(Duration limit, Recipe recipe) {
      return fits(limit, recipe.fineTunes().size() == 1 ? steps / 2 : steps);
    }

    private boolean fits(Duration limit, double beside) {
      double most = limit.toSeconds() + limit.getNano() / 1e9;
      return !(features + beside > most); // NaN where it is not known
    }

    /** Why {@code recipe} is not taken. */
    String tooLong(Recipe recipe, Duration limit) {
      String what =
          recipe.fineTunes().size() == 1
              ? "fine-tuning the last fifth of the blocks"
              : "the recipe '" + recipe.name() + "'";
      return what
          + " would take about "
          + words(features + steps)
          + " here where "
          + (kept == 0
              ? "none of its features are kept"
              : "features of " + kept + " of " + examples + " examples are kept")
          + ", and it is to keep to "
          + TimeLeft.words(limit)
          + " in all";
    }

    /** That what no recipe goes without takes longer than all may, if so. */
    Optional<String> late(Duration limit) {
      if (fits(limit, needed)) {
        return Optional.empty();
      }
      String what = fits(limit, 0) ? "features and an epoch of the head" : "features alone";
      return Optional.of(
          what
              + " take longer than the "
              + TimeLeft.words(limit)
              + " that all is to keep to, and there is no model without them; take fewer examples,"
              + " or give it more time");
    }

    /**
     * How long all takes, for a person to know before it begins; empty where that is not known.
     *
     * @param measured how many examples were measured
     * @param solves whether a head is solved, besides
     */
    String words(int measured, boolean solves) {
      if (Double.isNaN(features + steps) || (features + steps == 0 && kept == 0)) {
        return "";
      }
      List<String> parts = new ArrayList<>();
      if (kept == examples) {
        parts.add("features of all " + examples + " examples are kept");
        parts.addAll(
            features > 0 ? List.of("their pixels take about " + words(features)) : List.of());
      } else if (features > 0) {
        parts.add(
            "features of "
                + (examples - kept)
                + " examples take about "
                + words(features)
                + (kept == 0 ? " where none are kept" : ", those of " + kept + " are kept"));
      }
      if (steps > 0) {
        parts.add("all epochs " + (features > 0 ? "about " : "take about ") + words(steps));
      }
      return String.join(", ", parts)
          + (solves ? ", and the head comes on top" : "")
          + (features + steps == 0
              ? ""
              : "; measured with " + measured + (measured == 1 ? " example" : " examples"));
    }

    private static String words(double seconds) {
      return TimeLeft.words(Duration.ofMillis((long) (seconds * 1e3)));
    }
  }

  private static Choice choice(Recipe asked, Recipe chosen, String reason) {
    Recipe.HeadSettings head = asked.head();
    if (chosen.fineTunes().isEmpty() && asked.atOnce() < Batch.SCORED) {
      head = head.steps(head.steps().microBatch(asked.atOnce())); // what memory has room for
    }
    Optional<String> metric =
        chosen.fineTunes().isEmpty()
            ? asked.metric().or(() -> asked.fineTunes().get(0).stop().named())
            : asked.metric();
    Recipe as = chosen.head(head).objectives(asked.objectives()).seed(asked.seed());
    Recipe recipe = metric.map(as::keepBy).orElse(as);
    ImmutableList.Builder<String> reasons = ImmutableList.builder();
    reasons.add("recipe '" + chosen.name() + "', since " + reason);
    if (chosen.fineTunes().isEmpty() && isChanged(asked.fineTunes().get(0))) {
      reasons.add(
          "epochs, rate and the like are for fine-tuning, which does not happen here; take 'top',"
              + " 'gradual' or 'full' for it");
    }
    return new Choice(recipe, reasons.build());
  }

  /** Whether it says more than how many examples there is room for, and by what to decide. */
  private static boolean isChanged(FineTune settings) {
    FineTune usual = FineTune.top();
    EarlyStop stop = new EarlyStop(usual.stop().named(), settings.stop().patience());
    return !settings.batch(usual.batch()).microBatch(usual.microBatch()).stop(stop).equals(usual);
  }

  private static String words(int examples, int perLabel) {
    return String.format(
        Locale.ROOT,
        "%,d examples to learn from%s",
        examples,
        perLabel == examples ? "" : String.format(Locale.ROOT, ", about %,d a label,", perLabel));
  }
}
