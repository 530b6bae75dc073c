package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.GraphEditor;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PrecisionTrial;
import dev.graft.runtime.RuntimeOptions.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.internal.features.Frontier;
import dev.graft.trainer.internal.graph.LayersInTraining;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Entry;
import dev.graft.trainer.internal.task.Goal;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.listener.Callback;
import dev.graft.trainer.listener.Callbacks;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.Interruption;
import dev.graft.trainer.listener.Pace;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.optimizer.Schedule;
import dev.graft.trainer.score.Scoring;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Function;

/** The loop: epochs of steps, each followed by a look at the validation part. */
@Internal
public final class TrainingLoop implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final Stage stage;
  private final FineTune settings;
  private final Dataset validation;
  private final Entry entry;
  private final List<Goal> goals;
  private final Scoring scoring;
  private final ImmutableList<Variable> training; // and the moving statistics that change with it
  private final ImmutableList<Variable> changing; // these, and what the optimizer keeps
  private final Order order;
  private final PrecisionTrial precision;
  private final ModelSession session;
  private final Stepper stepper;

  // where it stands, see LoopState
  private long done;
  private double lossSum;
  private final List<Double> losses = new ArrayList<>();
  private double bestScore;
  private double bestOfEpochs = Double.NaN;
  private int sinceBest;
  private ImmutableMap<String, TensorValue> best =
      ImmutableMap.of(); // empty before the first score

  private TrainingLoop(
      TensorFlowRuntime runtime,
      Stage stage,
      Dataset train,
      Dataset validation,
      Entry entry,
      List<Goal> goals,
      Scoring scoring,
      TrainingGraph graph,
      Order order,
      Optional<Precision> precision) {
    this.runtime = runtime;
    this.stage = stage;
    this.settings = stage.settings();
    this.validation = validation;
    this.entry = entry;
    this.goals = goals;
    this.scoring = scoring;
    this.training =
        ImmutableList.<Variable>builder().addAll(stage.training()).addAll(graph.moved()).build();
    this.changing =
        ImmutableList.<Variable>builder().addAll(training).addAll(graph.slots()).build();
    this.order = order;
    Function<ModelSession, Stepper> stepping =
        opened -> new Stepper(runtime, opened, graph, entry, goals, stage, train);
    this.precision =
        PrecisionTrial.of(
            runtime,
            precision,
            graph.model(),
            opened -> stepping.apply(opened).bare(order.batch(0), 0)); // learns nothing
    this.session = runtime.open(graph.model(), this.precision.precision());
    try {
      this.stepper = stepping.apply(session);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /**
   * Opens a loop.
   *
   * @param objectives what the heads are trained for
   * @param stage what trains, and how
   * @param train examples, or their features at the end of the part that does not train
   * @param validation the same for the validation part
   * @param soFar where a loop with the same settings stood, to go on from there
   * @throws BadRequestException if that had other variables, or an optimizer that keeps other ones
   */
  public static TrainingLoop open(
      TensorFlowRuntime runtime,
      Model model,
      Objectives objectives,
      Stage stage,
      Dataset train,
      Dataset validation,
      long seed,
      Optional<LoopState> soFar) {
    List<Goal> goals = Goal.of(model, train, objectives);
    Entry entry = Entry.of(model, train);
    GraphEditor editor = entry.graph().edit();
    FineTune settings = stage.settings();
    Scoring scoring = Scoring.add(editor, goals, Math.min(settings.batch(), settings.microBatch()));
    TrainingGraph graph =
        TrainingGraph.of(
            model,
            entry.into(editor.build()),
            goals,
            objectives.penalty(),
            settings,
            stage.training(),
            stage.rates(),
            stage.layers(),
            seed);
    Order order = new Order(train.size(), settings.batch(), seed);
    if (stage.layers().stream().anyMatch(LayersInTraining::hasBatchNorm)
        && order.smallest(settings.microBatch()) == 1) {
      throw new BadRequestException(
          train.size()
              + " training examples in batches of "
              + Math.min(settings.batch(), settings.microBatch())
              + " make a batch of one example, by which BatchNorm cannot normalise; take batches of"
              + " another size, or FineTune.batchNorm(INFERENCE).");
    }
    TrainingLoop loop =
        new TrainingLoop(
            runtime,
            stage,
            train,
            validation,
            entry,
            goals,
            scoring,
            graph,
            order,
            soFar.map(LoopState::precision));
    try {
      soFar.ifPresent(loop::restore);
      return loop;
    } catch (RuntimeException | Error e) {
      loop.close();
      throw e;
    }
  }

  /** A loop by itself, over all that the model leaves unfrozen, for a measurement. */
  public static TrainingLoop ofUnfrozen(
      TensorFlowRuntime runtime,
      Model model,
      FineTune settings,
      Dataset train,
      Dataset validation) {
    List<Goal> goals = Goal.of(model, train, Objectives.usual());
    TrainingPlan none = new TrainingPlan(ImmutableList.of());
    Recipe recipe = Recipe.headOnly().then(settings);
    Frontier frontier = Frontier.of(Entry.of(model, train));
    Stage stage = Stages.of(model, none, frontier, goals, goals, recipe).get(0);
    return open(runtime, model, Objectives.usual(), stage, train, validation, 0, Optional.empty());
  }

  /**
   * What came out.
   *
   * @param values the trained variables by name, from the best epoch, or from before the first
   * @param epochs how many were scored
   * @param learned whether one was better than the start; than a random one any with a score is
   * @param lowestLoss of theirs on the validation part; NaN if there is none
   * @param bestOfEpochs the best value that any of them reached of the metric that {@link
   *     EarlyStop} goes by; NaN if there is none
   */
  public record Result(
      ImmutableMap<String, TensorValue> values,
      int epochs,
      boolean learned,
      double lowestLoss,
      double bestOfEpochs) {}

  /**
   * Trains until the epochs are used up or the validation part was not better for long.
   *
   * @param save given the state when a checkpoint is due, and when a callback ends the training
   */
  public Result run(Callbacks callbacks, Consumer<LoopState> save) {
    try {
      return train(callbacks, save);
    } catch (RuntimeException e) {
      if (Interruption.isCancelled(e) && !best.isEmpty()) {
        save.accept(state());
      }
      throw e;
    }
  }

  private Result train(Callbacks callbacks, Consumer<LoopState> save) {
    long steps = (long) settings.epochs() * order.batches();
    Checkpoints checkpoints = Checkpoints.among(callbacks);
    Pace pace =
        new Pace(callbacks, Progress.Phase.FINE_TUNE, "steps", steps, settings.batch()).from(done);
    if (best.isEmpty()) {
      keep(score(callbacks));
      if (stage.fresh()) {
        bestScore = Double.NaN; // no chance hit of a random head is anything to beat
      }
      if (!precision.reason().isEmpty()) {
        save.accept(state()); // another measurement could find another precision
      }
    }
    OptionalDouble score = OptionalDouble.empty();
    while (isScoreDue() || (done < steps && sinceBest < settings.stop().patience())) {
      if (isScoreDue()) { // also where a run was cancelled just then
        Epoch epoch = endOfEpoch(callbacks, rate(done - 1, steps));
        score = OptionalDouble.of(epoch.validation().metric(Goal.metric(goals)));
        callbacks.onEpoch(epoch);
      } else {
        pace.before();
        double rate = rate(done, steps);
        int[] batch = order.batch(done);
        double loss = stepper.step(batch, order.batch(done + 1), done, rate);
        done++;
        lossSum += loss * batch.length;
        callbacks.onStep(new Step(stage.number(), done, rate, loss));
        pace.advance(1, losses.size() + 1, OptionalDouble.of(meanLoss()), score);
        if (checkpoints.isDueAfterStep()) { // before a score, too, which may take long
          save.accept(state());
        }
      }
    }
    return result();
  }

  /** What came out so far. */
  Result result() {
    double lowest = losses.stream().min(Double::compare).orElse(Double.NaN); // NaN comes last
    return new Result(best, losses.size(), sinceBest < losses.size(), lowest, bestOfEpochs);
  }

  /** Why it computes in the precision that it does, for a person; empty if that was not chosen. */
  String precisionReason() {
    return precision.reason();
  }

  private double rate(long step, long steps) {
    return settings.rate() * settings.schedule().share(new Schedule.Position(step, steps, losses));
  }

  /** Whether an epoch is over whose score is not known yet. */
  private boolean isScoreDue() {
    return losses.size() < done / order.batches();
  }

  /** Of the examples of this epoch so far. */
  private double meanLoss() {
    return lossSum / order.examples(done - (long) losses.size() * order.batches());
  }

  /** Runs without checkpoints. */
  public void run(Callback callback) {
    if (!precisionReason().isEmpty()) {
      callback.onDecision(precisionReason());
    }
    run(Callbacks.of(callback), state -> {});
  }

  /** A step on one and the same batch with no loop around it, for a measurement. */
  public Runnable bareStep() {
    return stepper.bare(order.batch(0), settings.rate());
  }

  /** How many variables are trained. */
  public int trained() {
    return stage.training().size();
  }

  /** A single step at this rate, with nothing around it; gives the loss before it. */
  public double step(double rate) {
    double loss = stepper.step(order.batch(done), order.batch(done + 1), done, rate);
    done++;
    return loss;
  }

  /** How many examples make a step. */
  int batch() {
    return settings.batch();
  }

  private Epoch endOfEpoch(Callbacks callbacks, double rate) {
    Evaluation now = score(callbacks);
    double mean = meanLoss();
    losses.add(now.loss());
    lossSum = 0;
    sinceBest++;
    String metric = settings.stop().metric();
    if (Evaluation.isBetter(metric, now.metric(metric), bestOfEpochs)) {
      bestOfEpochs = now.metric(metric);
    }
    if (Evaluation.isBetter(metric, now.metric(metric), bestScore)) {
      keep(now);
    }
    return new Epoch(
        stage.number(),
        stage.words(),
        losses.size(),
        settings.epochs(),
        done,
        rate,
        mean,
        now,
        sinceBest == 0);
  }

  private void keep(Evaluation score) {
    bestScore = score.metric(settings.stop().metric());
    sinceBest = 0;
    best = values(training);
  }

  /** Scores the validation part; without progress of its own, but pause and cancel hold there. */
  private Evaluation score(Callbacks callbacks) {
    Pace pace =
        new Pace(callbacks.quiet(), Progress.Phase.EVALUATE, "examples", validation.size(), 1);
    return scoring.score(runtime, session, entry, validation, pace);
  }

  /** Where it stands. */
  public LoopState state() {
    return new LoopState(
        precision.precision(),
        done,
        lossSum,
        ImmutableList.copyOf(losses),
        bestScore,
        bestOfEpochs,
        sinceBest,
        best,
        values(changing));
  }

  private void restore(LoopState state) {
    assign(training, state.best()); // so that these are checked, too
    assign(changing, state.values());
    done = state.step();
    lossSum = state.lossSum();
    losses.clear();
    losses.addAll(state.validationLosses());
    bestScore = state.bestScore();
    bestOfEpochs = state.bestOfEpochs();
    sinceBest = state.sinceBest();
    best = state.best();
  }

  private ImmutableMap<String, TensorValue> values(List<Variable> variables) {
    List<TensorValue> values = session.readVariables(variables);
    ImmutableMap.Builder<String, TensorValue> byName = ImmutableMap.builder();
    for (int i = 0; i < values.size(); i++) {
      byName.put(variables.get(i).name(), values.get(i));
    }
    return byName.buildOrThrow();
  }

  private void assign(List<Variable> variables, Map<String, TensorValue> values) {
    for (Variable variable : variables) {
      TensorValue value = values.get(variable.name());
      if (value == null
          || value.dtype() != variable.dtype()
          || !variable.shape().isCompatibleWith(value.shape())) {
        throw new BadRequestException(
            "training needs '"
                + variable.name()
                + "' as "
                + variable.dtype()
                + " "
                + variable.shape()
                + ", but the checkpoint has it "
                + (value == null ? "not at all" : "as " + value)
                + "; resume with the model and the optimizer that the run began with, or begin a"
                + " new run.");
      }
      session.assign(variable, value);
    }
  }

  @Override
  public void close() {
    stepper.close();
    session.close();
  }
}
