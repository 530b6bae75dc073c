package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Entry;
import dev.graft.trainer.internal.task.Goal;
import dev.graft.trainer.internal.task.ReadAhead;
import dev.graft.trainer.internal.task.Stage;
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
  private final Entry entry;
  private final List<Goal> goals;
  private final Stage stage;
  private final Dataset train;
  private final ReadAhead batches;
  private final ImmutableList<TensorRef> feeds;
  private final PreparedRun forward; // and the update, unless gradients are added up
  private final PreparedRun update;

  /** Steps in {@code session}, which stays the caller's to close. */
  Stepper(
      TensorFlowRuntime runtime,
      ModelSession session,
      TrainingGraph graph,
      Entry entry,
      List<Goal> goals,
      Stage stage,
      Dataset train) {
    this.runtime = runtime;
    this.session = session;
    this.graph = graph;
    this.entry = entry;
    this.goals = goals;
    this.stage = stage;
    this.train = train;
    this.batches = new ReadAhead(train);
    ImmutableList.Builder<TensorRef> all = ImmutableList.builder();
    all.addAll(entry.tensors()).addAll(graph.targets()).add(graph.weights());
    graph.part().ifPresent(all::add);
    ImmutableList<TensorRef> position = ImmutableList.of(graph.rate(), graph.step());
    this.feeds = all.addAll(position).build();
    boolean addsUp = graph.part().isPresent();
    this.forward =
        session
            .graph()
            .prepare(feeds, List.of(graph.loss()), addsUp ? graph.add() : graph.updates());
    this.update = addsUp ? session.graph().prepare(position, List.of(), graph.updates()) : forward;
  }

  /**
   * One step.
   *
   * @param examples the batch
   * @param next the batch of the step after it, to be read meanwhile
   * @param done how many steps are done
   * @return the loss before it
   * @throws dev.graft.error.FailedCheckException if that is no number; the message names the layer
   *     and the batch, and the weights are those before the step
   */
  double step(int[] examples, int[] next, long done, double rate) {
    if (graph.part().isEmpty()) {
      return run(examples, next, 1, done, done, rate);
    }
    int size = stage.settings().microBatch();
    long runs = (stage.settings().batch() + size - 1L) / size; // each draws its own random numbers
    double loss = 0;
    for (int i = 0; i * size < examples.length; i++) {
      int[] some = micro(examples, i);
      int[] after = (i + 1) * size < examples.length ? micro(examples, i + 1) : micro(next, 0);
      double part = (double) some.length / examples.length;
      loss += run(some, after, part, done * runs + i, done, rate);
    }
    update.run(List.of(number(rate), TensorValue.scalar(done)));
    return loss;
  }

  /** The micro-batch of this number, from 0. */
  private int[] micro(int[] examples, int number) {
    int size = stage.settings().microBatch();
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
    List<TensorValue> values = values(train.batch(some), part, 0, rate);
    return () -> forward.run(values);
  }

  /** The run of this number, from 0 over all steps, when so many steps are done. */
  private double run(int[] examples, int[] next, double part, long number, long done, double rate) {
    List<TensorValue> values = values(batches.take(examples, next), part, number, rate);
    try {
      return entry.run(runtime, forward, values, train, examples).get(0).asDoubles()[0];
    } catch (TensorFlowException e) {
      throw String.valueOf(e.getMessage()).contains(TrainingGraph.NOT_FINITE)
          ? new NotFinite(session, graph, entry, stage, train)
              .explain(examples, feeds, values, done, e)
          : e;
    }
  }

  /** What is fed for a batch, in the order of the feeds. */
  private List<TensorValue> values(Batch batch, double part, long number, double rate) {
    List<TensorValue> values = new ArrayList<>(entry.values(batch));
    goals.forEach(goal -> values.add(goal.targets(batch)));
    values.add(batch.weights());
    graph.part().ifPresent(ref -> values.add(number(part)));
    values.add(number(rate));
    values.add(TensorValue.scalar(number));
    return values;
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
