package dev.graft.trainer;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.FailedCheckException;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.TensorValue;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** The loop: epochs of steps, each followed by a look at the validation part. */
final class TrainingLoop implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final FineTune settings;
  private final Dataset train;
  private final Dataset validation;
  private final Entry entry;
  private final Scoring scoring;
  private final TrainingGraph graph;
  private final List<Variable> training;
  private final ModelSession session;
  private final PreparedRun step;
  private final Order order;

  private TrainingLoop(
      TensorFlowRuntime runtime,
      FineTune settings,
      Dataset train,
      Dataset validation,
      Entry entry,
      Scoring scoring,
      TrainingGraph graph,
      List<Variable> training,
      Order order) {
    this.runtime = runtime;
    this.settings = settings;
    this.train = train;
    this.validation = validation;
    this.entry = entry;
    this.scoring = scoring;
    this.graph = graph;
    this.training = training;
    this.order = order;
    this.session = runtime.open(graph.model());
    List<TensorRef> feeds = new ArrayList<>(entry.tensors());
    feeds.addAll(List.of(graph.targets(), graph.weights(), graph.rate(), graph.step()));
    this.step = session.graph().prepare(feeds, List.of(graph.loss()), graph.updates());
  }

  /**
   * Opens a loop.
   *
   * @param training the variables that train
   * @param train examples, or their features at the end of the part that does not train
   * @param validation the same for the validation part
   */
  static TrainingLoop open(
      TensorFlowRuntime runtime,
      Model model,
      Head head,
      List<Variable> training,
      FineTune settings,
      Dataset train,
      Dataset validation,
      long seed) {
    Objective objective = Objective.of(head);
    Entry entry = Entry.of(model, train);
    GraphEditor editor = entry.graph().edit();
    Scoring scoring = Scoring.add(editor, head, objective);
    TrainingGraph graph =
        TrainingGraph.of(
            model,
            editor.build(),
            head,
            objective,
            settings.optimizer(),
            settings.clipping(),
            training);
    Order order = new Order(train.size(), settings.batch(), seed);
    return new TrainingLoop(
        runtime, settings, train, validation, entry, scoring, graph, training, order);
  }

  /**
   * What came out.
   *
   * @param values the trained variables by name, from the epoch with the smallest validation loss
   * @param validation the score there
   * @param epochs how many were run
   */
  record Result(Map<String, TensorValue> values, Evaluation validation, int epochs) {}

  /** Trains until the epochs are used up or the validation loss has not become smaller for long. */
  Result run(Callback callbacks) {
    long steps = (long) settings.epochs() * order.batches();
    Schedule schedule = settings.schedule(steps);
    Pace pace = new Pace(callbacks, Progress.Phase.FINE_TUNE, "steps", steps, settings.batch());
    List<Double> losses = new ArrayList<>();
    Evaluation now = score();
    Result best = new Result(values(), now, 0);
    int sinceBest = 0;
    long done = 0;
    for (int epoch = 1; epoch <= settings.epochs() && sinceBest < settings.patience(); epoch++) {
      double sum = 0;
      int batches = 0;
      for (int[] batch : order.epoch(epoch)) {
        pace.before();
        double rate = schedule.rate(new Schedule.Position(done, steps, losses));
        sum += step(batch, rate, done++);
        OptionalDouble mean = OptionalDouble.of(sum / ++batches);
        pace.advance(1, epoch, mean, OptionalDouble.of(now.accuracy()));
      }
      now = score();
      losses.add(now.loss());
      sinceBest++;
      if (now.loss() < best.validation().loss()) {
        best = new Result(values(), now, epoch);
        sinceBest = 0;
      }
    }
    return new Result(best.values(), best.validation(), losses.size());
  }

  /** One step; gives its loss. */
  private double step(int[] examples, double rate, long done) {
    Batch batch = train.batch(examples);
    float[] weights = new float[examples.length];
    Arrays.fill(weights, 1);
    List<TensorValue> values = new ArrayList<>(entry.values(batch));
    values.add(batch.targets());
    values.add(TensorValue.of(Shape.of(weights.length), weights));
    values.add(TensorValue.scalar((float) rate));
    values.add(TensorValue.scalar(done));
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

  private Evaluation score() {
    Pace quiet =
        new Pace(Callbacks.of(), Progress.Phase.EVALUATE, "examples", validation.size(), 1);
    return scoring.score(runtime, session, entry, validation, quiet);
  }

  private Map<String, TensorValue> values() {
    List<TensorValue> values = session.readVariables(training);
    Map<String, TensorValue> byName = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      byName.put(training.get(i).name(), values.get(i));
    }
    return byName;
  }

  @Override
  public void close() {
    session.close();
  }
}
