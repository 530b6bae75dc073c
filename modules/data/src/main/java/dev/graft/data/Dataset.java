package dev.graft.data;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Note;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Examples with what the model should answer, in a fixed order. Immutable. */
public final class Dataset {

  private final Source source;
  private final ImmutableMap<String, Answers> answers; // of the whole source, by head
  private final ExampleWeights weights; // of the whole source
  private final int[] rows; // which of the source's examples, in order
  private final AsRead asRead; // of the whole source

  Dataset(Source source, Map<String, Answers> answers) {
    this(source, answers, AsRead.NOTHING);
  }

  Dataset(Source source, Map<String, Answers> answers, AsRead asRead) {
    this(
        source,
        ImmutableMap.copyOf(answers),
        ExampleWeights.EQUAL,
        IntStream.range(0, source.size()).toArray(),
        asRead);
  }

  private Dataset(
      Source source,
      ImmutableMap<String, Answers> answers,
      ExampleWeights weights,
      int[] rows,
      AsRead asRead) {
    this.source = source;
    this.answers = answers;
    this.weights = weights;
    this.rows = rows;
    this.asRead = asRead;
  }

  /**
   * The pictures in {@code folder}, which holds a folder for each label: {@code folder/label/*}.
   * JPEG, PNG, GIF (first frame) and BMP, told by their content; hidden files are passed over.
   * Labels and pictures are in the order of their names.
   *
   * <p>Or it holds {@code train}, and maybe {@code val} (or {@code valid}, {@code validation}) and
   * {@code test}, with such folders in each; {@link #split} then leaves each picture in the part
   * that it lies in.
   *
   * @throws BadDataException if there is no such folder, fewer than two labels, or a label without
   *     pictures, and if files are no pictures that can be decoded; the message names ten of these
   */
  public static Dataset imageFolder(Path folder) {
    return ImageFolder.read(folder);
  }

  /**
   * Examples in memory for a classifier.
   *
   * @param inputs a tensor for each input of the model, by name; row i is example i
   * @param targets int32 [N], the index of each example's label; or, where any number of labels may
   *     hold, float32 [N, labels] of ones and zeros
   */
  public static Dataset of(Map<String, TensorValue> inputs, TensorValue targets, Labels labels) {
    requireNonNull(labels, "labels");
    return of(inputs, new Answers(targets, Optional.of(labels)));
  }

  /**
   * Examples in memory with numbers to predict.
   *
   * @param inputs a tensor for each input of the model, by name; row i is example i
   * @param targets float32 or float64 [N, ...]
   */
  public static Dataset of(Map<String, TensorValue> inputs, TensorValue targets) {
    return of(inputs, Answers.numbers(targets));
  }

  /** Examples in memory for a model with one head: a tensor for each input, by name, a row each. */
  public static Dataset of(Map<String, TensorValue> inputs, Answers answers) {
    requireNonNull(answers, "answers");
    return of(inputs, Map.of(Batch.ONLY, answers));
  }

  /**
   * Examples in memory for a model with several heads, as for one.
   *
   * @param answers to each head, by its name
   * @throws BadRequestException if they are not for the same number of examples
   */
  public static Dataset of(Map<String, TensorValue> inputs, Map<String, Answers> answers) {
    return new Dataset(Tensors.of(inputs, answers), answers);
  }

  /**
   * Encoded pictures that are in memory, as from a database: JPEG, PNG, GIF or BMP.
   *
   * @param pictures the bytes of a file each
   * @param answers to these, one for each
   * @throws BadDataException if some are of another kind, all of them named
   */
  public static Dataset pictures(List<byte[]> pictures, Answers answers) {
    return new Dataset(PicturesInMemory.of(pictures, answers), Map.of(Batch.ONLY, answers));
  }

  /**
   * These examples, with some counting more than others in training, and in the loss by which its
   * course is judged if they are the validation part. Accuracy and other metrics count each once.
   *
   * @param each for each example how much it counts, 0 or more; 1 is usual
   */
  public Dataset weighted(float... each) {
    ExampleWeights all = ExampleWeights.of(source.size(), rows, each, this::name);
    return new Dataset(source, answers, all, rows, asRead);
  }

  /** These examples, of which {@code note} was found out when they were read. */
  @Internal
  public Dataset noted(Note note) {
    return new Dataset(source, answers, weights, rows, asRead.noted(note));
  }

  /** What was guessed or passed over when these examples were read. */
  public List<Note> notes() {
    return asRead.notes();
  }

  /** How many examples there are. */
  public int size() {
    return rows.length;
  }

  /** What these examples should be answered with, by the names of the heads. */
  @Internal
  public Map<String, Answers> answers() {
    boolean isWhole = Arrays.equals(rows, IntStream.range(0, source.size()).toArray());
    return isWhole
        ? answers
        : ImmutableMap.copyOf(Maps.transformValues(answers, all -> all.rows(rows)));
  }

  /**
   * The labels.
   *
   * @throws BadRequestException if these examples have none, or answers for several heads
   */
  public Labels labels() {
    return only()
        .labels()
        .orElseThrow(
            () ->
                new BadRequestException("these examples have no labels, only numbers to predict."));
  }

  /** Whether there are labels to tell, for one head. */
  public boolean hasLabels() {
    return answers.size() == 1 && only().labels().isPresent();
  }

  private Answers only() {
    if (answers.size() != 1) {
      throw new BadRequestException(
          "these examples have answers for the heads " + answers.keySet() + ", not for one only.");
    }
    return answers.values().iterator().next();
  }

  /** Whether each example has exactly one label, and nothing else to be answered. */
  public boolean isOneLabel() {
    return answers.size() == 1 && only().isOneLabel() && only().values().shape().rank() == 1;
  }

  /**
   * These examples with their labels counted as in {@code order}, the labels of a model that is to
   * go on with them: the same in another order, or more. Where any number of labels may hold, more
   * are not known of these examples, and the order stays then.
   *
   * @throws BadRequestException if one of these examples' labels is not among them
   */
  public Dataset inOrderOf(Labels order) {
    Answers own = only();
    Answers counted = own.inOrderOf(labels(), order);
    return counted == own ? this : with(counted);
  }

  /** These examples with other answers, of the whole source, for their only head. */
  private Dataset with(Answers others) {
    String head = answers.keySet().iterator().next();
    return new Dataset(source, ImmutableMap.of(head, others), weights, rows, asRead);
  }

  /** What a user calls example {@code i}: its file or its row. */
  public String name(int i) {
    return source.name(rows[i]);
  }

  /** The label index of example {@code i}; refused unless {@link #isOneLabel}. */
  public int label(int i) {
    if (!isOneLabel()) {
      throw new BadRequestException("these examples do not have one label each.");
    }
    return only().values().bytes().getInt(4 * rows[i]);
  }

  /** How many examples each label has, in their order. */
  public int[] perLabel() {
    int[] counts = new int[labels().size()];
    IntStream.range(0, size()).forEach(i -> counts[label(i)]++);
    return counts;
  }

  /** How many examples have the same content as one before them. */
  public int duplicates() {
    int[] groups = contentGroups();
    return (int) IntStream.range(0, groups.length).filter(i -> groups[i] != i).count();
  }

  /**
   * Divides the examples. Where each has one label, each label is divided alike; examples of equal
   * content stay together, so that nothing is learned from what is then scored. A label with too
   * few examples to be in every part is learned from only; {@link Parts#notes} says so.
   *
   * <p>Where folders say what is for training, validation and test, that holds, and only a part of
   * which nothing is said is drawn from what is for training.
   *
   * @throws BadDataException if there are too few examples to have some in every part, of two
   *     labels at least where there are several
   */
  public Parts split(Split split) {
    return new Division(this, split).parts();
  }

  /** What of these examples is for scoring: see {@link Division#scored}. */
  @Internal
  public Dataset scored() {
    return Division.scored(this);
  }

  /** The part that example {@code i} was put in; null if nobody has said so. */
  @Nullable Part part(int i) {
    return asRead.parts().isEmpty() ? null : asRead.parts().get(rows[i]);
  }

  /** A dataset of some of these examples, in this order. */
  public Dataset subset(int[] examples) {
    int[] chosen = Arrays.stream(examples).map(i -> rows[i]).toArray();
    return new Dataset(source, answers, weights, chosen, asRead);
  }

  /**
   * The examples whose label is one of {@code some}, with the labels counted as there.
   *
   * @throws BadRequestException unless each example has one label, and if there is no such example
   */
  public Dataset only(Labels some) {
    Labels all = labels();
    int[] chosen =
        IntStream.range(0, size())
            .filter(i -> some.names().contains(all.names().get(label(i))))
            .toArray();
    if (chosen.length == 0) {
      throw new BadRequestException(
          "no example has a label of " + some.names() + "; there are " + all.names() + ".");
    }
    int[] counted = new int[source.size()];
    for (int i : chosen) {
      counted[rows[i]] = some.names().indexOf(all.names().get(label(i)));
    }
    return with(Answers.oneOf(some, counted)).subset(chosen);
  }

  /** What stands for the content of example {@code i}: equal for equal content. */
  String content(int i) {
    return source.content(rows[i]);
  }

  /** What stands for the content of example {@code i}, if that is known without reading it. */
  @Internal
  public Optional<ContentDigest> digest(int i) {
    return source.digest(rows[i]);
  }

  /** What stands for the content of example {@code i}, read if that is not known. */
  @Internal
  public ContentDigest read(int i) {
    return source.read(rows[i]);
  }

  /** These examples, with what {@code files} remember of theirs. */
  @Internal
  public Dataset knownBy(KnownFiles files) {
    return new Dataset(source.knownBy(files), answers, weights, rows, asRead);
  }

  /**
   * For each example the number of the first one of equal content, so that what is equal is learned
   * from or held back together.
   */
  @Internal
  public int[] contentGroups() {
    Map<String, Integer> first = new HashMap<>();
    return IntStream.range(0, size()).map(i -> first.computeIfAbsent(content(i), k -> i)).toArray();
  }

  /** Whether these examples are encoded pictures. */
  public boolean isPictures() {
    return source.isPictures();
  }

  /** Whether each picture is seen in a view of its own. */
  @Internal
  public boolean hasViews() {
    return source.hasViews();
  }

  /** The names of the tensors of each {@link #batch}; none of pictures. */
  @Internal
  public Set<String> inputNames() {
    return source.inputNames();
  }

  /**
   * These examples with other inputs, computed from their own.
   *
   * @param inputs by name; row i belongs to example i
   */
  @Internal
  public Dataset withInputs(Map<String, RowTable> inputs) {
    Dataset computed =
        new Dataset(new Tensors(inputs, size(), this::name, this::content), answers());
    return new Dataset(
        computed.source, computed.answers, weights.only(rows), computed.rows, AsRead.NOTHING);
  }

  /** These examples, which are rows of tensors, with no other inputs than {@code names}. */
  @Internal
  public Dataset onlyInputs(Collection<String> names) {
    Tensors all = (Tensors) source;
    return new Dataset(all.only(names), answers, weights, rows, asRead);
  }

  /** The input {@code name} of these examples, which are rows of tensors. */
  @Internal
  public RowTable input(String name) {
    return ((Tensors) source).input(name).only(rows);
  }

  /** These examples, read and ready to be fed. */
  @Internal
  public Batch batch(int[] examples) {
    return batch(examples, Inputs.none());
  }

  /** As the other form, with inputs that nobody reads any more: their memory may be used. */
  @Internal
  public Batch batch(int[] examples, Inputs spent) {
    int[] chosen = Arrays.stream(examples).map(i -> rows[i]).toArray();
    TensorValue counts = TensorValue.of(Shape.of(chosen.length), weights.of(chosen));
    return new Batch(source.read(chosen, spent), Answers.targets(answers, chosen), counts);
  }

  /** All examples at once, for those that fit in memory. */
  @Internal
  public Batch all() {
    return batch(IntStream.range(0, size()).toArray());
  }

  /** How much each example counts: float32 [N]. */
  @Internal
  public TensorValue weights() {
    return TensorValue.of(Shape.of(size()), weights.of(rows));
  }

  @Override
  public String toString() {
    return size() + " examples" + (hasLabels() ? ", " + labels().size() + " labels" : "");
  }
}
