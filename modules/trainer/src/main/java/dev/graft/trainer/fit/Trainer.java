package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import com.google.common.collect.Lists;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.BlockedGradientException;
import dev.graft.model.Model;
import dev.graft.model.ResourceVariables;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.checkpoint.RunIdentity;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.features.DecodedPictures;
import dev.graft.trainer.internal.features.Frontier;
import dev.graft.trainer.internal.features.Positions;
import dev.graft.trainer.internal.head.LinearHead;
import dev.graft.trainer.internal.head.SolvedHeads;
import dev.graft.trainer.internal.task.Entry;
import dev.graft.trainer.internal.task.Goal;
import dev.graft.trainer.internal.task.RowProbe;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.listener.Callback;
import dev.graft.trainer.listener.Callbacks;
import dev.graft.trainer.listener.Interruption;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/** Trains a model by a recipe. */
@Internal
public final class Trainer {

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final Parts data;
  private final Recipe recipe;
  private final Callbacks callbacks;
  private final ImmutableList<Goal> goals;
  private final ImmutableMap<Goal, LinearHead> solvable;
  private final Entry entry;
  private final ImmutableList<Stage> stages;
  private final Acceptance acceptance;
  private final ImmutableList<TensorRef> headCut; // where the part before all heads ends
  private final CachedFeatures features;
  private final ImmutableList<String> reasons; // for the recipe, and how features are kept
  private final List<String> decisions = new ArrayList<>();
  private final Map<Progress.Phase, Duration> times = new EnumMap<>(Progress.Phase.class);
  private final RunIdentity identity;
  private final Checkpoints checkpoints;

  // where it stands, see Checkpoint
  private int next;
  private int kept = -1;
  private ImmutableMap<String, TensorValue> trained = ImmutableMap.of();

  private Trainer(
      TensorFlowRuntime runtime,
      Model given,
      TrainingPlan blocks,
      Parts data,
      Recipe recipe,
      Callbacks callbacks) {
    this.runtime = runtime;
    this.model = ResourceVariables.in(given); // optimizers know no others
    this.data = data;
    this.callbacks = callbacks;
    callbacks.decide(this::decide);
    checkParts();
    this.goals = Goal.of(model, data.train(), recipe.objectives());
    this.entry = Entry.of(model, data.train());
    AutoRecipe.Choice choice = AutoRecipe.resolve(recipe, model, blocks, goals, data);
    this.recipe = choice.recipe().told();
    this.acceptance = Acceptance.of(choice.recipe(), goals, data);
    try (RowProbe probe = new RowProbe(runtime, model, entry, data.train())) {
      Frontier frontier = Frontier.of(entry, probe::hasRowForEach);
      Positions.check(frontier, goals, data.train());
      this.solvable = LinearHead.solvable(model, goals, recipe.objectives(), frontier);
      this.stages = Stages.of(model, blocks, frontier, goals, solvable.keySet(), this.recipe);
      this.headCut = headCut(frontier);
      this.features = CachedFeatures.plan(frontier, data, cuts(stages));
    }
    List<Stage> uncached = stages.stream().filter(s -> features.isTooLarge(s.cut())).toList();
    if (!solvable.isEmpty()) {
      features.requireRoom(headCut);
    }
    Stages.checkHeadSteps(stages, goals, choice.recipe(), recipe.isAuto());
    this.identity =
        RunIdentity.of(
            runtime, model, data, this.recipe, uncached.stream().map(Stage::number).toList());
    this.checkpoints = Checkpoints.among(callbacks);
    ImmutableList.Builder<String> all = ImmutableList.<String>builder().addAll(choice.reasons());
    uncached.forEach(
        stage ->
            all.add(
                stage.words()
                    + ": there is no room for "
                    + features.words(stage.cut())
                    + ", so each step computes them again"));
    if (decidesWhatIsKept()) {
      all.add(acceptance.words());
    } else if (stages.isEmpty() && choice.recipe().metric().isPresent()) {
      all.add(acceptance.idle(goals));
    }
    this.reasons = all.build();
  }

  /**
   * Trains {@code model} on {@code data.train()}; every choice is made on {@code
   * data.validation()}, and of {@code data.test()} no more is looked at than whether its pictures
   * can be decoded.
   *
   * @param blocks the model's backbone from the head down: each stretch has one block more; without
   *     any, what trains is the heads and what the model leaves unfrozen
   * @param callbacks what listens and may interfere; with {@link Checkpoints} among them, training
   *     goes on from the newest of these if there are any
   * @return the trained model; {@code model} stays as it is
   * @throws BadRequestException if the recipe does not fit the model, or the model the data
   * @throws BlockedGradientException if a variable that should train gets no gradient, because an
   *     op on the way lets none pass
   * @throws BadDataException if an example cannot be read; of pictures that cannot be decoded it
   *     names ten of all parts, and says how many there are
   * @throws CancellationException if a callback ended it, if the thread was interrupted, or if the
   *     runtime was closed meanwhile
   */
  public static Run fit(
      TensorFlowRuntime runtime,
      Model model,
      TrainingPlan blocks,
      Parts data,
      Recipe recipe,
      Callback... callbacks) {
    Callbacks all = Callbacks.of(callbacks);
    try {
      return Interruption.cancellable(
          runtime,
          () ->
              DecodedPictures.orAllNamed(
                  runtime,
                  List.of(data.train(), data.validation(), data.test()),
                  all,
                  () -> new Trainer(runtime, model, blocks, data, recipe, all).fit()));
    } catch (RuntimeException | Error e) {
      try {
        all.flush();
      } catch (RuntimeException another) {
        e.addSuppressed(another);
      }
      throw e;
    }
  }

  /**
   * Finds out at which rate the first stretch of {@code recipe} learns, with the head as the recipe
   * trains it before; see {@link RateFinder}. Nothing that it trains is kept.
   *
   * @throws BadRequestException if the recipe trains nothing step by step
   */
  public static RateCurve findRate(
      TensorFlowRuntime runtime,
      Model model,
      TrainingPlan blocks,
      Parts data,
      Recipe recipe,
      Callback... callbacks) {
    Callback[] listening = // a run's checkpoints are not this one's
        Arrays.stream(callbacks).filter(c -> !(c instanceof Checkpoints)).toArray(Callback[]::new);
    return Interruption.cancellable(
        runtime,
        () ->
            new Trainer(runtime, model, blocks, data, recipe, Callbacks.of(listening)).findRate());
  }

  private Run fit() {
    Optional<Checkpoint> last = checkpoints.newest(this::decide);
    last.ifPresent(this::goOnFrom);
    if (last.isEmpty()) {
      reasons.forEach(this::decide);
    }
    DecodedPictures.require(runtime, data.test(), callbacks);
    computeFeatures(stages);
    Evaluation score;
    if (last.isEmpty()) {
      trainHeads();
      score = evaluate(best(), headCut);
      boolean drawn = stages.stream().anyMatch(Stage::fresh);
      String what = drawn ? "drawn at random" : trained.isEmpty() ? "as it was" : "head alone";
      decide(what + ": " + score.words(acceptance.metric()));
      save(Optional.empty());
    } else {
      score = evaluate(best(), kept < 0 ? headCut : stages.get(kept).cut());
    }
    Optional<LoopState> underWay = last.flatMap(Checkpoint::loop);
    while (next < stages.size()) {
      score = fineTune(stages.get(next), underWay, score);
      next++;
      save(Optional.empty());
      underWay = Optional.empty();
    }
    return new Run(
        best(), recipe, score, ImmutableList.copyOf(decisions), ImmutableMap.copyOf(times));
  }

  private RateCurve findRate() {
    if (stages.isEmpty()) {
      throw new BadRequestException(
          "the recipe '"
              + recipe.name()
              + "' trains nothing step by step, so there is no rate to find; take 'top'.");
    }
    boolean headFirst = stages.get(0).ofHeads() && stages.size() > 1;
    Stage stage = stages.get(headFirst ? 1 : 0);
    reasons.forEach(this::decide);
    computeFeatures(stages.subList(0, stage.number()));
    trainHeads();
    if (headFirst) {
      fineTune(stages.get(0), Optional.empty(), evaluate(best(), headCut));
    }
    try (TrainingLoop loop = open(stage, Optional.empty())) {
      return RateFinder.find(loop, stage.ofHeads(), callbacks);
    }
  }

  private void computeFeatures(List<Stage> of) {
    timed(
        Progress.Phase.FEATURES,
        () -> {
          features.compute(runtime, model, cuts(of), recipe.atOnce(), callbacks);
          return features;
        });
  }

  private void trainHeads() {
    if (!solvable.isEmpty()) {
      SolvedHeads heads =
          new SolvedHeads(
              runtime,
              model,
              goals,
              solvable,
              entry,
              recipe,
              acceptance.metric(),
              callbacks,
              this::decide);
      trained = timed(Progress.Phase.HEAD, () -> heads.train(features.at(headCut)));
    }
  }

  /** Takes what a stretch gave if it is better than all before on the validation part. */
  private Evaluation better(Stage stage, TrainingLoop.Result tuned, Evaluation score) {
    if (!tuned.learned()) {
      decide(stage.words() + ": not kept, " + acceptance.notLearned(stage, tuned, score));
      return score;
    }
    ImmutableMap<String, TensorValue> values =
        ImmutableMap.<String, TensorValue>builder()
            .putAll(trained)
            .putAll(tuned.values())
            .buildKeepingLast();
    Evaluation now = evaluate(model.withValues(values), stage.cut());
    Optional<String> whyNot = acceptance.whyNot(stage, tuned, score, now);
    if (whyNot.isPresent()) {
      decide(stage.words() + ": not kept, " + whyNot.get());
      return score;
    }
    decide(stage.words() + ": kept, " + now.words(acceptance.metric()));
    trained = values;
    kept = next;
    return now;
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
                .orElse(next == 0 ? "with the head done" : "after stretch " + next));
    warning.ifPresent(this::decide);
  }

  private void save(Optional<LoopState> underWay) {
    checkpoints.save(
        new Checkpoint(identity, next, kept, ImmutableList.copyOf(decisions), trained, underWay));
    callbacks.flush();
  }

  /** The best model so far. */
  private Model best() {
    return model.withValues(trained);
  }

  private void checkParts() {
    if (data.train().size() == 0 || data.validation().size() == 0) {
      throw new BadRequestException(
          "training needs examples to learn from and others to decide by, and there are "
              + data.train().size()
              + " and "
              + data.validation().size()
              + "; divide the data by a Split with a share for validation, as 60, 20 and 20.");
    }
  }

  /** Whether there is anything that what is trained is held against. */
  private boolean decidesWhatIsKept() {
    return stages.stream().anyMatch(stage -> !stage.fresh())
        || solvable.values().stream().anyMatch(linear -> !SolvedHeads.isDrawn(linear.kernel()));
  }

  /** The variables that train in all heads. */
  private List<Variable> ofHeads() {
    return Goal.variables(model, goals);
  }

  /** Where the part that no head's variables are in ends. */
  private ImmutableList<TensorRef> headCut(Frontier frontier) {
    List<TensorRef> answers = new ArrayList<>();
    for (Goal goal : goals) {
      LinearHead linear = solvable.get(goal);
      answers.add(linear == null ? goal.head().logits() : linear.input());
    }
    return frontier.cut(answers, ofHeads());
  }

  private Iterable<ImmutableList<TensorRef>> cuts(List<Stage> of) {
    return Iterables.concat(List.of(headCut), Lists.transform(of, Stage::cut));
  }

  private Evaluation evaluate(Model candidate, ImmutableList<TensorRef> cut) {
    Dataset validation = features.at(cut).validation();
    return Evaluator.score(runtime, candidate, validation, recipe, callbacks.quiet());
  }

  /** Gives the best score, with that of the stretch. */
  private Evaluation fineTune(Stage stage, Optional<LoopState> from, Evaluation score) {
    return timed(
        Progress.Phase.FINE_TUNE,
        () -> {
          try (TrainingLoop loop = open(stage, from)) {
            if (from.isEmpty()) {
              decide(stage.words() + ": " + stage.behaviour());
            }
            if (!loop.precisionReason().isEmpty()) {
              decide(loop.precisionReason());
            }
            TrainingLoop.Result tuned = run(stage, loop);
            try {
              return better(stage, tuned, score);
            } catch (RuntimeException e) {
              if (Interruption.isCancelled(e)) {
                save(Optional.of(loop.state()));
              }
              throw e;
            }
          }
        });
  }

  /** A stretch that runs away ends there; what was learned before it is not lost. */
  private TrainingLoop.Result run(Stage stage, TrainingLoop loop) {
    try {
      return loop.run(callbacks, state -> save(Optional.of(state)));
    } catch (FailedCheckException e) {
      if (!loop.result().learned() && (trained.isEmpty() || stage.fresh())) {
        throw e;
      }
      decide(stage.words() + ": ended early, since " + e.getMessage());
      return loop.result();
    }
  }

  private TrainingLoop open(Stage stage, Optional<LoopState> from) {
    CachedFeatures.Part fed = features.at(stage.cut());
    return TrainingLoop.open(
        runtime,
        best(),
        recipe.objectives(),
        stage,
        fed.train(),
        fed.validation(),
        recipe.seed(),
        from);
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
