package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Initializer;
import dev.graft.model.Labels;
import dev.graft.surgeon.edit.Edits;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A head to be made: pooling, hidden layers, dropout, a dense layer and its activation, in this
 * order; or what finds boxes. Immutable; start from {@link #singleLabel}, {@link #multiLabel},
 * {@link #regression}, {@link #embedding} or {@link #boxes(Labels)} and change what differs.
 */
public final class HeadSpec {

  /** How the positions of a picture or sequence become one vector. */
  public enum Pooling {
    /**
     * The mean over positions, if there are any; but no pooling where the head that is replaced
     * answered for each position.
     */
    AUTO,
    /** None: an answer for each position. */
    NONE,
    /** The mean over positions. */
    AVERAGE,
    /** The maximum over positions. */
    MAX,
    /** The first position, as transformers with a class token have it. */
    FIRST,
    /** All positions one after the other; their number has to be known. */
    FLATTEN
  }

  private final Head.Kind kind;
  private final Optional<String> name;
  private final Optional<Labels> labels;
  private final int units;
  private final Pooling pooling;
  private final ImmutableList<Integer> hidden;
  private final double dropout;
  private final Initializer initializer;
  private final long seed;
  private final boolean carriesOver;
  private final BoxForm boxes;

  private HeadSpec(Draft d) {
    this.kind = d.kind;
    this.name = d.name;
    this.labels = d.labels;
    this.units = d.units;
    this.pooling = d.pooling;
    this.hidden = d.hidden;
    this.dropout = d.dropout;
    this.initializer = d.initializer;
    this.seed = d.seed;
    this.carriesOver = d.carriesOver;
    this.boxes = d.boxes;
    if (dropout < 0 || dropout >= 1) {
      throw new BadRequestException(
          "a head's dropout is a share from 0 to below 1, not " + dropout + ".");
    }
    for (int size : hidden) {
      if (size < 1) {
        throw new BadRequestException("a hidden layer has at least 1 unit, not " + size + ".");
      }
    }
    if (units < (kind == Head.Kind.EMBEDDING ? 0 : 1)) {
      throw new BadRequestException("a head gives at least 1 number, not " + units + ".");
    }
    if (labels.isPresent() && labels.get().size() != units) {
      throw new BadRequestException(
          "a head with " + units + " outputs needs as many labels, given " + labels.get().size());
    }
    if (kind.targets() == Head.Targets.ONE_LABEL && units < 2) {
      throw new BadRequestException(
          "to choose one label takes at least 2, given "
              + units
              + "; add pictures of another"
              + " class, or use a multi-label head for a yes or no.");
    }
  }

  /** Exactly one of {@code labels} holds: softmax. */
  public static HeadSpec singleLabel(Labels labels) {
    requireNonNull(labels, "labels");
    return of(Head.Kind.SINGLE_LABEL, Optional.of(labels), labels.size());
  }

  /** Exactly one of {@code labels} holds: softmax. */
  public static HeadSpec singleLabel(String... labels) {
    requireNonNull(labels, "labels");
    return singleLabel(Labels.of(labels));
  }

  /** Any number of {@code labels} hold: a sigmoid for each. */
  public static HeadSpec multiLabel(Labels labels) {
    requireNonNull(labels, "labels");
    return of(Head.Kind.MULTI_LABEL, Optional.of(labels), labels.size());
  }

  /** Any number of {@code labels} hold: a sigmoid for each. */
  public static HeadSpec multiLabel(String... labels) {
    requireNonNull(labels, "labels");
    return multiLabel(Labels.of(labels));
  }

  /** {@code units} numbers. */
  public static HeadSpec regression(int units) {
    return of(Head.Kind.REGRESSION, Optional.empty(), units);
  }

  /** A vector of {@code size} numbers and length 1, for retrieval. */
  public static HeadSpec embedding(int size) {
    return of(Head.Kind.EMBEDDING, Optional.empty(), size);
  }

  /** The features themselves, pooled and brought to length 1, with nothing to learn. */
  public static HeadSpec embedding() {
    return embedding(0);
  }

  /**
   * Boxes around what {@code labels} name, of which a picture has any number. It reads several maps
   * of the backbone, and hidden layers, pooling and dropout are not for it; see {@link #boxes()}.
   */
  public static HeadSpec boxes(Labels labels) {
    requireNonNull(labels, "labels");
    return of(Head.Kind.BOXES, Optional.of(labels), labels.size());
  }

  /**
   * A head of any kind.
   *
   * @param labels what its outputs mean, for kinds that have labels
   * @param units how many numbers it gives; 0 for an embedding without a dense layer of its own
   */
  public static HeadSpec of(Head.Kind kind, Optional<Labels> labels, int units) {
    requireNonNull(kind, "kind");
    requireNonNull(labels, "labels");
    return new HeadSpec(new Draft(kind, labels, units));
  }

  /** What sort of answer it gives. */
  public Head.Kind kind() {
    return kind;
  }

  /**
   * The name of the layer, its variables and the signature's output; if empty, the name of the
   * output that it replaces, or {@code predictions}.
   */
  public Optional<String> name() {
    return name;
  }

  /** What its outputs mean, for kinds that have labels. */
  public Optional<Labels> labels() {
    return labels;
  }

  /** How many numbers it gives; 0 for an embedding without a dense layer of its own. */
  public int units() {
    return units;
  }

  /** How positions (of a picture, of a sequence) become one vector. */
  public Pooling pooling() {
    return pooling;
  }

  /** The sizes of dense layers with ReLU before the last one. */
  public List<Integer> hidden() {
    return hidden;
  }

  /** The share of features dropped in training before the last dense layer, 0 to below 1. */
  public double dropout() {
    return dropout;
  }

  /** How kernels start; biases start at zero. */
  public Initializer initializer() {
    return initializer;
  }

  /** What the initial values are drawn from. */
  public long seed() {
    return seed;
  }

  /** Whether labels that the replaced head had too start with its weights. */
  public boolean carriesOver() {
    return carriesOver;
  }

  /** What a head for boxes is made for. */
  public BoxForm boxes() {
    return boxes;
  }

  /** This head for other boxes. */
  public HeadSpec boxes(BoxForm value) {
    requireNonNull(value, "boxes");
    return with(draft -> draft.boxes = value);
  }

  /** This head under another name. */
  public HeadSpec named(String value) {
    requireNonNull(value, "named");
    if (!value.matches("[A-Za-z0-9.][A-Za-z0-9_.-]*")) {
      throw new BadRequestException(
          "'" + value + "' cannot name a head; use letters, digits, '_', '.' and '-'.");
    }
    return with(draft -> draft.name = Optional.of(value));
  }

  /** This head with other pooling. */
  public HeadSpec pooling(Pooling value) {
    requireNonNull(value, "pooling");
    return with(draft -> draft.pooling = value);
  }

  /** This head with hidden layers of these sizes. */
  public HeadSpec hidden(int... sizes) {
    requireNonNull(sizes, "sizes");
    return with(draft -> draft.hidden = ImmutableList.copyOf(Ints.asList(sizes)));
  }

  /** This head with dropout. */
  public HeadSpec dropout(double rate) {
    return with(draft -> draft.dropout = rate);
  }

  /** This head with kernels that start otherwise. */
  public HeadSpec initializer(Initializer value) {
    requireNonNull(value, "initializer");
    return with(draft -> draft.initializer = value);
  }

  /** This head with initial values drawn from another seed. */
  public HeadSpec seed(long value) {
    return with(draft -> draft.seed = value);
  }

  /**
   * This head with the old head's weights for the labels that stay, as when classes are added to a
   * model that was trained before. For {@link Edits#replaceHead} where the old head's labels are
   * known (see {@link Edits#keepHead(Labels)}), and a head without hidden layers.
   */
  public HeadSpec carryOver() {
    return with(draft -> draft.carriesOver = true);
  }

  private HeadSpec with(Consumer<Draft> change) {
    Draft draft = new Draft(kind, labels, units);
    draft.name = name;
    draft.pooling = pooling;
    draft.hidden = hidden;
    draft.dropout = dropout;
    draft.initializer = initializer;
    draft.seed = seed;
    draft.carriesOver = carriesOver;
    draft.boxes = boxes;
    change.accept(draft);
    return new HeadSpec(draft);
  }

  private static final class Draft {
    final Head.Kind kind;
    final Optional<Labels> labels;
    final int units;
    Optional<String> name = Optional.empty();
    Pooling pooling = Pooling.AUTO;
    ImmutableList<Integer> hidden = ImmutableList.of();
    double dropout;
    Initializer initializer = Initializer.GLOROT_UNIFORM;
    long seed;
    boolean carriesOver;
    BoxForm boxes = BoxForm.standard();

    Draft(Head.Kind kind, Optional<Labels> labels, int units) {
      this.kind = kind;
      this.labels = labels;
      this.units = units;
    }
  }

  private List<Object> parts() {
    return List.of(
        kind, name, labels, units, pooling, hidden, dropout, initializer, seed, carriesOver, boxes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HeadSpec spec && parts().equals(spec.parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }

  @Override
  public String toString() {
    return "HeadSpec" + parts();
  }
}
