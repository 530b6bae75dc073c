package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadDataException;
import dev.graft.model.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Internal;
import dev.graft.model.Model;
import dev.graft.model.TensorValue;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Trains a model by a recipe. */
@Internal
public final class Trainer {

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final Parts data;
  private final Recipe recipe;
  private final Callbacks callbacks;
  private final List<String> decisions = new ArrayList<>();
  private final Map<Progress.Phase, Duration> times = new EnumMap<>(Progress.Phase.class);

  private Trainer(
      TensorFlowRuntime runtime, Model model, Parts data, Recipe recipe, Callbacks callbacks) {
    this.runtime = runtime;
    this.model = model;
    this.data = data;
    this.recipe = recipe;
    this.callbacks = callbacks;
  }

  /**
   * Trains {@code model} on {@code data.train()}; every choice is made on {@code
   * data.validation()}, and {@code data.test()} is not looked at.
   *
   * @param callbacks what listens and may interfere
   * @return the trained model; {@code model} stays as it is
   * @throws BadRequestException if the recipe does not fit the model, or the model the data
   * @throws BadDataException if an example cannot be read
   * @throws java.util.concurrent.CancellationException if a callback ended it
   */
  public static Run fit(
      TensorFlowRuntime runtime, Model model, Parts data, Recipe recipe, Callback... callbacks) {
    return new Trainer(runtime, model, data, recipe, Callbacks.of(callbacks)).fit();
  }

  private Run fit() {
    Head head = Heads.classifier(model, data.train());
    LinearHead linear =
        LinearHead.of(model, head)
            .orElseThrow(
                () ->
                    new BadRequestException(
                        "head '"
                            + head.name()
                            + "' is no single dense layer; give the model one"
                            + " with replaceHead(...)."));
    Entry entry = Entry.of(model, data.train());
    List<Variable> variables = Heads.variables(model, head);
    ImmutableList<TensorRef> cut =
        Frontier.of(entry.graph(), entry.tensors(), List.of(linear.input()), variables);
    Cached cached = timed(Progress.Phase.FEATURES, () -> features(entry, cut));
    Model trained = timed(Progress.Phase.HEAD, () -> head(head, linear, cached.train()));
    Evaluation validation = Evaluator.evaluate(runtime, trained, cached.validation());
    decide(
        String.format(
            Locale.ROOT,
            "head alone: %d of %d validation examples right (%.3f)",
            validation.correct(),
            validation.count(),
            validation.accuracy()));
    return new Run(
        trained, recipe, validation, ImmutableList.copyOf(decisions), ImmutableMap.copyOf(times));
  }

  /** Features of the training and the validation part. */
  private record Cached(Dataset train, Dataset validation) {}

  private Cached features(Entry entry, List<TensorRef> cut) {
    long total = data.train().size() + data.validation().size();
    Pace pace = new Pace(callbacks, Progress.Phase.FEATURES, "examples", total, 1);
    try (Features features = Features.open(runtime, model, entry, cut)) {
      return new Cached(features.of(data.train(), pace), features.of(data.validation(), pace));
    }
  }

  private Model head(Head head, LinearHead linear, Dataset features) {
    TensorValue input = features.all().inputs().get(linear.input().toString());
    if (input == null) {
      throw new IllegalStateException("the head reads " + linear.input() + ", which is not cached");
    }
    Pace pace =
        new Pace(callbacks, Progress.Phase.HEAD, "steps", HeadSolver.ITERATIONS, features.size());
    HeadPhase.Trained trained =
        new HeadPhase(runtime, recipe.head(), recipe.seed())
            .train(input, features, Objective.of(head), head.units(), pace);
    decide(
        String.format(
            Locale.ROOT,
            "L2 strength %.0e %s",
            trained.strength(),
            trained.heldOutLoss().isPresent()
                ? "had the smallest loss in cross-validation, "
                    + String.format(Locale.ROOT, "%.3f", trained.heldOutLoss().getAsDouble())
                : "by default, since too few examples could be held back to choose"));
    return trained.in(model, linear);
  }

  private void decide(String sentence) {
    decisions.add(sentence);
    callbacks.onDecision(sentence);
  }

  private <T> T timed(Progress.Phase phase, Supplier<T> work) {
    long start = System.nanoTime();
    T result = work.get();
    times.merge(phase, Duration.ofNanos(System.nanoTime() - start), Duration::plus);
    return result;
  }
}
