package dev.graft.trainer.internal.task;

import static java.util.Objects.requireNonNull;

import dev.graft.data.Dataset;
import dev.graft.error.ExhaustedException;
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
 * not say how many it has: behind a loop, or where ragged values and masks decide it; and how long
 * an example takes on this machine.
 */
public final class RowProbe implements AutoCloseable {

  private static final int[] COUNTS = {3, 2}; // examples in a run

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final InputBinding entry;
  private final Dataset data;
  private final Map<TensorRef, Boolean> known = new HashMap<>();
  private final Map<TensorRef, TensorValue> timed = new HashMap<>(); // of the examples that are
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

  /**
   * How many seconds it takes for one example to compute {@code to} from {@code from}, by the first
   * {@code count} of them; NaN where they cannot be run so.
   */
  public double seconds(List<TensorRef> from, List<TensorRef> to, int count) {
    int[] examples = IntStream.range(0, count).toArray();
    try {
      if (timed.isEmpty()) {
        List<TensorValue> read = entry.values(data.batch(examples));
        IntStream.range(0, read.size())
            .forEach(i -> timed.put(entry.tensors().get(i), read.get(i)));
      }
      if (!timed.keySet().containsAll(from)) {
        compute(entry.tensors(), from, examples);
      }
      return compute(from, to, examples) / count;
    } catch (TensorFlowException | ExhaustedException e) {
      return Double.NaN; // training will say why, and of how many examples
    }
  }

  /** Has {@code to} computed of these examples; gives the seconds that it took. */
  private double compute(List<TensorRef> from, List<TensorRef> to, int[] examples) {
    List<TensorRef> wanted = to.stream().filter(tensor -> !from.contains(tensor)).toList();
    List<TensorValue> fed = from.stream().map(tensor -> requireNonNull(timed.get(tensor))).toList();
    if (wanted.isEmpty()) {
      return 0;
    }
    try (PreparedRun run = open().graph().prepare(from, wanted, List.of())) {
      entry.run(runtime, run, fed, data, examples); // has made ready what is made once a shape
      long start = System.nanoTime();
      List<TensorValue> values = entry.run(runtime, run, fed, data, examples);
      double seconds = (System.nanoTime() - start) / 1e9;
      IntStream.range(0, wanted.size()).forEach(i -> timed.put(wanted.get(i), values.get(i)));
      return seconds;
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
