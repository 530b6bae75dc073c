package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.FailedCheckException;
import dev.graft.model.Internal;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.TensorValue;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** The loop: epochs of steps, each followed by a look at the validation part. */
@Internal
public final class TrainingLoop implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final FineTune settings;
  private final Dataset train;
  private final Dataset validation;
  private final Entry entry;
  private final List<Goal> goals;
  private final Scoring scoring;
  private final int trained;
  private final ImmutableList<Variable> training; // and the moving statistics that change with it
  private final ImmutableList<Variable> changing; // these, and what the optimizer keeps
  private final Order order;
  private final ModelSession session;
  private final PreparedRun step;

  // where it stands, see LoopState
  private long done;
  private double lossSum;
  private final List<Double> losses = new ArrayList<>();
  private double bestLoss = Double.NaN; // nothing was scored yet
  private int sinceBest;
  private ImmutableMap<String, TensorValue> best = ImmutableMap.of();

  private TrainingLoop(
      TensorFlowRuntime runtime,
      FineTune settings,
      Dataset train,
      Dataset validation,
      Entry entry,
      List<Goal> goals,
      Scoring scoring,
      TrainingGraph graph,
      List<Variable> training,
      Order order) {
    this.runtime = runtime;
    this.settings = settings;
    this.train = train;
    this.validation = validation;
    this.entry = entry;
    this.goals = goals;
    this.scoring = scoring;
    this.trained = training.size();
    this.training =
        ImmutableList.<Variable>builder().addAll(training).addAll(graph.moved()).build();
    this.changing =
        ImmutableList.<Variable>builder().addAll(this.training).addAll(graph.slots()).build();
    this.order = order;
    this.session = runtime.open(graph.model());
    List<TensorRef> feeds = new ArrayList<>(entry.tensors());
    feeds.addAll(graph.targets());
    feeds.addAll(List.of(graph.weights(), graph.rate(), graph.step()));
    this.step = session.graph().prepare(feeds, List.of(graph.loss()), graph.updates());
  }

  /**
   * Opens a loop.
   *
   * @param objectives what the heads are trained for
   * @param training the variables that train
   * @param layers those that behave as in training
   * @param train examples, or their features at the end of the part that does not train
   * @param validation the same for the validation part
   */
  static TrainingLoop open(
      TensorFlowRuntime runtime,
      Model model,
      Objectives objectives,
      List<Variable> training,
      List<Layer> layers,
      FineTune settings,
      Dataset train,
      Dataset validation,
      long seed) {
    List<Goal> goals = Goal.of(model, train, objectives);
    Entry entry = Entry.of(model, train);
    GraphEditor editor = entry.graph().edit();
    Scoring scoring = Scoring.add(editor, goals);
    TrainingGraph graph =
        TrainingGraph.of(
            model, editor.build(), goals, objectives.penalty(), settings, training, layers, seed);
    Order order = new Order(train.size(), settings.batch(), seed);
    if (order.smallest() == 1 && layers.stream().anyMatch(LayersInTraining::hasBatchNorm)) {
      throw new BadRequestException(
          train.size()
              + " training examples in batches of "
              + settings.batch()
              + " make a batch of one example, by which BatchNorm cannot normalise; take batches of"
              + " another size, or FineTune.batchNorm(INFERENCE).");
    }
    return new TrainingLoop(
        runtime, settings, train, validation, entry, goals, scoring, graph, training, order);
  }

  /** A loop by itself, over all that the model leaves unfrozen, for a measurement. */
  public static TrainingLoop ofUnfrozen(
      TensorFlowRuntime runtime,
      Model model,
      FineTune settings,
      Dataset train,
      Dataset validation) {
    Objectives objectives = Objectives.usual();
    List<Goal> goals = Goal.of(model, train, objectives);
    Entry entry = Entry.of(model, train);
    List<Variable> training =
        TopLayers.of(model, entry.graph(), entry.tensors(), goals, settings.share());
    List<Layer> layers =
        LayersInTraining.of(
            model,
            entry.graph(),
            entry.tensors(),
            goals.stream().map(goal -> goal.head().logits()).toList(),
            training,
            settings.batchNorm() == FineTune.BatchNorm.TRAINING);
    return open(runtime, model, objectives, training, layers, settings, train, validation, 0);
  }

  /**
   * What came out.
   *
   * @param values the trained variables by name, from the epoch with the smallest validation loss
   * @param validation the score there
   * @param epochs how many were run
   */
  record Result(ImmutableMap<String, TensorValue> values, Evaluation validation, int epochs) {}

  /**
   * Trains until the epochs are used up or the validation loss has not become smaller for long.
   *
   * @param save given the state when a checkpoint is due, and when a callback ends the training
   */
  Result run(Callbacks callbacks, Consumer<LoopState> save) {
    long steps = (long) settings.epochs() * order.batches();
    Schedule schedule = settings.schedule(steps);
    Checkpoints checkpoints = callbacks.checkpoints();
    Pace pace =
        new Pace(callbacks, Progress.Phase.FINE_TUNE, "steps", steps, settings.batch()).from(done);
    if (Double.isNaN(bestLoss)) {
      keep(score().loss());
    }
    OptionalDouble score = OptionalDouble.empty();
    while (done < steps && sinceBest < settings.patience()) {
      try {
        pace.before();
      } catch (CancellationException e) {
        save.accept(state());
        throw e;
      }
      int epoch = Math.toIntExact(done / order.batches()) + 1;
      double rate = schedule.rate(new Schedule.Position(done, steps, losses));
      lossSum += step(order.batch(done), rate);
      done++;
      long ofEpoch = done - (epoch - 1L) * order.batches();
      pace.advance(1, epoch, OptionalDouble.of(lossSum / ofEpoch), score);
      if (ofEpoch == order.batches()) {
        score = OptionalDouble.of(endOfEpoch().metric(Goal.metric(goals)));
      }
      if (checkpoints.isDueAfterStep()) {
        save.accept(state());
      }
    }
    assign(training, best);
    return new Result(best, score(), losses.size());
  }

  /** Runs without checkpoints. */
  public void run(Callback callback) {
    run(Callbacks.of(callback), state -> {});
  }

  /** A step on one and the same batch with no loop around it, for a measurement. */
  public Runnable bareStep() {
    List<TensorValue> values = values(train.batch(order.batch(0)), settings.rate());
    return () -> step.run(values);
  }

  /** How many variables are trained. */
  public int trained() {
    return trained;
  }

  private List<TensorValue> values(Batch batch, double rate) {
    List<TensorValue> values = new ArrayList<>(entry.values(batch));
    goals.forEach(goal -> values.add(goal.targets(batch)));
    values.add(batch.weights());
    values.add(TensorValue.of(Shape.scalar(), new double[] {rate}));
    values.add(TensorValue.scalar(done));
    return values;
  }

  /** One step; gives its loss. */
  private double step(int[] examples, double rate) {
    List<TensorValue> values = values(train.batch(examples), rate);
    double loss = entry.run(runtime, step, values, train, examples).get(0).asDoubles()[0];
    if (!Double.isFinite(loss)) {
      throw new FailedCheckException(
          "the loss is not finite at step "
              + (done + 1)
              + ", on a batch that begins with "
              + train.name(examples[0])
              + "; lower the rate, or clip the gradients.");
    }
    return loss;
  }

  private Evaluation endOfEpoch() {
    Evaluation now = score();
    losses.add(now.loss());
    lossSum = 0;
    sinceBest++;
    if (now.loss() < bestLoss) {
      keep(now.loss());
    }
    return now;
  }

  private void keep(double loss) {
    bestLoss = loss;
    sinceBest = 0;
    best = values(training);
  }

  private Evaluation score() {
    Pace quiet =
        new Pace(Callbacks.of(), Progress.Phase.EVALUATE, "examples", validation.size(), 1);
    return scoring.score(runtime, session, entry, validation, quiet);
  }

  /** Where it stands. */
  LoopState state() {
    return new LoopState(
        done, lossSum, ImmutableList.copyOf(losses), bestLoss, sinceBest, best, values(changing));
  }

  /**
   * Goes on from where a loop with the same settings stood.
   *
   * @throws BadRequestException if it had other variables, or an optimizer that keeps other ones
   */
  void restore(LoopState state) {
    assign(training, state.best()); // so that these are checked, too
    assign(changing, state.values());
    done = state.step();
    lossSum = state.lossSum();
    losses.clear();
    losses.addAll(state.validationLosses());
    bestLoss = state.bestLoss();
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
    session.close();
  }
}
