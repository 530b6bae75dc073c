package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
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
import dev.graft.model.VariableSource;
import dev.graft.runtime.TensorFlowRuntime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Trains a model by a recipe. */
@Internal
public final class Trainer {

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final Parts data;
  private final Recipe recipe;
  private final Callbacks callbacks;
  private final Head head;
  private final Entry entry;
  private final List<String> decisions = new ArrayList<>();
  private final Map<Progress.Phase, Duration> times = new EnumMap<>(Progress.Phase.class);
  private final RunIdentity identity;
  private final Checkpoints checkpoints;

  // where it stands, see Checkpoint
  private int next;
  private int kept = -1;
  private ImmutableMap<String, TensorValue> trained = ImmutableMap.of();

  private Trainer(
      TensorFlowRuntime runtime, Model model, Parts data, Recipe recipe, Callbacks callbacks) {
    this.runtime = runtime;
    this.model = model;
    this.data = data;
    this.recipe = recipe;
    this.callbacks = callbacks;
    this.head = Heads.classifier(model, data.train());
    this.entry = Entry.of(model, data.train());
    this.identity = RunIdentity.of(runtime, model, data, recipe);
    this.checkpoints = callbacks.checkpoints();
  }

  /**
   * Trains {@code model} on {@code data.train()}; every choice is made on {@code
   * data.validation()}, and {@code data.test()} is not looked at.
   *
   * @param callbacks what listens and may interfere; with {@link Checkpoints} among them, training
   *     goes on from the newest of these if there are any
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
    List<Variable> ofHead = Heads.variables(model, head);
    checkSomethingTrains(ofHead);
    List<Stage> stages = recipe.fineTunes().stream().map(this::stage).toList();
    Optional<LinearHead> linear = ofHead.isEmpty() ? Optional.empty() : Optional.of(linear());
    ImmutableList<TensorRef> headCut =
        linear
            .map(l -> cut(List.of(l.input()), ofHead))
            .orElseGet(() -> stages.get(0).cut()); // a head that stays is only scored
    Set<TensorRef> wanted = new LinkedHashSet<>(headCut);
    stages.forEach(stage -> wanted.addAll(stage.cut()));
    Optional<Checkpoint> last = checkpoints.newest(this::decide);
    last.ifPresent(this::goOnFrom);
    Cached cached = timed(Progress.Phase.FEATURES, () -> features(List.copyOf(wanted)));

    Cached forHead = cached.only(names(headCut));
    Evaluation score;
    if (last.isEmpty()) {
      linear.ifPresent(l -> trained = timed(Progress.Phase.HEAD, () -> head(l, forHead.train())));
      score = Evaluator.evaluate(runtime, best(), forHead.validation());
      decide((linear.isPresent() ? "head alone: " : "as it was: ") + words(score));
      save(Optional.empty());
    } else {
      Cached before = kept < 0 ? forHead : cached.only(names(stages.get(kept).cut()));
      score = Evaluator.evaluate(runtime, best(), before.validation());
    }
    Optional<LoopState> underWay = last.flatMap(Checkpoint::loop);
    while (next < stages.size()) {
      Stage stage = stages.get(next);
      Optional<LoopState> from = underWay;
      TrainingLoop.Result tuned =
          timed(
              Progress.Phase.FINE_TUNE,
              () -> fineTune(stage, cached.only(names(stage.cut())), from));
      score = better(stage, tuned, score);
      next++;
      save(Optional.empty());
      underWay = Optional.empty();
    }
    return new Run(
        best(), recipe, score, ImmutableList.copyOf(decisions), ImmutableMap.copyOf(times));
  }

  /** Takes what a stretch gave if it is better than all before on the validation part. */
  private Evaluation better(Stage stage, TrainingLoop.Result tuned, Evaluation score) {
    if (tuned.validation().accuracy() > score.accuracy()) {
      decide(stage.words() + ": kept, " + words(tuned.validation()));
      trained =
          ImmutableMap.<String, TensorValue>builder()
              .putAll(trained)
              .putAll(tuned.values())
              .buildKeepingLast();
      kept = next;
      return tuned.validation();
    }
    decide(
        String.format(
            Locale.ROOT,
            "%s: not kept, %.3f is no better than %.3f on validation",
            stage.words(),
            tuned.validation().accuracy(),
            score.accuracy()));
    return score;
  }

  private void goOnFrom(Checkpoint last) {
    Optional<String> warning = identity.check(last.identity(), checkpoints.toString());
    decisions.addAll(last.decisions());
    trained = last.trained();
    next = last.stage();
    kept = last.kept();
    decide(
        "goes on from a checkpoint, "
            + last.loop()
                .map(loop -> "after step " + loop.step() + " of fine-tuning")
                .orElse("with the head trained"));
    warning.ifPresent(this::decide);
  }

  private void save(Optional<LoopState> underWay) {
    checkpoints.save(
        new Checkpoint(identity, next, kept, ImmutableList.copyOf(decisions), trained, underWay));
  }

  /** The best model so far. */
  private Model best() {
    List<Variable> variables = new ArrayList<>();
    for (Variable variable : model.variables()) {
      TensorValue value = trained.get(variable.name());
      variables.add(
          value == null ? variable : variable.withSource(new VariableSource.Given(value)));
    }
    return model.toBuilder().variables(variables).build();
  }

  private void checkSomethingTrains(List<Variable> ofHead) {
    Set<String> used = model.graph().upstream(List.of(head.logits().node()));
    boolean nothing =
        model.variables().stream()
            .noneMatch(v -> v.trainable() && !v.role().isStatistic() && used.contains(v.node()));
    if (nothing) {
      throw new BadRequestException(
          "all that head '"
              + head.name()
              + "' of "
              + model.name()
              + " depends on is frozen, so nothing is left to train; unfreeze(Where.head()) is the"
              + " least, or replace the head.");
    }
    if (ofHead.isEmpty() && recipe.fineTunes().isEmpty()) {
      throw new BadRequestException(
          "the recipe '"
              + recipe.name()
              + "' trains the head alone, and head '"
              + head.name()
              + "' is frozen; unfreeze(Where.head()), or take Recipe.headThenTop().");
    }
  }

  private LinearHead linear() {
    return LinearHead.of(model, head)
        .orElseThrow(
            () ->
                new BadRequestException(
                    "head '"
                        + head.name()
                        + "' is no single dense layer; give the model one with"
                        + " replaceHead(...)."));
  }

  /** A stretch of fine-tuning: what trains, and where the part that does not ends. */
  private record Stage(FineTune settings, List<Variable> training, ImmutableList<TensorRef> cut) {
    String words() {
      long kernels = training.stream().filter(v -> v.shape().rank() >= 2).count();
      return String.format(
          Locale.ROOT,
          "fine-tuning %d layers from %s on, rate %.0e",
          kernels,
          training.get(0).name(),
          settings.rate());
    }
  }

  private Stage stage(FineTune settings) {
    List<Variable> training =
        TopLayers.of(model, entry.graph(), entry.tensors(), head, settings.share());
    return new Stage(settings, training, cut(List.of(head.logits()), training));
  }

  private ImmutableList<TensorRef> cut(List<TensorRef> answers, Collection<Variable> training) {
    return Frontier.of(entry.graph(), entry.tensors(), answers, training);
  }

  /** Features of the training and the validation part. */
  private record Cached(Dataset train, Dataset validation) {

    /** With no more inputs than these: what is fed is not computed. */
    Cached only(Collection<String> names) {
      return new Cached(only(train, names), only(validation, names));
    }

    private static Dataset only(Dataset data, Collection<String> names) {
      return data.withInputs(Maps.filterKeys(data.all().inputs(), names::contains));
    }
  }

  private List<String> names(Collection<TensorRef> tensors) {
    return tensors.stream().map(entry::nameOf).toList();
  }

  private Cached features(List<TensorRef> wanted) {
    long total = (long) data.train().size() + data.validation().size();
    Pace pace = new Pace(callbacks, Progress.Phase.FEATURES, "examples", total, 1);
    try (Features features = Features.open(runtime, model, entry, wanted)) {
      return new Cached(features.of(data.train(), pace), features.of(data.validation(), pace));
    }
  }

  private ImmutableMap<String, TensorValue> head(LinearHead linear, Dataset features) {
    TensorValue input = features.all().inputs().get(entry.nameOf(linear.input()));
    if (input == null) {
      throw new IllegalStateException("the head reads " + linear.input() + ", which is not cached");
    }
    Pace pace =
        new Pace(callbacks, Progress.Phase.HEAD, "steps", HeadSolver.ITERATIONS, features.size());
    HeadPhase.Trained found =
        new HeadPhase(runtime, recipe.head(), recipe.seed())
            .train(input, features, Objective.of(head), head.units(), pace);
    decide(
        String.format(
            Locale.ROOT,
            "L2 strength %.0e %s",
            found.strength(),
            found.heldOutLoss().isPresent()
                ? "had the smallest loss in cross-validation, "
                    + String.format(Locale.ROOT, "%.3f", found.heldOutLoss().getAsDouble())
                : "by default, since too few examples could be held back to choose"));
    return found.values(linear);
  }

  private TrainingLoop.Result fineTune(Stage stage, Cached features, Optional<LoopState> from) {
    try (TrainingLoop loop =
        TrainingLoop.open(
            runtime,
            best(),
            head,
            stage.training(),
            stage.settings(),
            features.train(),
            features.validation(),
            recipe.seed())) {
      from.ifPresent(loop::restore);
      return loop.run(callbacks, state -> save(Optional.of(state)));
    }
  }

  private static String words(Evaluation score) {
    return String.format(
        Locale.ROOT,
        "%d of %d validation examples right (%.3f)",
        score.correct(),
        score.count(),
        score.accuracy());
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
