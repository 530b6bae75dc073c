package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.checkpoint.CheckpointFolder;
import dev.graft.trainer.checkpoint.Counters;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.checkpoint.LossScale;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Decision.Kind;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.optimizer.Schedule;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/** The loop: epochs of steps, each followed by a look at the validation part. */
final class TrainingLoop implements AutoCloseable {

  private final LoopSetup setup;
  private final String batchReason;
  private final Stage stage;
  private final FineTune settings;
  private final TrainingSession session;
  private final Order order;
  private final EpochTime time;
  private long steps; // until the epochs are used up, or the time

  // where it stands, see LoopState
  private Counters counters = Counters.START;
  private Optional<LossScale> scale; // where gradients pass through float16
  private double lossSum; // over the examples of this epoch
  private long lossCount; // of how many
  private final List<Double> losses = new ArrayList<>(); // on validation, an epoch each
  private Best best;

  private TrainingLoop(BatchTrial batch, TrainingSession session) {
    this.setup = batch.setup();
    this.batchReason = batch.reason();
    this.stage = setup.stage();
    this.settings = stage.settings();
    this.session = session;
    this.order = session.order();
    this.steps = (long) settings.epochs() * order.batches();
    this.time = new EpochTime(setup.time(), order.batches(), stage.fresh());
    this.best = Best.none(settings.stop().metric());
    this.scale = stage.scaled() ? Optional.of(LossScale.START) : Optional.empty();
  }

  /**
   * Opens a loop.
   *
   * @param soFar where a loop with the same settings stood, to go on from there
   * @throws BadRequestException if that had other variables, or an optimizer that keeps other ones
   */
  static TrainingLoop open(TensorFlowRuntime runtime, LoopSetup setup, Optional<LoopState> soFar) {
    BatchTrial batch = BatchTrial.of(runtime, setup, soFar.map(LoopState::batch));
    TrainingLoop loop =
        new TrainingLoop(
            batch, TrainingSession.open(runtime, batch.setup(), soFar.map(LoopState::form)));
    try {
      soFar.ifPresent(loop::restore);
      return loop;
    } catch (RuntimeException | Error e) {
      loop.close();
      throw e;
    }
  }

  /**
   * What came out.
   *
   * @param values the trained variables by name, from the best epoch, or from before the first
   * @param epochs how many were scored
   * @param learned whether one was better than the start; than a random one any with a score is
   * @param lowestLoss of theirs on the validation part; NaN if there is none
   * @param bestOfEpochs the best value that any of them reached of the metric that {@link
   *     dev.graft.trainer.EarlyStop} goes by; NaN if there is none
   */
  record Result(
      ImmutableMap<String, TensorValue> values,
      int epochs,
      boolean learned,
      double lowestLoss,
      double bestOfEpochs) {}

  /**
   * Trains until the epochs are used up or the validation part was not better for long.
   *
   * @param checkpoints which say when one is due
   * @param save given the state then, and when the training is cancelled
   */
  Result run(Watch watch, CheckpointFolder checkpoints, Consumer<LoopState> save) {
    Pace pace = new Pace(watch, Progress.Phase.FINE_TUNE, "steps", steps, settings.batch());
    pace.from(counters.batches());
    try {
      begin(watch, save);
      OptionalDouble score = OptionalDouble.empty();
      while (isScoreDue() || !isOver()) {
        if (isScoreDue()) { // also where a run was cancelled just then
          Epoch epoch = endOfEpoch(session.score(watch));
          score = OptionalDouble.of(epoch.validation().metric(setup.task().metric()));
          watch.tell(epoch);
        } else {
          pace.before();
          double rate = rate(counters.schedule());
          time.begin();
          Optional<LossScale> by = scale;
          double loss = step(rate);
          watch.tell(new Step(stage.number(), counters.batches(), rate, loss, scaling(by)));
          if (!Double.isNaN(loss)) { // one that is left out may end early
            keepToTime(watch);
          }
          pace.total(Math.max(steps, counters.batches()));
          pace.advance(1, losses.size() + 1, shownLoss(), score);
          if (checkpoints.isDueAfterStep()) { // before a score, too, which may take long
            save.accept(state());
          }
        }
      }
      if (counters.batches() < steps && time.isOver(losses.size())) {
        tellOfTime(watch, "ended early, since " + setup.time() + " in all are over");
      }
      return result();
    } catch (RuntimeException e) {
      if (Interruption.isCancelled(e) && !best.isNone()) {
        save.accept(state());
      }
      throw e;
    }
  }

  /** Scores what there is before the first step, unless that was done in an earlier process. */
  private void begin(Watch watch, Consumer<LoopState> save) {
    if (best.isNone()) {
      time.begin();
      best = best.start(session.score(watch), !stage.fresh(), session.weights());
      time.scored();
      if (!precisionReason().isEmpty() || !batchReason.isEmpty()) {
        save.accept(state()); // another measurement could find something else
      }
    }
  }

  /** Whether the epochs are used up, or the validation part was not better for long. */
  private boolean isOver() {
    return counters.batches() >= steps
        || best.since() >= settings.stop().patience()
        || time.isOver(losses.size());
  }

  /** Says how long it will take, once that is known, and takes what epochs there is time for. */
  private void keepToTime(Watch watch) {
    long done = (counters.batches() - 1) / order.batches(); // epochs before that of the last step
    int wanted = Math.toIntExact(settings.epochs() - done);
    time.stepped(wanted)
        .ifPresent(
            choice -> {
              steps = choice.epochs() < wanted ? (done + choice.epochs()) * order.batches() : steps;
              choice.words().ifPresent(words -> tellOfTime(watch, words));
            });
  }

  private void tellOfTime(Watch watch, String words) {
    String all = stage.words() + ": " + words;
    watch.tell(new Decision(Kind.TIME, stage.number(), Optional.empty(), all));
  }

  /** A single step at this rate; gives the loss before it, no number if it was left out. */
  double step(double rate) {
    List<int[]> batches = coming();
    StepRecord record = StepRecord.begun();
    double times = scale.map(LossScale::value).orElse(1.0);
    Stepper.Outcome outcome =
        session.stepper().step(batches, new Stepper.At(counters, rate, times));
    int examples = batches.get(0).length;
    record.done(stage.number(), counters.batches(), examples, outcome.loss());
    counters = session.after(counters, outcome);
    scale = scale.map(now -> outcome.isUpdated() ? now.updated() : now.overflowed());
    if (outcome.isUpdated()) {
      lossSum += outcome.loss() * examples;
      lossCount += examples;
    }
    scale.filter(LossScale::isTooSmall).ifPresent(this::overflow);
    return outcome.loss();
  }

  /** The batch of the next step, and those after it that can be got ready meanwhile. */
  private List<int[]> coming() {
    return LongStream.rangeClosed(0, session.stepper().ahead())
        .mapToObj(after -> order.batch(counters.batches() + after))
        .toList();
  }

  private void overflow(LossScale now) {
    boolean isChosen = setup.precision() == Precision.FLOAT16;
    throw new FailedCheckException(
        String.format(
            Locale.ROOT,
            "at step %,d gradients are not finite in float16 though the loss is not multiplied any"
                + " more; %,d steps changed nothing. Lower the rate, or %s, which have larger"
                + " numbers.",
            counters.batches(),
            now.skipped(),
            isChosen
                ? "train in bfloat16 or float32"
                : "build the model once more under the policy 'float32' or 'mixed_bfloat16'"),
        isChosen ? Remedy.PRECISION : Remedy.RECIPE_HEAD);
  }

  private Optional<Step.Scaling> scaling(Optional<LossScale> by) {
    return by.map(was -> new Step.Scaling(was.value(), scale.orElseThrow().skipped()));
  }

  /** What became of steps whose gradients overflowed, for a person; nothing if there were none. */
  Optional<String> skipped() {
    return scale
        .filter(now -> now.skipped() > 0)
        .map(
            now ->
                String.format(
                    Locale.ROOT,
                    "%,d of %,d steps changed nothing, since gradients overflowed in float16; the"
                        + " loss was multiplied by %,.0f at last",
                    now.skipped(),
                    counters.batches(),
                    now.value()));
  }

  private double rate(long position) {
    Schedule.Position at = new Schedule.Position(position, steps, losses);
    return settings.rate() * settings.schedule().share(at);
  }

  /** Whether an epoch is over whose score is not known yet. */
  private boolean isScoreDue() {
    return losses.size() < counters.batches() / order.batches();
  }

  /** None as long as all steps of this epoch were left out. */
  private OptionalDouble shownLoss() {
    return lossCount == 0 ? OptionalDouble.empty() : OptionalDouble.of(meanLoss());
  }

  /** Of the examples of this epoch so far. */
  private double meanLoss() {
    return lossSum / lossCount;
  }

  private Epoch endOfEpoch(Evaluation now) {
    double mean = meanLoss();
    losses.add(now.loss());
    lossSum = 0;
    lossCount = 0;
    best = best.isBeatenBy(now) ? best.beaten(now, session.weights()) : best.passed(now);
    return new Epoch(
        stage.number(),
        stage.words(),
        losses.size(),
        Math.max(losses.size(), Math.toIntExact(steps / order.batches())),
        counters.batches(),
        rate(Math.max(0, counters.schedule() - 1)),
        mean,
        now,
        best.since() == 0);
  }

  /** What came out so far. */
  Result result() {
    double lowest = losses.stream().min(Double::compare).orElse(Double.NaN); // NaN comes last
    boolean learned = best.since() < losses.size();
    return new Result(best.weights(), losses.size(), learned, lowest, best.ofEpochs());
  }

  /** Why it computes in the precision that it does, for a person; empty if that was not chosen. */
  String precisionReason() {
    return session.trial().reason();
  }

  /** How steps get their batches, for a person; empty where nobody would ask. */
  String feedWords() {
    return session.feed();
  }

  /** Why a step has as many examples as it has; empty if that was not to be found. */
  String batchReason() {
    return batchReason;
  }

  /** How many examples make a step. */
  int batch() {
    return settings.batch();
  }

  /** The session it steps in, for a measurement. */
  TrainingSession session() {
    return session;
  }

  /** Steps no more: what scores the result computes in a session of its own, exactly. */
  void over() {
    session.exact();
  }

  /** Where it stands. */
  LoopState state() {
    return new LoopState(
        session.trial().form(),
        settings.batch(),
        counters,
        scale,
        lossSum,
        lossCount,
        ImmutableList.copyOf(losses),
        best.score(),
        best.ofEpochs(),
        best.since(),
        best.weights(),
        session.values());
  }

  private void restore(LoopState state) {
    session.restore(state.best(), state.values());
    counters = state.counters();
    scale = scale.map(start -> state.scale().orElse(start)); // it may have had another precision
    lossSum = state.lossSum();
    lossCount = state.lossCount();
    losses.addAll(state.validationLosses());
    best =
        new Best(
            best.metric(),
            state.bestScore(),
            state.bestOfEpochs(),
            state.sinceBest(),
            state.best());
  }

  @Override
  public void close() {
    session.close();
  }
}
