package dev.graft.trainer.internal.features;

import com.google.common.collect.Iterables;
import dev.graft.data.Dataset;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.RowAppender;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.words.Remedy;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoublePredicate;
import java.util.stream.IntStream;

/**
 * Runs a model once over examples, up to some of its tensors. What comes out is a dataset again,
 * whose inputs are those tensors, held in memory.
 */
public final class Features implements AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final InputBinding entry;
  private final List<TensorRef> wanted;
  private final List<TensorRef> computed; // TensorFlow runs nothing for what is fed
  private final ModelSession session;
  private final PreparedRun run;
  private final int atOnce;

  private Features(
      TensorFlowRuntime runtime,
      InputBinding entry,
      List<TensorRef> wanted,
      ModelSession session,
      int atOnce) {
    this.runtime = runtime;
    this.atOnce = atOnce;
    this.entry = entry;
    this.wanted = wanted;
    this.session = session;
    this.computed = wanted.stream().filter(tensor -> !entry.tensors().contains(tensor)).toList();
    try {
      this.run = session.graph().prepare(entry.tensors(), computed, List.of());
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /**
   * Opens {@code model} to compute {@code wanted} of its tensors.
   *
   * @param entry how examples get into the model
   * @param atOnce how many of them are computed in one run
   */
  public static Features open(
      TensorFlowRuntime runtime,
      Model model,
      InputBinding entry,
      List<TensorRef> wanted,
      int atOnce) {
    GraphEditor editor = entry.graph().edit();
    StatelessRandom.replaceRest(editor);
    return new Features(runtime, entry, wanted, runtime.open(model, editor.build()), atOnce);
  }

  /** The features of all examples of {@code data}, in its order, with its targets. */
  public Dataset of(Dataset data, Pace pace) {
    return of(data, pace, false);
  }

  /**
   * As {@link #of}, for training.
   *
   * @throws BadDataException if an example holds a NaN, or an infinity of which the model makes
   *     one; the message names it
   * @throws FailedCheckException if the model makes a NaN of an example of numbers
   */
  Dataset toLearnFrom(Dataset data, Pace pace) {
    return of(data, pace, true);
  }

  private Dataset of(Dataset data, Pace pace, boolean checked) {
    Map<TensorRef, RowAppender> all = new LinkedHashMap<>();
    wanted.forEach(tensor -> all.put(tensor, new RowAppender(data.size())));
    for (int start = 0; start < data.size(); start += atOnce) {
      pace.before();
      int[] examples = IntStream.range(start, Math.min(start + atOnce, data.size())).toArray();
      Map<TensorRef, TensorValue> values = values(data, examples);
      values.forEach((tensor, value) -> requireRows(tensor, value, examples.length));
      if (checked) {
        check(data, examples, values);
      }
      all.forEach((tensor, rows) -> rows.append(Objects.requireNonNull(values.get(tensor))));
      pace.advance(examples.length);
    }
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    all.forEach((tensor, rows) -> inputs.put(entry.nameOf(tensor), rows.all()));
    return data.withInputs(inputs);
  }

  /** Row i has to belong to example i. */
  private static void requireRows(TensorRef tensor, TensorValue value, int examples) {
    if (value.shape().rank() < 1 || value.shape().dim(0) != examples) {
      throw new BadRequestException(
          "'"
              + tensor
              + "' is "
              + value
              + " for "
              + examples
              + " examples, not a row for each of them, so it cannot be told whose they are; take"
              + " another output, or make the model give a row for each example.");
    }
  }

  private void check(Dataset data, int[] examples, Map<TensorRef, TensorValue> values) {
    for (TensorRef tensor : Iterables.concat(entry.tensors(), computed)) { // causes first
      TensorValue value = values.get(tensor);
      int row = value == null ? -1 : rowWith(value, Double::isNaN);
      if (row < 0) {
        continue;
      }
      if (entry.tensors().contains(tensor)) {
        throw notFinite(name(data, examples, row), Double.NaN, entry.nameOf(tensor));
      }
      checkInfinities(data, examples, values);
      throw new FailedCheckException(
          "the part of the model that does not train makes a NaN of "
              + name(data, examples, row)
              + ", at '"
              + tensor
              + "', so nothing after it can learn; check the model's weights, and the range"
              + " of its inputs.",
          Remedy.CHECK,
          Remedy.INPUT_RANGE);
    }
  }

  /** An infinity does no harm where the model cuts it off; here it did. */
  private void checkInfinities(Dataset data, int[] examples, Map<TensorRef, TensorValue> values) {
    for (TensorRef input : entry.tensors()) {
      for (double infinity : new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
        TensorValue value = values.get(input);
        int row = value == null ? -1 : rowWith(value, number -> number == infinity);
        if (row >= 0) {
          throw notFinite(name(data, examples, row), infinity, entry.nameOf(input));
        }
      }
    }
  }

  /** What to throw for an example that holds {@code number} in an input. */
  public static BadDataException notFinite(String name, double number, String input) {
    return new BadDataException(
        name
            + " holds "
            + number
            + " in '"
            + input
            + "', which nothing can be learned from; correct the example or leave it out.");
  }

  private static String name(Dataset data, int[] examples, int row) {
    return data.name(examples[Math.min(row, examples.length - 1)]);
  }

  /** The first row with such a number; -1 if there is none, or the value cannot hold one. */
  public static int rowWith(TensorValue value, DoublePredicate wanted) {
    if (value.dtype() != DType.FLOAT32 || value.shape().rank() < 1) {
      return -1;
    }
    FloatBuffer numbers = value.bytes().asFloatBuffer();
    int perRow = Math.max(1, numbers.remaining() / Math.max(1, (int) value.shape().dim(0)));
    for (int i = 0; i < numbers.limit(); i++) {
      if (wanted.test(numbers.get(i))) {
        return i / perRow;
      }
    }
    return -1;
  }

  private Map<TensorRef, TensorValue> values(Dataset data, int[] examples) {
    List<TensorValue> fed = entry.values(data.batch(examples));
    Map<TensorRef, TensorValue> values = new HashMap<>();
    for (int i = 0; i < fed.size(); i++) {
      values.put(entry.tensors().get(i), fed.get(i));
    }
    if (!computed.isEmpty()) {
      List<TensorValue> found = entry.run(runtime, run, fed, data, examples);
      for (int i = 0; i < found.size(); i++) {
        values.put(computed.get(i), found.get(i));
      }
    }
    return values;
  }

  @Override
  public void close() {
    session.close();
  }
}
