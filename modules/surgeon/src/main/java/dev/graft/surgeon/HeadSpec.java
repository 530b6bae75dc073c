package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Initializer;
import dev.graft.model.Labels;
import dev.graft.surgeon.edit.Edits;
import java.util.Optional;

/**
 * A head to be made: pooling, hidden layers, dropout, a dense layer and its activation, in this
 * order. Immutable; start from {@link #singleLabel}, {@link #multiLabel}, {@link #regression} or
 * {@link #embedding} and change what differs.
 *
 * @param kind what sort of answer it gives
 * @param name the name of the layer, its variables and the signature's output; if empty, the name
 *     of the output that it replaces, or {@code predictions}
 * @param labels what its outputs mean, for kinds that have labels
 * @param units how many numbers it gives; 0 for an embedding without a dense layer of its own
 * @param pooling how positions (of a picture, of a sequence) become one vector
 * @param hidden sizes of dense layers with ReLU before the last one
 * @param dropout the share of features dropped in training before the last dense layer, 0 to below
 *     1
 * @param initializer how kernels start; biases start at zero
 * @param seed what the initial values are drawn from
 * @param carriesOver whether labels that the replaced head had too start with its weights
 */
public record HeadSpec(
    Head.Kind kind,
    Optional<String> name,
    Optional<Labels> labels,
    int units,
    Pooling pooling,
    ImmutableList<Integer> hidden,
    double dropout,
    Initializer initializer,
    long seed,
    boolean carriesOver) {

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

  public HeadSpec {
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
    if (kind == Head.Kind.SINGLE_LABEL && units < 2) {
      throw new BadRequestException(
          "to choose one label takes at least 2, given "
              + units
              + "; add pictures of another"
              + " class, or use a multi-label head for a yes or no.");
    }
  }

  /** Exactly one of {@code labels} holds: softmax. */
  public static HeadSpec singleLabel(Labels labels) {
    return of(Head.Kind.SINGLE_LABEL, Optional.of(labels), labels.size());
  }

  /** Exactly one of {@code labels} holds: softmax. */
  public static HeadSpec singleLabel(String... labels) {
    return singleLabel(Labels.of(labels));
  }

  /** Any number of {@code labels} hold: a sigmoid for each. */
  public static HeadSpec multiLabel(Labels labels) {
    return of(Head.Kind.MULTI_LABEL, Optional.of(labels), labels.size());
  }

  /** Any number of {@code labels} hold: a sigmoid for each. */
  public static HeadSpec multiLabel(String... labels) {
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

  private static HeadSpec of(Head.Kind kind, Optional<Labels> labels, int units) {
    return new HeadSpec(
        kind,
        Optional.empty(),
        labels,
        units,
        Pooling.AUTO,
        ImmutableList.of(),
        0,
        Initializer.GLOROT_UNIFORM,
        0,
        false);
  }

  /** This head under another name. */
  public HeadSpec named(String value) {
    if (!value.matches("[A-Za-z0-9.][A-Za-z0-9_.-]*")) {
      throw new BadRequestException(
          "'" + value + "' cannot name a head; use letters, digits, '_', '.' and '-'.");
    }
    return new HeadSpec(
        kind,
        Optional.of(value),
        labels,
        units,
        pooling,
        hidden,
        dropout,
        initializer,
        seed,
        carriesOver);
  }

  /** This head with other pooling. */
  public HeadSpec pooling(Pooling value) {
    return new HeadSpec(
        kind, name, labels, units, value, hidden, dropout, initializer, seed, carriesOver);
  }

  /** This head with hidden layers of these sizes. */
  public HeadSpec hidden(int... sizes) {
    return new HeadSpec(
        kind,
        name,
        labels,
        units,
        pooling,
        ImmutableList.copyOf(Ints.asList(sizes)),
        dropout,
        initializer,
        seed,
        carriesOver);
  }

  /** This head with dropout. */
  public HeadSpec dropout(double rate) {
    return new HeadSpec(
        kind, name, labels, units, pooling, hidden, rate, initializer, seed, carriesOver);
  }

  /** This head with kernels that start otherwise. */
  public HeadSpec initializer(Initializer value) {
    return new HeadSpec(
        kind, name, labels, units, pooling, hidden, dropout, value, seed, carriesOver);
  }

  /** This head with initial values drawn from another seed. */
  public HeadSpec seed(long value) {
    return new HeadSpec(
        kind, name, labels, units, pooling, hidden, dropout, initializer, value, carriesOver);
  }

  /**
   * This head with the old head's weights for the labels that stay, as when classes are added to a
   * model that was trained before. For {@link Edits#replaceHead} where the old head's labels are
   * known (see {@link Edits#keepHead(Labels)}), and a head without hidden layers.
   */
  public HeadSpec carryOver() {
    return new HeadSpec(
        kind, name, labels, units, pooling, hidden, dropout, initializer, seed, true);
  }
}
