package dev.graft.trainer.internal.head;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadDataException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.internal.features.NoNumbers;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Pace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Trains a linear head on features that do not change: standardised, to convergence, with the L2
 * strength that does best in cross-validation over the training examples. The standardisation is
 * folded into kernel and bias afterwards, so that the model reads raw features as before.
 */
public final class HeadPhase {

  private final TensorFlowRuntime runtime;
  private final Recipe.HeadSettings settings;
  private final long seed;

  public HeadPhase(TensorFlowRuntime runtime, Recipe.HeadSettings settings, long seed) {
    this.runtime = runtime;
    this.settings = settings;
    this.seed = seed;
  }

  /**
   * What came out.
   *
   * @param kernel of the head, for raw features
   * @param bias of the head, for raw features
   * @param strength the L2 strength that was chosen
   * @param heldOutLoss the mean loss in cross-validation at that strength, if there was one
   * @param settled whether the search came to its end; otherwise it was broken off
   * @param rare the labels of which no example was held back
   */
  record Trained(
      TensorValue kernel,
      TensorValue bias,
      double strength,
      OptionalDouble heldOutLoss,
      boolean settled,
      ImmutableList<String> rare) {

    /**
     * For a person.
     *
     * @param whose words for the head and a space, or nothing
     */
    String words(String whose) {
      String chosen =
          heldOutLoss.isPresent()
              ? String.format(
                  Locale.ROOT,
                  "had the smallest loss in cross-validation, %.3f",
                  heldOutLoss.getAsDouble())
              : "by default, since too few examples could be held back to choose";
      String unfinished =
          "; its head still got better when the search ended, after "
              + HeadSolver.ITERATIONS
              + " steps";
      String learnedOnly =
          "; all of " + String.join(", ", rare) + " was learned from only, being a single example";
      return String.format(Locale.ROOT, "L2 strength %.0e %s%s", strength, whose, chosen)
          + (heldOutLoss.isEmpty() || rare.isEmpty() ? "" : learnedOnly)
          + (settled ? "" : unfinished);
    }

    /** The values of the head's variables, by their names. */
    ImmutableMap<String, TensorValue> values(LinearHead head) {
      return head.bias().isPresent()
          ? ImmutableMap.of(head.kernel().name(), kernel, head.bias().get().name(), bias)
          : ImmutableMap.of(head.kernel().name(), kernel);
    }
  }

  /**
   * Trains.
   *
   * @param rows of features: float32 [features] for each example
   * @param data the same examples, for their answers and weights
   * @param goal what the head should do
   * @throws BadDataException if the features of an example are infinite; the message names it
   */
  public Trained train(RowTable rows, Dataset data, HeadGoal goal, Pace pace) {
    FeatureSlices features = new FeatureSlices(rows, data.size());
    Standardization standard = Standardization.of(features);
    requireFinite(features, standard, data, goal);
    Batch examples = data.onlyInputs(List.of()).all(); // answers and weights
    TensorValue targets = goal.targets().get(0).of(examples);
    float[] counts = examples.weights().floats();
    HeadSolver.Aim aim =
        new HeadSolver.Aim(
            targets, goal.objective(), goal.head().units(), range(goal, targets, counts));
    // without a penalty it depends on the numbers that are searched where the search ends
    boolean penalised =
        settings.fallbackStrength() > 0 && settings.strengths().stream().allMatch(s -> s > 0);
    Optional<PrincipalAxes> axes =
        penalised ? PrincipalAxes.of(runtime, features, standard) : Optional.empty();
    HeadSolver solver =
        axes.map(some -> new HeadSolver(runtime, some, aim))
            .orElseGet(() -> new HeadSolver(runtime, features, standard, aim));
    // examples are dealt label by label where each has one
    int[] labels =
        IntStream.range(0, data.size()).map(i -> data.isOneLabel() ? data.label(i) : 0).toArray();
    boolean many = data.size() > settings.crossValidateUpTo();
    Folds folds = Folds.of(labels, data.contentGroups(), settings.folds(), seed);
    int held = many ? Math.min(1, folds.count()) : folds.count();

    List<Double> strengths = settings.strengths();
    List<double[]> weights = new ArrayList<>();
    List<Double> each = new ArrayList<>();
    for (double strength : held == 0 ? List.of(settings.fallbackStrength()) : strengths) {
      for (int fold = 0; fold < held; fold++) {
        weights.add(shares(folds.heldBack(fold), false, counts));
        each.add(strength);
      }
      weights.add(shares(new boolean[labels.length], false, counts));
      each.add(strength);
    }
    double[] all = each.stream().mapToDouble(Double::doubleValue).toArray();
    HeadSolver.Heads heads = solver.solve(weights, all, pace::tick);

    int best = 0;
    double bestLoss = Double.POSITIVE_INFINITY;
    for (int s = 0; held > 0 && s < strengths.size(); s++) {
      double loss = 0;
      for (int fold = 0; fold < held; fold++) {
        double[] share = shares(folds.heldBack(fold), true, counts);
        int column = s * (held + 1) + fold;
        loss +=
            IntStream.range(0, labels.length)
                    .mapToDouble(i -> share[i] * heads.losses()[i][column])
                    .sum()
                / held;
      }
      if (loss < bestLoss) {
        best = s;
        bestLoss = loss;
      }
    }
    int column = best * (held + 1) + held;
    TensorValue kernel = heads.kernels().get(column);
    Standardization.Folded folded =
        standard.fold(
            axes.map(some -> some.kernel(kernel)).orElse(kernel), heads.biases().get(column));
    return new Trained(
        folded.kernel(),
        folded.bias(),
        all[column],
        held == 0 ? OptionalDouble.empty() : OptionalDouble.of(bestLoss),
        heads.settled().get(column),
        data.isOneLabel()
            ? folds.rare().stream()
                .map(label -> "'" + data.labels().names().get(label) + "'")
                .collect(ImmutableList.toImmutableList())
            : ImmutableList.of());
  }

  private static void requireFinite(
      FeatureSlices features, Standardization standard, Dataset data, HeadGoal goal) {
    if (Arrays.stream(standard.mean()).allMatch(Double::isFinite)) {
      return;
    }
    for (int from = 0; from < features.examples(); from += features.rows()) {
      TensorValue slice = features.read(from, features.rows());
      int infinite = NoNumbers.rowWith(slice, number -> !Double.isFinite(number));
      if (infinite >= 0) {
        throw new BadDataException(
            Task.describe(List.of(goal))
                + " reads an infinity made of "
                + data.name(from + infinite)
                + ", which nothing can be learned from; correct the example or leave it out, or"
                + " check the range of the model's inputs.");
      }
    }
  }

  /** Logits of labels lie around 0; numbers can lie anywhere, such as years and prices. */
  private static HeadSolver.Range range(HeadGoal goal, TensorValue targets, float[] counts) {
    int outputs = goal.head().units();
    float[] center = new float[outputs];
    double all = Floats.asList(counts).stream().mapToDouble(Float::doubleValue).sum();
    if (all == 0 || !goal.givesNumbers()) {
      return new HeadSolver.Range(center, 1);
    }
    double[] wanted = targets.asDoubles();
    double squares = 0;
    for (int j = 0; j < outputs; j++) {
      double mean = 0;
      for (int i = 0; i < counts.length; i++) {
        mean += counts[i] * wanted[i * outputs + j] / all;
      }
      center[j] = (float) mean;
      for (int i = 0; i < counts.length; i++) {
        squares += counts[i] * Math.pow(wanted[i * outputs + j] - mean, 2) / all / outputs;
      }
    }
    return new HeadSolver.Range(center, squares > 0 ? (float) Math.sqrt(squares) : 1);
  }

  /**
   * Shares for those examples whose mark is {@code wanted}, none for the others: equal shares of 1,
   * times how much each example counts.
   */
  private static double[] shares(boolean[] marks, boolean wanted, float[] counts) {
    int count = 0;
    for (boolean mark : marks) {
      count += mark == wanted ? 1 : 0;
    }
    double[] shares = new double[marks.length];
    for (int i = 0; i < marks.length; i++) {
      shares[i] = marks[i] == wanted ? (double) counts[i] / count : 0;
    }
    return shares;
  }
}
