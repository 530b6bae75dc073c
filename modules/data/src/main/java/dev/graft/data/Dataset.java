package dev.graft.data;

import com.google.common.collect.ImmutableSet;
import dev.graft.model.BadDataException;
import dev.graft.model.BadRequestException;
import dev.graft.model.Internal;
import dev.graft.model.Labels;
import dev.graft.model.Rows;
import dev.graft.model.TensorValue;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;

/** Examples with what the model should answer, in a fixed order. Immutable. */
public final class Dataset {

  private final Source source;
  private final TensorValue targets; // of the whole source
  private final @Nullable Labels labels;
  private final int[] rows; // which of the source's examples, in order

  Dataset(Source source, TensorValue targets, @Nullable Labels labels) {
    this(source, targets, labels, IntStream.range(0, source.size()).toArray());
  }

  private Dataset(Source source, TensorValue targets, @Nullable Labels labels, int[] rows) {
    this.source = source;
    this.targets = targets;
    this.labels = labels;
    this.rows = rows;
  }

  /**
   * The pictures in {@code folder}, which holds a folder for each label: {@code folder/label/*}.
   * JPEG, PNG, GIF (first frame) and BMP, told by their content; hidden files are passed over.
   * Labels and pictures are in the order of their names.
   *
   * @throws BadDataException if there is no such folder, fewer than two labels, a label without
   *     pictures, or a file that is no picture
   */
  public static Dataset imageFolder(Path folder) {
    return ImageFolder.read(folder);
  }

  /**
   * Examples in memory for a classifier.
   *
   * @param inputs a tensor for each input of the model, by name; row i is example i
   * @param targets int32 [N], the index of each example's label
   * @param labels the labels
   */
  public static Dataset of(Map<String, TensorValue> inputs, TensorValue targets, Labels labels) {
    if (targets.dtype() != DataType.DT_INT32 || targets.shape().rank() != 1) {
      throw new BadRequestException(
          "the targets of a classifier are int32 [N], given " + targets + ".");
    }
    for (int i = 0; i < targets.shape().dim(0); i++) {
      int label = targets.bytes().getInt(4 * i);
      if (label < 0 || label >= labels.size()) {
        throw new BadDataException(
            "row "
                + i
                + " has label "
                + label
                + ", but there are labels 0 to "
                + (labels.size() - 1)
                + "; correct the row or name all labels.");
      }
    }
    return ofTensors(inputs, targets, labels);
  }

  /**
   * Examples in memory for anything else.
   *
   * @param inputs a tensor for each input of the model, by name; row i is example i
   * @param targets [N, ...], what the model should answer
   */
  public static Dataset of(Map<String, TensorValue> inputs, TensorValue targets) {
    return ofTensors(inputs, targets, null);
  }

  private static Dataset ofTensors(
      Map<String, TensorValue> inputs, TensorValue targets, @Nullable Labels labels) {
    long size = targets.shape().dim(0);
    inputs.forEach(
        (name, tensor) -> {
          if (tensor.shape().rank() < 1 || tensor.shape().dim(0) != size) {
            throw new BadRequestException(
                "input '" + name + "' is " + tensor + ", but there are " + size + " targets.");
          }
        });
    return new Dataset(new Tensors(inputs, Math.toIntExact(size)), targets, labels);
  }

  /** How many examples there are. */
  public int size() {
    return rows.length;
  }

  /**
   * The labels.
   *
   * @throws BadRequestException if these examples have none
   */
  public Labels labels() {
    if (labels == null) {
      throw new BadRequestException("these examples have no labels, only numbers to predict.");
    }
    return labels;
  }

  /** What a user calls example {@code i}: its file or its row. */
  public String name(int i) {
    return source.name(rows[i]);
  }

  /** The label index of example {@code i} of a classifier's dataset. */
  public int label(int i) {
    labels();
    return targets.bytes().getInt(4 * rows[i]);
  }

  /** How many examples of each label there are, in the order of the labels. */
  public int[] perLabel() {
    int[] counts = new int[labels().size()];
    for (int i = 0; i < size(); i++) {
      counts[label(i)]++;
    }
    return counts;
  }

  /** How many examples have the same content as one before them. */
  public int duplicates() {
    Set<String> seen = new HashSet<>();
    return (int) Arrays.stream(rows).filter(row -> !seen.add(source.content(row))).count();
  }

  /**
   * Divides the examples. Each label is divided alike; examples of equal content stay together, so
   * that nothing is learned from what is then scored.
   *
   * @throws BadDataException if a label has too few examples to be in every part
   */
  public Parts split(Split split) {
    List<int[]> parts = new Stratifier(this, split).parts();
    return new Parts(subset(parts.get(0)), subset(parts.get(1)), subset(parts.get(2)));
  }

  /** A dataset of some of these examples, in this order. */
  public Dataset subset(int[] examples) {
    int[] chosen = Arrays.stream(examples).map(i -> rows[i]).toArray();
    return new Dataset(source, targets, labels, chosen);
  }

  /** What stands for the content of example {@code i}: equal for equal content. */
  String content(int i) {
    return source.content(rows[i]);
  }

  /** The names of the inputs of each {@link #batch}. */
  @Internal
  public ImmutableSet<String> inputNames() {
    return source.inputNames();
  }

  /**
   * These examples with other inputs, computed from their own.
   *
   * @param inputs by name; row i belongs to example i
   */
  @Internal
  public Dataset withInputs(Map<String, TensorValue> inputs) {
    return ofTensors(inputs, Rows.of(targets, rows), labels);
  }

  /** What the model should answer to each of these examples, [N, ...]. */
  @Internal
  public TensorValue targets() {
    return Rows.of(targets, rows);
  }

  /** These examples, read and ready to be fed. */
  @Internal
  public Batch batch(int[] examples) {
    int[] chosen = Arrays.stream(examples).map(i -> rows[i]).toArray();
    return new Batch(source.read(chosen), Rows.of(targets, chosen));
  }

  /** All examples at once, for those that fit in memory. */
  @Internal
  public Batch all() {
    return batch(IntStream.range(0, size()).toArray());
  }

  @Override
  public String toString() {
    return size() + " examples" + (labels == null ? "" : ", " + labels.size() + " labels");
  }
}
