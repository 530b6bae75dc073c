package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.BlockedGradientException;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.CheckpointFolder;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.features.DecodedPictures;
import dev.graft.trainer.internal.head.SolvedHeads;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.task.Timing;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Decision.Kind;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** Trains a model by a recipe: it walks the plan that {@link TrainingPlanner} makes. */
@Internal
public final class Trainer implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final Precision precision;
  private final Plan plan;
  private final Watch watch;
  private final CheckpointFolder checkpoints;
  private final TimeLeft time;
  private final CachedFeatures features;
  private final PhaseTimes times = new PhaseTimes();

  // where it stands, see Checkpoint
  private int next;
  private int kept = -1;
  private ImmutableMap<String, TensorValue> trained = ImmutableMap.of();

  private Trainer(
      Computing computing, Plan plan, Watch watch, TimeLeft time, CheckpointFolder checkpoints) {
    this.runtime = computing.runtime();
    this.precision = computing.precision();
    this.plan = plan;
    this.watch = watch;
    this.time = time;
    this.checkpoints = checkpoints;
    this.features = new CachedFeatures(plan.features(), plan.recipe().atOnce());
  }

  /**
   * Trains {@code model} on {@code data.train()}; every choice is made on {@code
   * data.validation()}, and of {@code data.test()} no more is looked at than whether its pictures
   * can be decoded.
   *
   * @param blocks the model's backbone from the head down: each stretch has one block more; without
   *     any, what trains is the heads and what the model leaves unfrozen
   * @param options with {@link Checkpoints}, training goes on from the newest of these if there are
   *     any
   * @return the trained model; {@code model} stays as it is
   * @throws BadRequestException if the recipe does not fit the model, or the model the data
   * @throws BlockedGradientException if a variable that should train gets no gradient, because an
   *     op on the way lets none pass
   * @throws BadDataException if an example cannot be read; of pictures that cannot be decoded it
   *     names ten of all parts, and says how many there are
   * @throws CancellationException if it was cancelled, if the thread was interrupted, or if the
   *     runtime was closed meanwhile
   */
  public static Run fit(
      Computing computing, Model model, TrainingPlan blocks, Parts data, TrainOptions options) {
    Watch watch = Watch.of(options);
    TimeLeft time = // from now on, a pause not counted
        Timing.limit(options.time(), options.recipe())
            .map(all -> TimeLeft.of(all, watch::worked))
            .orElseGet(() -> TimeLeft.unlimited(watch::worked));
    Run run;
    try {
      watch.tell(new TrainingEvent.Begun(model, data));
      Interruption interruption = Interruption.of(computing.runtime());
      try (Trainer trainer =
          new Trainer(
              computing,
              Measured.plan(computing, model, blocks, data, options),
              watch,
              time,
              options.checkpoints().open())) {
        run = trainer.fit();
      } catch (RuntimeException e) {
        List<Dataset> all = List.of(data.train(), data.validation(), data.test());
        throw interruption.endedBy(DecodedPictures.allNamed(e, computing.runtime(), all, watch));
      }
    } catch (CancellationException e) {
      watch.tell(new TrainingEvent.Cancelled());
      throw e;
    } catch (RuntimeException | Error e) {
      watch.tell(new TrainingEvent.Failed(e));
      throw e;
    }
    watch.tell(new TrainingEvent.Ended(run.validation()));
    return run;
  }

  /** As the other form, in float32. */
  public static Run fit(
      TensorFlowRuntime runtime,
      Model model,
      TrainingPlan blocks,
      Parts data,
      TrainOptions options) {
    return fit(Computing.exactly(runtime), model, blocks, data, options);
  }

  /**
   * Finds out at which rate the first stretch of the recipe learns, with the head as the recipe
   * trains it before; see {@link RateFinder}. Nothing that it trains is kept, and the checkpoints
   * of a run are left alone.
   *
   * @throws BadRequestException if the recipe trains nothing step by step
   */
  public static RateCurve findRate(
      Computing computing, Model model, TrainingPlan blocks, Parts data, TrainOptions options) {
    if (options.time().isPresent()) {
      throw new BadRequestException(
          "trying rates ends by itself after some hundred steps; leave out the time.");
    }
    Watch watch = Watch.of(options);
    Interruption interruption = Interruption.of(computing.runtime());
    try (Trainer trainer =
        new Trainer(
            computing,
            Measured.plan(computing, model, blocks, data, options.checkpoints(Checkpoints.none())),
            watch,
            TimeLeft.unlimited(watch::worked),
            Checkpoints.none().open())) {
      return trainer.findRate();
    } catch (RuntimeException e) {
      throw interruption.endedBy(e);
    }
  }

  private Run fit() {
    Optional<Checkpoint> last = checkpoints.newest(sentence -> decide(Kind.CHECKPOINT, sentence));
    last.ifPresent(this::goOnFrom);
    if (last.isEmpty()) {
      plan.reasons().forEach(reason -> decide(Kind.PLAN, reason));
    }
    computeFeatures(plan.stages(), plan.data().test());
    if (checkpoints.isThere()) { // now, when those of which features are kept are known unread
      watch.whileReading(plan.identity().pictures());
    }
    Evaluation score;
    if (last.isEmpty()) {
      trainHeads();
      score = evaluate(best(), plan.headCut());
      boolean drawn = plan.stages().stream().anyMatch(Stage::fresh);
      String what = drawn ? "drawn at random" : trained.isEmpty() ? "as it was" : "head alone";
      String words = what + ": " + score.words(plan.acceptance().metric());
      watch.tell(new Decision(Kind.START, 0, Optional.of(score), words));
      save(Optional.empty());
    } else {
      score = evaluate(best(), kept < 0 ? plan.headCut() : plan.stages().get(kept).cut());
    }
    Optional<LoopState> underWay = last.flatMap(Checkpoint::loop);
    while (next < plan.stages().size()) {
      Stage stage = plan.stages().get(next);
      if (time.isOver() && !stage.fresh()) {
        decide(Kind.TIME, stage, Optional.empty(), "left out, since " + time + " in all are over");
      } else {
        score = fineTune(stage, underWay, score);
      }
      next++;
      save(Optional.empty());
      underWay = Optional.empty();
    }
    return new Run(
        best(),
        plan.recipe(),
        score,
        ImmutableList.copyOf(watch.decisions()),
        times.all(),
        features.counts());
  }

  private RateCurve findRate() {
    if (plan.stages().isEmpty()) {
      throw new BadRequestException(
          "the recipe '"
              + plan.recipe().name()
              + "' trains nothing step by step, so there is no rate to find; take 'top'.");
    }
    boolean headFirst = plan.stages().get(0).ofHeads() && plan.stages().size() > 1;
    Stage stage = plan.stages().get(headFirst ? 1 : 0);
    plan.reasons().forEach(reason -> decide(Kind.PLAN, reason));
    Dataset none = plan.data().test().subset(new int[0]); // it is not scored
    computeFeatures(plan.stages().subList(0, stage.number()), none);
    trainHeads();
    if (headFirst) {
      fineTune(plan.stages().get(0), Optional.empty(), evaluate(best(), plan.headCut()));
    }
    try (TrainingLoop loop = open(stage, Optional.empty())) {
      decideForm(stage, loop);
      return RateFinder.find(loop, stage.ofHeads(), watch);
    }
  }

  private void computeFeatures(List<Stage> of, Dataset test) {
    try (PhaseTimes.Span unused = times.begin(Progress.Phase.FEATURES)) {
      features.compute(runtime, plan.task().model(), plan.cuts(of), test, watch);
    }
    TrainingEvent.Features counts = features.counts();
    if (counts.reused() > 0) {
      decide(
          Kind.FEATURES,
          String.format(
              Locale.ROOT,
              "features of %d examples were kept from earlier runs, of %d computed",
              counts.reused(),
              counts.computed()));
    }
  }

  private void trainHeads() {
    if (!plan.solvable().isEmpty()) {
      try (PhaseTimes.Span unused = times.begin(Progress.Phase.HEAD)) {
        SolvedHeads heads = new SolvedHeads(runtime, plan.task(), plan.recipe(), watch);
        CachedFeatures.Part fed = features.at(plan.headCut());
        trained = heads.train(plan.solvable(), fed, plan.acceptance().metric());
      }
    }
  }

  /** Takes what a stretch gave if it is better than all before on the validation part. */
  private Evaluation better(Stage stage, TrainingLoop.Result tuned, Evaluation score) {
    if (!tuned.learned()) {
      String why = "not kept, " + plan.acceptance().notLearned(stage, tuned, score);
      decide(Kind.NOT_KEPT, stage, Optional.empty(), why);
      return score;
    }
    ImmutableMap<String, TensorValue> values =
        ImmutableMap.<String, TensorValue>builder()
            .putAll(trained)
            .putAll(tuned.values())
            .buildKeepingLast();
    Evaluation now = evaluate(plan.task().model().withValues(values), stage.cut());
    Optional<String> whyNot = plan.acceptance().whyNot(stage, tuned, score, now);
    if (whyNot.isPresent()) {
      decide(Kind.NOT_KEPT, stage, Optional.of(now), "not kept, " + whyNot.get());
      return score;
    }
    String words = "kept, " + now.words(plan.acceptance().metric());
    decide(Kind.KEPT, stage, Optional.of(now), words);
    trained = values;
    kept = next;
    return now;
  }

  private void goOnFrom(Checkpoint last) {
    Optional<String> warning =
        watch.whileReading(() -> plan.identity().check(last.identity(), checkpoints.toString()));
    watch.decisions().addAll(last.decisions());
    trained = last.trained();
    next = last.stage();
    kept = last.kept();
    decide(
        Kind.CHECKPOINT,
        "goes on from a checkpoint, "
            + last.loop()
                .map(loop -> "after step " + loop.counters().batches() + " of fine-tuning")
                .orElse(next == 0 ? "with the head done" : "after stretch " + next));
    warning.ifPresent(sentence -> decide(Kind.CHECKPOINT, sentence));
  }

  private void save(Optional<LoopState> underWay) {
    Checkpoint now =
        new Checkpoint(
            plan.identity(),
            next,
            kept,
            ImmutableList.copyOf(watch.decisions()),
            trained,
            underWay);
    if (checkpoints.save(now)) {
      watch.tell(new TrainingEvent.Saved());
    }
  }

  /** The best model so far. */
  private Model best() {
    return plan.task().model().withValues(trained);
  }

  private Evaluation evaluate(Model candidate, ImmutableList<TensorRef> cut) {
    Dataset validation = features.at(cut).validation();
    Task task = plan.task().with(candidate).fedWith(validation);
    return Evaluator.score(runtime, task, validation, plan.recipe().atOnce(), watch.quiet());
  }

  /** Gives the best score, with that of the stretch. */
  private Evaluation fineTune(Stage stage, Optional<LoopState> from, Evaluation score) {
    try (PhaseTimes.Span unused = times.begin(Progress.Phase.FINE_TUNE);
        TrainingLoop loop = open(stage, from)) {
      if (from.isEmpty()) {
        decide(Kind.STRETCH, stage, Optional.empty(), stage.behaviour());
      }
      decideForm(stage, loop);
      try {
        loop.run(watch, checkpoints, state -> save(Optional.of(state)));
      } catch (FailedCheckException e) { // it ran away: what was learned before is not lost
        if (!loop.result().learned() && (trained.isEmpty() || stage.fresh())) {
          throw e;
        }
        decide(Kind.RAN_AWAY, stage, Optional.empty(), "ended early, since " + e.getMessage());
      }
      loop.over();
      loop.skipped().ifPresent(it -> decide(Kind.PRECISION, stage, Optional.empty(), it));
      try {
        return better(stage, loop.result(), score);
      } catch (RuntimeException e) {
        if (Interruption.isCancelled(e)) {
          save(Optional.of(loop.state()));
        }
        throw e;
      }
    }
  }

  private TrainingLoop open(Stage stage, Optional<LoopState> from) {
    CachedFeatures.Part fed = features.at(stage.cut());
    LoopSetup setup = LoopSetup.of(plan.task().with(best()), stage, fed).in(precision).in(time);
    return TrainingLoop.open(runtime, setup.gatedBy(watch::before), from);
  }

  private void decideForm(Stage stage, TrainingLoop loop) {
    if (!loop.batchReason().isEmpty()) {
      decide(Kind.BATCH, stage, Optional.empty(), loop.batchReason());
    }
    if (!loop.precisionReason().isEmpty()) {
      decide(Kind.PRECISION, loop.precisionReason());
    }
    if (!loop.feedWords().isEmpty()) {
      decide(Kind.PLAN, stage, Optional.empty(), loop.feedWords());
    }
  }

  private void decide(Kind kind, String sentence) {
    watch.decide(kind, sentence);
  }

  private void decide(Kind kind, Stage stage, Optional<Evaluation> score, String what) {
    watch.tell(new Decision(kind, stage.number(), score, stage.words() + ": " + what));
  }

  /** Gives the files of the features back. */
  @Override
  public void close() {
    features.close();
  }
}
