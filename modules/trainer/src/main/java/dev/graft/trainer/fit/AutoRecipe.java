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
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Chooses how much of a model to train. Few examples teach a layer of a million weights nothing but
 * themselves, many are wasted on a head alone; and what was trained is compared with the head alone
 * in any case, so that the choice costs time at worst; how much, the first steps of each stretch
 * tell ({@link EpochTime}).
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
