package dev.graft.trainer.fit;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.GraphEditor;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.Compute.Compiled;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.StepTrial;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.checkpoint.Counters;
import dev.graft.trainer.internal.feed.Feeding;
import dev.graft.trainer.internal.graph.BesideXla;
import dev.graft.trainer.internal.graph.GpuLayers;
import dev.graft.trainer.internal.graph.LayersInTraining;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Scoring;
import dev.graft.words.Remedy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A session in which a stage trains: its variables, and the nodes that step, score and read them.
 * What it steps by and what it keeps is the business of {@link TrainingLoop}.
 */
final class TrainingSession implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final LoopSetup setup;
  private final Scoring scoring;
  private final ImmutableList<Variable> training; // and the moving statistics that change with it
  private final ImmutableList<Variable> changing; // these, and what the optimizer keeps
  private final Order order;
  private final StepTrial trial;
  private final String feed;
  private final ModelSession session;
  private final Stepper stepper;

  /**
   * Opens it.
   *
   * @param soFar how a training that goes on has computed before
   */
  static TrainingSession open(
      TensorFlowRuntime runtime, LoopSetup setup, Optional<StepForm> soFar) {
    return begun(noRoom -> new TrainingSession(runtime, setup, soFar, true, noRoom));
  }

  /**
   * One whose steps are thrown away, of any size: XLA compiles none, even where it is asked for,
   * since it would compile each size anew.
   */
  static TrainingSession trying(TensorFlowRuntime runtime, LoopSetup setup, StepForm form) {
    return begun(noRoom -> new TrainingSession(runtime, setup, Optional.of(form), false, noRoom));
  }

  /** With its examples on the device, if they are to be there and it has room for them. */
  private static TrainingSession begun(Function<Optional<String>, TrainingSession> opening) {
    TrainingSession first = opening.apply(Optional.empty());
    try {
      first.stepper.begin();
      return first;
    } catch (ExhaustedException e) {
      first.close(); // so that the next one has its memory
      return opening.apply(Optional.of(String.valueOf(e.getMessage()).replaceFirst("\\.$", "")));
    } catch (RuntimeException | Error e) {
      first.close();
      throw e;
    }
  }

  private TrainingSession(
      TensorFlowRuntime runtime,
      LoopSetup setup,
      Optional<StepForm> soFar,
      boolean mayCompile,
      Optional<String> noRoom) {
    this.runtime = runtime;
    this.setup = setup;
    FineTune settings = setup.stage().settings();
    this.order = new Order(setup.data().train().size(), settings.batch(), setup.stage().seed());
    checkBatchNorm(settings);
    Task task = setup.task();
    GraphEditor editor = task.inputs().graph().edit();
    int atOnce = Math.min(settings.batch(), settings.microBatch());
    Scoring scores = Scoring.add(editor, task, atOnce, runtime.computesOnGpu());
    Task scored = task.fedAt(task.inputs().into(editor.build()));
    Stage stage = runtime.computesOnGpu() ? onGpu(setup.stage(), scored) : setup.stage();
    TrainingGraph bare =
        TrainingGraph.of(scored, stage, setup.extras(), setup.precision().inGraph());
    Dataset train = setup.data().train();
    Feeding feeding =
        noRoom
            .map(why -> Feeding.without(runtime, scored, bare, train, why))
            .orElseGet(() -> Feeding.of(runtime, scored, bare, train));
    this.scoring = scores.fedAt(feeding.byHand().task().inputs());
    TrainingGraph graph = feeding.graph();
    this.training =
        ImmutableList.<Variable>builder()
            .addAll(setup.stage().training())
            .addAll(graph.step().moved())
            .build();
    this.changing =
        ImmutableList.<Variable>builder().addAll(training).addAll(graph.step().slots()).build();
    Map<Kernels, Model> models = // a GPU takes no other kernels
        runtime.computesOnGpu() ? Map.of(Kernels.TENSORFLOW, graph.model()) : graph.models();
    Function<ModelSession, Stepper> stepping =
        opened -> new Stepper(runtime, opened, feeding, setup);
    Function<ModelSession, Runnable> step = // learns nothing
        opened -> {
          setup.gate().run(); // not within what is timed: it may wait
          return stepping.apply(opened).bare(order.batch(0), 0);
        };
    StepTrial found = StepTrial.of(runtime, setup.precision(), soFar, models, step);
    StepTrial measured = graph.step().mixed().map(it -> found.because(it.words())).orElse(found);
    Model model = requireNonNull(models.get(measured.form().kernels()));
    long steps = (long) order.batches() * settings.epochs();
    CompiledTrial compiling =
        new CompiledTrial(model, steps, Stepper.runs(graph, settings, order.batch(0).length), step);
    Optional<StepForm> before = soFar.filter(form -> StepTrial.fits(form, runtime));
    StepTrial chosen =
        mayCompile
            ? compiling.on(runtime, measured, before.map(StepForm::compiled))
            : measured; // which compiles nothing
    long recurrent = GpuLayers.count(stage.layers());
    this.trial =
        chosen.and(recurrent == 0 ? "" : recurrent + " recurrent layers by cuDNN's kernel");
    this.feed = feeding.words();
    StepForm form = trial.form();
    boolean compiles = form.compiled() != Compiled.NOTHING;
    Model marked =
        compiles
            ? BesideXla.forStep(
                BesideXla.in(model, form.compiled()), graph.steps(), scoring.nodes())
            : model;
    this.session = runtime.open(marked, form.precision(), compiles);
    try {
      this.stepper = stepping.apply(session);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** With layers in their form for GPUs, where they have one. */
  static Stage onGpu(Stage stage, Task task) {
    InputBinding inputs = task.inputs();
    Set<String> known = GpuLayers.known(inputs.graph(), inputs.tensors(), task.logits());
    return stage.layers(GpuLayers.of(task.model(), stage.layers(), known));
  }

  private void checkBatchNorm(FineTune settings) {
    if (setup.stage().layers().stream().anyMatch(LayersInTraining::hasBatchNorm)
        && order.smallest(settings.microBatch()) == 1) {
      throw new BadRequestException(
          setup.data().train().size()
              + " training examples in batches of "
              + Math.min(settings.batch(), settings.microBatch())
              + " make a batch of one example, by which BatchNorm cannot normalise; take batches of"
              + " another size, or have it behave as in inference.",
          Remedy.SMALLER_BATCH,
          Remedy.BATCH_NORM_AS_IT_IS);
    }
  }

  /** The order in which examples are seen. */
  Order order() {
    return order;
  }

  /** How its steps are computed, and why. */
  StepTrial trial() {
    return trial;
  }

  /** How its steps get their batches, for a person; empty where nobody would ask. */
  String feed() {
    return feed;
  }

  /** What takes steps in it. */
  Stepper stepper() {
    return stepper;
  }

  /** Returns {@code counters} after a step. */
  Counters after(Counters counters, Stepper.Outcome outcome) {
    return outcome.isUpdated()
        ? counters.updated(stepper.runs())
        : counters.leftOut(stepper.runs());
  }

  /**
   * A step on one and the same batch with nothing around it, for a measurement; the batch gets to
   * it as it does to the loop's.
   */
  Runnable bareStep(double rate) {
    return stepper.bareAsFed(order.batch(0), rate);
  }

  /** Scores the validation part; without progress of its own, but pause and cancel hold there. */
  Evaluation score(Watch watch) {
    Dataset validation = setup.data().validation();
    Pace pace = new Pace(watch.quiet(), Progress.Phase.EVALUATE, "examples", validation.size(), 1);
    UnaryOperator<Variable> weights = setup.extras().weights();
    List<Variable> elsewhere =
        training.stream().filter(each -> !weights.apply(each).equals(each)).toList();
    if (elsewhere.isEmpty()) {
      return scoring.score(runtime, session, validation, pace);
    }
    List<TensorValue> own = session.readVariables(elsewhere);
    assign(elsewhere, session.readVariables(elsewhere.stream().map(weights).toList()));
    try {
      return scoring.score(runtime, session, validation, pace);
    } finally {
      assign(elsewhere, own);
    }
  }

  private void assign(List<Variable> variables, List<TensorValue> values) {
    for (int i = 0; i < values.size(); i++) {
      session.assign(variables.get(i), values.get(i));
    }
  }

  /** The model's weights as they are scored, of those that change, by name. */
  ImmutableMap<String, TensorValue> weights() {
    return values(training, training.stream().map(setup.extras().weights()).toList());
  }

  /** All that training has changed, weights and the optimizer's variables, by name. */
  ImmutableMap<String, TensorValue> values() {
    return values(changing, changing);
  }

  private ImmutableMap<String, TensorValue> values(List<Variable> named, List<Variable> holding) {
    List<TensorValue> values = session.readVariables(holding);
    ImmutableMap.Builder<String, TensorValue> byName = ImmutableMap.builder();
    for (int i = 0; i < values.size(); i++) {
      byName.put(named.get(i).name(), values.get(i));
    }
    return byName.buildOrThrow();
  }

  /**
   * Gives the variables the values that a checkpoint has.
   *
   * @param best the weights that were best, so that these are checked, too
   * @throws BadRequestException if it had other variables, or an optimizer that keeps other ones
   */
  void restore(Map<String, TensorValue> best, Map<String, TensorValue> values) {
    assign(training, best);
    assign(changing, values);
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

  /** Has no more to do with how other sessions multiply. */
  void exact() {
    session.exact();
  }

  @Override
  public void close() {
    stepper.close();
    session.close();
  }
}
