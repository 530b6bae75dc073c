package dev.graft.trainer.internal.head;

import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The heads that are one dense layer: solved to convergence, before anything is trained in steps.
 */
public record SolvedHeads(TensorFlowRuntime runtime, Task task, Recipe recipe, Watch watch) {

  /**
   * Solves one after the other; one that came with weights of its own keeps them unless the solved
   * ones do better on the validation part.
   *
   * @param solvable the heads that are one dense layer
   * @param features before the heads
   * @param metric by which a head that came with weights is replaced
   * @return the values of the heads' variables, by name
   */
  public ImmutableMap<String, TensorValue> train(
      ImmutableMap<HeadGoal, LinearHead> solvable, CachedFeatures.Part features, String metric) {
    ImmutableMap<String, TensorValue> trained = ImmutableMap.of();
    for (Map.Entry<HeadGoal, LinearHead> head : solvable.entrySet()) {
      HeadGoal goal = head.getKey();
      LinearHead linear = head.getValue();
      ImmutableMap<String, TensorValue> values =
          ImmutableMap.<String, TensorValue>builder()
              .putAll(trained)
              .putAll(solved(goal, linear, features.train()))
              .buildOrThrow();
      if (isDrawn(linear.kernel())
          || better(goal, trained, values, features.validation(), metric)) {
        trained = values;
      }
    }
    return trained;
  }

  /** Whether a variable is drawn at random in the model. */
  public static boolean isDrawn(Variable variable) {
    return variable.source() instanceof VariableSource.Initialized;
  }

  private ImmutableMap<String, TensorValue> solved(
      HeadGoal goal, LinearHead linear, Dataset features) {
    RowTable input = features.input(task.inputs().nameOf(linear.input()));
    Pace pace =
        new Pace(watch, Progress.Phase.HEAD, "steps", HeadSolver.ITERATIONS, features.size());
    HeadPhase.Trained found =
        new HeadPhase(runtime, recipe.head(), recipe.seed()).train(input, features, goal, pace);
    decide(
        found.words(task.goals().size() == 1 ? "" : "for " + Task.describe(List.of(goal)) + " "));
    return found.values(linear);
  }

  /** Whether {@code values} do better than those {@code before}; the decision is told. */
  private boolean better(
      HeadGoal goal,
      ImmutableMap<String, TensorValue> before,
      ImmutableMap<String, TensorValue> values,
      Dataset validation,
      String metric) {
    Evaluation own = score(before, validation);
    Evaluation solved = score(values, validation);
    boolean same = solved.metric(metric) == own.metric(metric);
    boolean better = solved.isBetter(own, same ? "loss" : metric);
    decide(
        Task.describe(List.of(goal))
            + " as it was: "
            + figures(own, metric)
            + "; solved anew: "
            + figures(solved, metric)
            + (better ? " on validation; replaced" : " on validation; kept"));
    return better;
  }

  private void decide(String sentence) {
    watch.decide(Decision.Kind.HEAD, sentence);
  }

  private Evaluation score(ImmutableMap<String, TensorValue> values, Dataset validation) {
    Task candidate = task.with(task.model().withValues(values)).fedWith(validation);
    return Evaluator.score(runtime, candidate, validation, recipe.atOnce(), watch.quiet());
  }

  private static String figures(Evaluation score, String metric) {
    String loss = String.format(Locale.ROOT, "loss %.3f", score.loss());
    return metric.equals("loss")
        ? loss
        : String.format(Locale.ROOT, "%s %.3f, %s", metric, score.metric(metric), loss);
  }
}
