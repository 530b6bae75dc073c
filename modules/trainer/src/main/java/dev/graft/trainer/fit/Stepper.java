package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.checkpoint.Counters;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.ReadAhead;
import dev.graft.trainer.internal.task.Task;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Takes single steps of gradient descent: one run each, or one for each micro-batch and one more.
 */
final class Stepper implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final ModelSession session;
  private final TrainingGraph graph;
  private final LoopSetup setup;
  private final Task task;
  private final FineTune settings;
  private final ReadAhead batches;
  private final ImmutableList<TensorRef> feeds;
  private final PreparedRun forward; // and the update, unless gradients are added up
  private final PreparedRun update;

  /** Steps in {@code session}, which stays the caller's to close. */
  Stepper(TensorFlowRuntime runtime, ModelSession session, TrainingGraph graph, LoopSetup setup) {
    this.runtime = runtime;
    this.session = session;
    this.graph = graph;
    this.setup = setup;
    this.task = setup.task();
    this.settings = setup.stage().settings();
    this.batches = new ReadAhead(setup.data().train());
    ImmutableList.Builder<TensorRef> all = ImmutableList.builder();
    all.addAll(task.inputs().tensors()).addAll(graph.targets()).add(graph.weights());
    graph.part().ifPresent(all::add);
    this.feeds = all.add(graph.rate(), graph.updated(), graph.draw()).build();
    boolean addsUp = graph.part().isPresent();
    this.forward =
        session
            .graph()
            .prepare(feeds, List.of(graph.loss()), addsUp ? graph.add() : graph.updates());
    this.update =
        addsUp
            ? session
                .graph()
                .prepare(List.of(graph.rate(), graph.updated()), List.of(), graph.updates())
            : forward;
  }

  /**
   * What came of a step.
   *
   * @param loss before it, no number if it was left out
   * @param isUpdated whether the weights changed; if not, a guard of the step had it left out
   */
  record Outcome(double loss, boolean isUpdated) {
    private static final Outcome LEFT_OUT = new Outcome(Double.NaN, false);
  }

  /** How many runs compute the gradients of a whole batch. Each draws its own random numbers. */
  long runs() {
    int size = settings.microBatch();
    return graph.part().isEmpty() ? 1 : (settings.batch() + size - 1L) / size;
  }

  /**
   * Takes one step.
   *
   * @param examples the batch
   * @param next the batch of the step after it, to be read meanwhile
   * @param counters how far training has come
   * @throws dev.graft.error.FailedCheckException if the loss is no number; the message names the
   *     layer and the batch, and the weights are those before the step
   */
  Outcome step(int[] examples, int[] next, Counters counters, double rate) {
    try {
      if (graph.part().isEmpty()) {
        return new Outcome(run(examples, next, 1, position(counters, 0, rate)), true);
      }
      int size = settings.microBatch();
      double loss = 0;
      for (int i = 0; i * size < examples.length; i++) {
        int[] some = micro(examples, i);
        int[] after = (i + 1) * size < examples.length ? micro(examples, i + 1) : micro(next, 0);
        double part = (double) some.length / examples.length;
        loss += run(some, after, part, position(counters, i, rate));
      }
      update.run(position(counters, 0, rate).subList(0, 2));
      return new Outcome(loss, true);
    } catch (TensorFlowException e) {
      if (!says(e, TrainingGraph.LEFT_OUT)) {
        throw e;
      }
      for (Variable sum : graph.sums()) { // a part of the batch may be in them
        session.assign(sum, zeros(sum));
      }
      return Outcome.LEFT_OUT;
    }
  }

  private static TensorValue zeros(Variable like) {
    long bytes = like.shape().elements() * TensorValue.size(like.dtype());
    ByteBuffer none = ByteBuffer.allocateDirect(Math.toIntExact(bytes));
    return TensorValue.of(like.dtype(), like.shape(), none);
  }

  /** The micro-batch of this number, from 0. */
  private int[] micro(int[] examples, int number) {
    int size = settings.microBatch();
    int start = number * size;
    return Arrays.copyOfRange(examples, start, Math.min(examples.length, start + size));
  }

  /**
   * The first run of a first step on {@code examples}, to be repeated with nothing else around it:
   * all of the step, or its first micro-batch, since more may not fit in memory.
   */
  Runnable bare(int[] examples, double rate) {
    int[] some = micro(examples, 0);
    double part = (double) some.length / examples.length;
    List<TensorValue> values =
        values(setup.data().train().batch(some), part, position(Counters.START, 0, rate));
    return () -> forward.run(values);
  }

  private double run(int[] examples, int[] next, double part, List<TensorValue> position) {
    List<TensorValue> values = values(batches.take(examples, next), part, position);
    try {
      return forward.run(values).get(0).asDoubles()[0];
    } catch (TensorFlowException e) {
      if (says(e, TrainingGraph.NOT_FINITE)) {
        long done = position.get(1).longs()[0];
        throw new NotFinite(session, graph, setup).explain(examples, feeds, values, done, e);
      }
      throw task.inputs().explained(e, runtime, setup.data().train(), examples);
    } catch (ExhaustedException e) {
      throw task.inputs().explained(e, runtime, setup.data().train(), examples);
    }
  }

  private static boolean says(TensorFlowException e, String words) {
    return String.valueOf(e.getMessage()).contains(words);
  }

  /** What is fed for a batch, in the order of the feeds. */
  private List<TensorValue> values(Batch batch, double part, List<TensorValue> position) {
    List<TensorValue> values = new ArrayList<>(task.inputs().values(batch));
    values.addAll(task.targets(batch));
    values.add(batch.weights());
    graph.part().ifPresent(ref -> values.add(number(part)));
    values.addAll(position);
    return values;
  }

  /** What is fed of how far training has come, in the run of this number of the step. */
  private static List<TensorValue> position(Counters counters, int run, double rate) {
    return List.of(
        number(rate),
        TensorValue.scalar(counters.updates()),
        TensorValue.scalar(counters.draws() + run));
  }

  private static TensorValue number(double value) {
    return TensorValue.of(Shape.scalar(), new double[] {value});
  }

  /** Stops reading; the session is the caller's. */
  @Override
  public void close() {
    batches.close();
  }
}
