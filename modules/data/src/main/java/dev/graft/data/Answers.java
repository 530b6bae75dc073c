package dev.graft.data;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import dev.graft.tensor.DType;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What one head of a model should answer to each example; row i is for example i.
 *
 * @param values one label: int32 [N], or [N, positions...] for an answer at each position; any
 *     number of labels: float32 [N, ..., labels], 1 for those that hold and 0 for the others;
 *     numbers: float32 or float64 [N, ...]
 * @param labels what the values mean; none for numbers
 * @param counts how many rows of each example's values are its own where they were padded to a
 *     common number, int32 [N]; none where all are
 */
public record Answers(TensorValue values, Optional<Labels> labels, Optional<TensorValue> counts) {

  private static final String COUNT = "/count";

  /**
   * Checks that the values fit the labels.
   *
   * @throws BadDataException if a row has a label that there is not, or a number that is none
   * @throws BadRequestException if the values have another dtype or shape
   */
  public Answers {
    requireNonNull(values, "values");
    requireNonNull(labels, "labels");
    if (values.shape().rank() < 1) {
      throw new BadRequestException("answers are [N, ...], one row an example, given " + values);
    }
    if (values.dtype() == DType.INT32 && labels.isPresent()) {
      checkIndices(values, labels.get());
    } else if (values.dtype() == DType.FLOAT32 || values.dtype() == DType.FLOAT64) {
      checkNumbers(values, counts.isPresent() ? Optional.empty() : labels);
    } else {
      throw new BadRequestException(
          "answers are int32 label indices with their labels, or float32 or float64 numbers, given "
              + values
              + (labels.isPresent() ? "" : " without labels")
              + ".");
    }
  }

  /** Answers of which no row is padding. */
  public Answers(TensorValue values, Optional<Labels> labels) {
    this(values, labels, Optional.empty());
  }

  /** Exactly one of {@code labels} for each example, by its index. */
  public static Answers oneOf(Labels labels, int... indices) {
    requireNonNull(labels, "labels");
    requireNonNull(indices, "indices");
    return new Answers(TensorValue.of(Shape.of(indices.length), indices), Optional.of(labels));
  }

  /**
   * Any number of {@code labels} for each example.
   *
   * @param holds float32 [N, labels]: 1 where a label holds, 0 where it does not
   */
  public static Answers anyOf(Labels labels, TensorValue holds) {
    requireNonNull(labels, "labels");
    requireNonNull(holds, "holds");
    return new Answers(holds, Optional.of(labels));
  }

  /** Numbers, float32 or float64 [N, ...]. */
  public static Answers numbers(TensorValue values) {
    return new Answers(values, Optional.empty());
  }

  /**
   * Numbers in rows, of which each example has its own count: boxes, say.
   *
   * @param values float32 or float64 [N, most, ...], padded to the most that an example has
   * @param counts how many rows each example has
   */
  public static Answers padded(TensorValue values, int... counts) {
    requireNonNull(values, "values");
    requireNonNull(counts, "counts");
    return padded(values, Optional.empty(), counts);
  }

  /**
   * The same of rows that count {@code names} in one of their columns.
   *
   * @param names empty if they count nothing
   */
  @Internal
  public static Answers padded(TensorValue values, Optional<Labels> names, int... counts) {
    if (values.shape().rank() < 2 || values.shape().dim(0) != counts.length) {
      throw new BadRequestException(
          "padded answers are [N, most, ...] with a count for each example, given "
              + values
              + " and "
              + counts.length
              + " counts.");
    }
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] < 0 || counts[i] > values.shape().dim(1)) {
        throw new BadDataException(
            "row " + i + " counts " + counts[i] + " of " + values.shape().dim(1) + " rows.");
      }
    }
    TensorValue all = TensorValue.of(Shape.of(counts.length), counts);
    return new Answers(values, names, Optional.of(all));
  }

  /** The name of the counts of the answers called {@code key} in a batch. */
  @Internal
  public static String countOf(String key) {
    return key + COUNT;
  }

  /** The name of the answers whose values or counts are called {@code key} in a batch. */
  @Internal
  public static String ofCount(String key) {
    return key.endsWith(COUNT) ? key.substring(0, key.length() - COUNT.length()) : key;
  }

  /** For how many examples. */
  public int size() {
    return Math.toIntExact(values.shape().dim(0));
  }

  /** Whether each value is the index of one label. */
  public boolean isOneLabel() {
    return values.dtype() == DType.INT32;
  }

  /** The answers to some of the examples, in this order. */
  Answers rows(int[] examples) {
    return new Answers(
        Rows.of(values, examples), labels, counts.map(all -> Rows.of(all, examples)));
  }

  /** These answers, whose labels are {@code own}, counted as in {@code order}; maybe the same. */
  Answers inOrderOf(Labels own, Labels order) {
    if (own.equals(order)) {
      return this;
    }
    if (counts.isPresent()) {
      throw new BadRequestException(
          "the boxes have the labels " + own.names() + ", the model " + order.names() + ".");
    }
    if (!isOneLabel()) {
      return Set.copyOf(own.names()).equals(Set.copyOf(order.names()))
          ? anyOf(order, columns(own, order))
          : this;
    }
    int[] now = own.names().stream().mapToInt(order.names()::indexOf).toArray();
    for (int i = 0; i < now.length; i++) {
      if (now[i] < 0) {
        throw new BadRequestException(
            "the examples have the label '"
                + own.names().get(i)
                + "', which is not among the model's "
                + order.size()
                + "; give the model a head for it.");
      }
    }
    int[] indices = values.ints();
    for (int i = 0; i < indices.length; i++) {
      indices[i] = now[indices[i]];
    }
    return new Answers(TensorValue.of(values.shape(), indices), Optional.of(order));
  }

  private TensorValue columns(Labels own, Labels order) {
    float[] all = values.floats();
    float[] sorted = new float[all.length];
    int[] now = order.names().stream().mapToInt(own.names()::indexOf).toArray();
    for (int i = 0; i < all.length; i++) {
      int column = i % now.length;
      sorted[i] = all[i - column + now[column]];
    }
    return TensorValue.of(values.shape(), sorted);
  }

  private static void checkIndices(TensorValue values, Labels labels) {
    int[] indices = values.ints();
    long perRow = values.shape().dim(0, 1).elements();
    for (int i = 0; i < indices.length; i++) {
      if (indices[i] < 0 || indices[i] >= labels.size()) {
        throw new BadDataException(
            "row "
                + i / perRow
                + " has label "
                + indices[i]
                + ", but there are labels 0 to "
                + (labels.size() - 1)
                + "; correct the row or name all labels.");
      }
    }
  }

  private static void checkNumbers(TensorValue values, Optional<Labels> labels) {
    int rank = values.shape().rank();
    if (labels.isPresent() && (rank < 2 || values.shape().dim(rank - 1) != labels.get().size())) {
      throw new BadRequestException(
          "answers for "
              + labels.get().size()
              + " labels, any number of which hold, are [N, "
              + labels.get().size()
              + "], given "
              + values
              + ".");
    }
    boolean isSingle = values.dtype() == DType.FLOAT32;
    FloatBuffer singles = values.bytes().asFloatBuffer();
    DoubleBuffer doubles = values.bytes().asDoubleBuffer(); // there may be a gigabyte: no copies
    int count = (int) values.shape().elements();
    long perRow = values.shape().dim(0, 1).elements();
    for (int i = 0; i < count; i++) {
      double number = isSingle ? singles.get(i) : doubles.get(i);
      if (!Double.isFinite(number) || (labels.isPresent() && !(number >= 0 && number <= 1))) {
        throw new BadDataException(
            "row "
                + i / perRow
                + " has the answer "
                + number
                + (labels.isPresent()
                    ? ", but a label holds (1), does not hold (0), or something between"
                    : ", which is no number to learn")
                + "; correct the row or leave it out.");
      }
    }
  }

  /** What {@code answers}, by head, say of these rows, by the names of a batch. */
  static ImmutableMap<String, TensorValue> targets(Map<String, Answers> answers, int[] rows) {
    ImmutableMap.Builder<String, TensorValue> targets = ImmutableMap.builder();
    answers.forEach(
        (head, all) -> {
          targets.put(head, Rows.of(all.values(), rows));
          all.counts().ifPresent(own -> targets.put(countOf(head), Rows.of(own, rows)));
        });
    return targets.buildOrThrow();
  }
}
