package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import dev.graft.error.ExhaustedException;
import dev.graft.error.GraftException;
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
import dev.graft.trainer.checkpoint.LossScale;
import dev.graft.trainer.internal.feed.BatchTensors;
import dev.graft.trainer.internal.feed.Feed;
import dev.graft.trainer.internal.feed.Feeding;
import dev.graft.trainer.internal.memory.NoRoom;
import dev.graft.trainer.internal.step.TrainingGraph;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Takes single steps of gradient descent: one run each, or one for each micro-batch and one more.
 */
final class Stepper implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final ModelSession session;
  private final TrainingGraph graph;
  private final LoopSetup setup;
  private final FineTune settings;
  private final BatchTensors byHand;
  private final Feed feed;
  private final ImmutableList<TensorRef> numbers; // that a run is fed beside its batch
  private final PreparedRun forward; // and the update, unless gradients are added up
  private final PreparedRun update;

  /** Steps in {@code session}, which stays the caller's to close. */
  Stepper(TensorFlowRuntime runtime, ModelSession session, Feeding feeding, LoopSetup setup) {
    this.runtime = runtime;
    this.session = session;
    this.graph = feeding.graph();
    this.setup = setup;
    this.settings = setup.stage().settings();
    this.byHand = feeding.byHand();
    this.feed = feeding.open(session.graph());
    ImmutableList.Builder<TensorRef> all = ImmutableList.builder();
    graph.fed().part().ifPresent(all::add);
    graph.fed().scale().ifPresent(all::add);
    this.numbers = all.add(graph.fed().rate(), graph.fed().updated(), graph.fed().draw()).build();
    this.forward = forward(feed.tensors());
    this.update =
        graph.fed().part().isPresent()
            ? session
                .graph()
                .prepare(
                    List.of(graph.fed().rate(), graph.fed().updated()),
                    List.of(),
                    graph.step().updates())
            : forward;
  }

  /**
   * Has what lies on the device from the beginning brought there.
   *
   * @throws ExhaustedException if it has no room for it
   */
  void begin() {
    feed.begin();
  }

  private PreparedRun forward(List<TensorRef> batch) {
    ImmutableList<String> nodes =
        graph.fed().part().isPresent() ? graph.step().add() : graph.step().updates();
    return session.graph().prepare(feeds(batch), List.of(graph.step().loss()), nodes);
  }

  private PreparedRun byHand() {
    return byHand.tensors().equals(feed.tensors()) ? forward : forward(byHand.tensors());
  }

  private List<TensorRef> feeds(List<TensorRef> batch) {
    return ImmutableList.<TensorRef>builder().addAll(batch).addAll(numbers).build();
  }

  /**
   * What a step goes by.
   *
   * @param counters how far training has come
   * @param rate the learning rate
   * @param scale by what the loss is multiplied, where it is
   */
  record At(Counters counters, double rate, double scale) {}

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
    return runs(graph, settings, settings.batch());
  }

  static long runs(TrainingGraph graph, FineTune settings, int batch) {
    int size = settings.microBatch();
    return graph.fed().part().isEmpty() ? 1 : (batch + size - 1L) / size;
  }

  /** How many batches after the one of a step it can make use of knowing. */
  int ahead() {
    return feed.ahead();
  }

  /**
   * Takes one step.
   *
   * @param batches the examples of this step, then those of the steps after it, to be got ready
   *     meanwhile
   * @throws dev.graft.error.FailedCheckException if the loss is no number; the message names the
   *     layer and the batch, and the weights are those before the step
   */
  Outcome step(List<int[]> batches, At by) {
    int[] examples = batches.get(0);
    List<int[]> runs = split(batches);
    double loss = 0;
    for (int i = 0, done = 0; done < examples.length; i++) {
      int[] some = runs.get(i);
      done += some.length;
      double part = (double) some.length / examples.length;
      List<int[]> coming = runs.subList(i, Math.min(runs.size(), i + 1 + feed.ahead()));
      List<TensorValue> batch = feed.take(coming);
      List<TensorValue> now = numbers(part, by, i);
      try {
        loss += forward.run(joined(batch, now), PreparedRun.NO_LIMIT).get(0).asDoubles()[0];
      } catch (TensorFlowException e) {
        if (says(e, TrainingGraph.LEFT_OUT)) {
          return leftOut();
        }
        throw says(e, TrainingGraph.NOT_FINITE)
            ? notFinite(some, now, by, e)
            : setup.task().inputs().explained(e, runtime, setup.data().train(), some);
      } catch (ExhaustedException e) {
        throw noRoom(e, some, part);
      }
    }
    if (graph.fed().part().isPresent()) {
      try {
        update.run(position(by, 0).subList(0, 2));
      } catch (TensorFlowException e) {
        if (says(e, TrainingGraph.LEFT_OUT)) {
          return leftOut();
        }
        throw e;
      } catch (ExhaustedException e) {
        throw noRoom(e, runs.get(0), 1); // beside what a micro-batch has left there
      }
    }
    return new Outcome(loss, true);
  }

  private Outcome leftOut() {
    feed.leftOut();
    for (Variable sum : graph.step().sums()) { // a part of the batch may be in them
      session.assign(sum, zeros(sum));
    }
    return Outcome.LEFT_OUT;
  }

  /** What it finds out changes weights that nobody wants any more: training ends here. */
  private ExhaustedException noRoom(ExhaustedException e, int[] examples, double part) {
    feed.leftOut();
    PreparedRun run = byHand();
    return NoRoom.of(
        e,
        runtime,
        examples.length,
        some -> {
          int[] fewer = Arrays.copyOf(examples, some);
          List<TensorValue> batch = byHand.values(setup.data().train().batch(fewer));
          run.run(joined(batch, atFirst(part, 0)));
        });
  }

  private static TensorValue zeros(Variable like) {
    long bytes = like.shape().elements() * TensorValue.size(like.dtype());
    ByteBuffer none = ByteBuffer.allocateDirect(Math.toIntExact(bytes));
    return TensorValue.of(like.dtype(), like.shape(), none);
  }

  private GraftException notFinite(
      int[] examples, List<TensorValue> now, At by, TensorFlowException cause) {
    feed.close();
    List<TensorValue> batch = byHand.values(setup.data().train().batch(examples));
    return new NotFinite(session, graph, setup)
        .explain(
            examples, feeds(byHand.tensors()), joined(batch, now), by.counters().updates(), cause);
  }

  /** The micro-batches of these batches, in order: these themselves where nothing is added up. */
  private List<int[]> split(List<int[]> batches) {
    int size = settings.microBatch();
    List<int[]> runs = new ArrayList<>();
    for (int[] batch : batches) {
      for (int start = 0; start < batch.length; start += Math.min(size, batch.length)) {
        runs.add(Arrays.copyOfRange(batch, start, start + Math.min(size, batch.length - start)));
      }
    }
    return runs;
  }

  /**
   * The first run of a first step on {@code examples}, to be repeated with nothing else around it:
   * all of the step, or its first micro-batch, since more may not fit in memory.
   */
  Runnable bare(int[] examples, double rate) {
    List<TensorValue> values = valuesOf(examples, rate);
    PreparedRun run = byHand();
    return () -> bare(run, values);
  }

  private static void bare(PreparedRun run, List<TensorValue> values) {
    try {
      run.run(values);
    } catch (TensorFlowException e) {
      if (!says(e, TrainingGraph.LEFT_OUT)) { // that is a step, too, and takes as long
        throw e;
      }
    }
  }

  /**
   * The same where steps find their batch on the device: it lies there, or comes through the same
   * queue. Fed by hand it would be copied while nothing computes.
   */
  Runnable bareAsFed(int[] examples, double rate) {
    if (byHand.tensors().equals(feed.tensors())) {
      return bare(examples, rate);
    }
    int[] some = split(List.of(examples)).get(0);
    List<int[]> coming = Collections.nCopies(1 + feed.ahead(), some);
    List<TensorValue> numbers = atFirst((double) some.length / examples.length, rate);
    if (feed.isRepeatable()) {
      List<TensorValue> values = joined(feed.take(coming), numbers);
      return () -> bare(forward, values);
    }
    return () -> bare(forward, joined(feed.take(coming), numbers));
  }

  /** Takes a step on these examples, and says what of it XLA compiled. */
  PreparedRun.Pieces pieces(int[] examples) {
    return byHand().pieces(valuesOf(examples, 0));
  }

  /** What {@link #byHand()} is fed for the first run of a first step. */
  private List<TensorValue> valuesOf(int[] examples, double rate) {
    int[] some = split(List.of(examples)).get(0);
    List<TensorValue> batch = byHand.values(setup.data().train().batch(some));
    return joined(batch, atFirst((double) some.length / examples.length, rate));
  }

  /**
   * A step on {@code examples} that is not to be learned from, with as many batches of that size
   * got ready beside it as there would be.
   *
   * @throws ExhaustedException if there is no memory for that
   */
  void tried(int[] examples) {
    int[] some = split(List.of(examples)).get(0);
    List<TensorValue> numbers = atFirst((double) some.length / examples.length, 0);
    try {
      List<TensorValue> batch = feed.take(Collections.nCopies(1 + feed.ahead(), some));
      var loss = forward.run(joined(batch, numbers));
    } catch (TensorFlowException e) {
      feed.leftOut(); // it was not too large, and what makes it fail is for the first step to tell
    } catch (ExhaustedException e) {
      feed.leftOut();
      throw e;
    }
  }

  private static boolean says(TensorFlowException e, String words) {
    return String.valueOf(e.getMessage()).contains(words);
  }

  private static List<TensorValue> joined(List<TensorValue> batch, List<TensorValue> numbers) {
    return ImmutableList.<TensorValue>builder().addAll(batch).addAll(numbers).build();
  }

  /** What is fed beside the batch in the first run of a first step. */
  private List<TensorValue> atFirst(double part, double rate) {
    return numbers(part, new At(Counters.START, rate, LossScale.START.value()), 0);
  }

  /** What is fed beside the batch, in the order of {@link #numbers}. */
  private List<TensorValue> numbers(double part, At by, int run) {
    List<TensorValue> values = new ArrayList<>();
    graph.fed().part().ifPresent(ref -> values.add(number(part)));
    graph.fed().scale().ifPresent(ref -> values.add(number(by.scale())));
    values.addAll(position(by, run));
    return values;
  }

  /** What is fed of how far training has come, in the run of this number of the step. */
  private static List<TensorValue> position(At by, int run) {
    return List.of(
        number(by.rate()),
        TensorValue.scalar(by.counters().updates()),
        TensorValue.scalar(by.counters().draws() + run));
  }

  private static TensorValue number(double value) {
    return TensorValue.of(Shape.scalar(), new double[] {value});
  }

  /** Stops reading; the session is the caller's. */
  @Override
  public void close() {
    feed.close();
  }
}
