package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Floats;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * By what it is decided which weights are kept: whether a solved head takes the place of the one
 * that came with the model, and whether what a stretch gave takes the place of what was there
 * before it. One metric of the validation part for all of a run.
 *
 * @param metric its name, or {@code loss}
 * @param reason why that one
 */
record Acceptance(String metric, String reason) {

  /**
   * That of a run.
   *
   * @throws BadRequestException if stretches end by different metrics and nobody said which
   *     decides, or the heads have no such metric
   */
  static Acceptance of(Recipe recipe, Task task, Dataset validation) {
    Acceptance chosen = chosen(recipe, task, validation);
    ImmutableSet<String> metrics = task.metrics();
    if (!chosen.metric.equals("loss") && !metrics.contains(chosen.metric)) {
      throw Evaluation.noMetric(chosen.metric, metrics);
    }
    return chosen;
  }

  private static Acceptance chosen(Recipe recipe, Task task, Dataset validation) {
    if (recipe.metric().isPresent()) {
      return new Acceptance(recipe.metric().get(), "as asked for");
    }
    List<FineTune> all = new ArrayList<>(recipe.fineTunes());
    all.add(recipe.head().steps());
    Set<String> named = new LinkedHashSet<>();
    all.forEach(settings -> settings.stop().named().ifPresent(named::add));
    if (named.size() > 1) {
      throw new BadRequestException(
          "the stretches of the recipe '"
              + recipe.name()
              + "' end by different metrics, "
              + named
              + ", and one decides what is kept of them; say which.",
          Remedy.KEEP_BY);
    }
    if (!named.isEmpty()) {
      return new Acceptance(named.iterator().next(), "by which training ends, too");
    }
    if (task.goals().stream().anyMatch(Goal::weighsLabels)) {
      return new Acceptance("loss", "in which labels count by the weights given to them");
    }
    if (isWeighted(validation)) {
      return new Acceptance("loss", "in which examples count by the weights given to them");
    }
    String usual = task.metric();
    return new Acceptance(
        usual, usual.equals("loss") ? "since no other measure fits all answers" : "as is usual");
  }

  /** Whether some examples count more than others. */
  private static boolean isWeighted(Dataset data) {
    return Floats.asList(data.weights().floats()).stream().distinct().count() > 1;
  }

  /**
   * Why what a stretch gave is not kept; empty if it is. Where there was a head as it was drawn at
   * random, its luck does not count: the stretch has to have learned, that is all.
   *
   * @param before the score of the best before it
   * @param now its own score
   * @throws FailedCheckException if it has not learned, and there is nothing else
   */
  Optional<String> whyNot(
      Stage stage, TrainingLoop.Result tuned, Evaluation before, Evaluation now) {
    boolean isBetter = now.isBetter(before, metric);
    if (stage.fresh()) {
      if (!isBetter && !now.isBetter("loss", tuned.lowestLoss(), before.loss())) {
        throw nothingLearned(
            stage,
            String.format(
                Locale.ROOT,
                "on validation its epochs' lowest loss %.3f is no better than the %.3f before",
                tuned.lowestLoss(),
                before.loss()));
      }
      return Optional.empty();
    }
    boolean ties = now.metric(metric) == before.metric(metric);
    boolean byLoss = stage.ofHeads() && ties && now.isBetter(before, "loss");
    return isBetter || byLoss
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s %.3f is no better than %.3f before it on validation",
                metric,
                now.metric(metric),
                before.metric(metric)));
  }

  /**
   * Why none of a stretch's epochs is one to keep.
   *
   * @throws FailedCheckException if there is nothing but a head drawn at random without it
   */
  String notLearned(Stage stage, TrainingLoop.Result tuned, Evaluation before) {
    String by = stage.settings().stop().metric();
    String why =
        tuned.epochs() == 0
            ? "no epoch of it came to its end"
            : Double.isNaN(tuned.bestOfEpochs())
                ? "on validation the " + by + " of its epochs is no number; lower the rate"
                : String.format(
                    Locale.ROOT,
                    "its epochs' best %s %.3f is no better than %.3f before it on validation",
                    by,
                    tuned.bestOfEpochs(),
                    before.metric(by));
    if (stage.fresh()) {
      throw nothingLearned(stage, why);
    }
    return why;
  }

  private static FailedCheckException nothingLearned(Stage stage, String why) {
    return new FailedCheckException(
        stage.words()
            + " learned nothing: "
            + why
            + ". A head as it was drawn at random is no model to go on with; lower its rate, or"
            + " look at what the data say.",
        Remedy.LOWER_HEAD_RATE);
  }

  /** For a person, where it was named and nothing is left to decide. */
  String idle(Task task) {
    return "the metric '"
        + metric
        + "' has nothing to decide: "
        + task.describe()
        + " is solved at once, and there is no other to choose from";
  }

  /** For a person. */
  String words() {
    return "what is kept is decided by the " + metric + " on validation, " + reason;
  }
}
