package dev.graft.trainer.internal.task;

import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.graph.StatelessRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds out by a run whether a tensor has a row for each example, where TensorFlow's inference does
 * not say how many it has: behind a loop, or where ragged values and masks decide it.
 */
public final class RowProbe implements AutoCloseable {

  private static final int[] COUNTS = {3, 2}; // examples in a run

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final InputBinding entry;
  private final Dataset data;
  private final Map<TensorRef, Boolean> known = new HashMap<>();
  private @Nullable ModelSession session; // open once it is needed

  public RowProbe(TensorFlowRuntime runtime, Model model, InputBinding entry, Dataset data) {
    this.runtime = runtime;
    this.model = model;
    this.entry = entry;
    this.data = data;
  }

  /** Whether {@code tensor} has one, with the first few examples. */
  public boolean hasRowForEach(TensorRef tensor) {
    Boolean found = known.get(tensor);
    if (found == null) {
      found = IntStream.of(COUNTS).allMatch(count -> rows(tensor, count) == count);
      known.put(tensor, found);
    }
    return found;
  }

  private long rows(TensorRef tensor, int count) {
    int[] examples = IntStream.range(0, count).map(i -> i % data.size()).toArray();
    List<TensorValue> fed = entry.values(data.batch(examples));
    try (PreparedRun run = open().graph().prepare(entry.tensors(), List.of(tensor), List.of())) {
      Shape shape = entry.run(runtime, run, fed, data, examples).get(0).shape();
      return shape.rank() < 1 ? -1 : shape.dim(0);
    } catch (TensorFlowException e) {
      return -1; // a branch that is not taken has no value
    }
  }

  private ModelSession open() {
    if (session == null) {
      GraphEditor editor = entry.graph().edit();
      StatelessRandom.replaceRest(editor);
      session = runtime.open(model, editor.build());
    }
    return session;
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
    }
  }
}
