package dev.graft.trainer.internal.feed;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Inputs;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.task.Task;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Says which rows a batch is made of: the examples are on the device ({@link Residence}). */
final class Resident implements Feed {

  private static final long AT_ONCE = 64L << 20; // bytes on their way there

  private final Residence residence;
  private final Task task;
  private final Dataset data;
  private final Dataset answers; // without the inputs
  private final PreparedRun makeRoom;
  private final PreparedRun put;
  private boolean isThere;

  /** Feeds steps in {@code session} with examples of {@code data}. */
  Resident(GraphSession session, Residence residence, Dataset data) {
    this.residence = residence;
    this.task = residence.out().task();
    this.data = data;
    this.answers = data.onlyInputs(List.of());
    this.makeRoom = session.prepare(List.of(), List.of(), residence.begin());
    List<TensorRef> fed = new ArrayList<>(residence.values());
    fed.add(residence.places());
    this.put = session.prepare(fed, List.of(), residence.put());
  }

  @Override
  public ImmutableList<TensorRef> tensors() {
    List<TensorRef> batch = residence.out().tensors();
    return ImmutableList.<TensorRef>builder()
        .add(residence.rows())
        .addAll(batch.subList(residence.values().size(), batch.size()))
        .build();
  }

  @Override
  public void begin() {
    if (!isThere) {
      putAll();
      isThere = true;
    }
  }

  @Override
  public int ahead() {
    return 0;
  }

  @Override
  public List<TensorValue> take(List<int[]> runs) {
    begin();
    int[] rows = runs.get(0);
    Batch batch = answers.batch(rows);
    List<TensorValue> values = new ArrayList<>();
    values.add(numbers(rows));
    values.addAll(task.targets(batch));
    values.add(batch.weights());
    return values;
  }

  private void putAll() {
    long bytes =
        task.inputs().values(data.batch(new int[] {0})).stream().mapToLong(Rows::rowBytes).sum();
    int some = (int) Math.max(1, AT_ONCE / Math.max(1, bytes));
    try {
      makeRoom.run(List.of());
      Inputs spent = Inputs.none();
      for (int from = 0; from < data.size(); from += some) {
        int[] rows = IntStream.range(from, Math.min(data.size(), from + some)).toArray();
        Batch batch = data.batch(rows, spent);
        List<TensorValue> values = new ArrayList<>(task.inputs().values(batch));
        values.add(numbers(rows));
        put.run(values);
        spent = batch.inputs();
      }
    } catch (ExhaustedException e) {
      throw new ExhaustedException(
          String.format(
              Locale.ROOT,
              "there is not enough memory on the device for all examples, %.1f GB (%s).",
              (double) bytes * data.size() / (1 << 30),
              e.getMessage()),
          e,
          Remedy.FEED_FROM_HOST,
          Remedy.CPU);
    }
  }

  private static TensorValue numbers(int[] rows) {
    return TensorValue.of(Shape.of(rows.length), rows);
  }

  @Override
  public boolean isRepeatable() {
    return true;
  }

  /** Nothing is taken from anywhere. */
  @Override
  public void leftOut() {}

  /** The variables end with the session. */
  @Override
  public void close() {}
}
