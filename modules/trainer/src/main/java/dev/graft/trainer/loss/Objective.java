package dev.graft.trainer.loss;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Doubles;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import java.util.List;
import java.util.Set;

/**
 * What training makes small: how far a head's answers are from those wanted, for each example.
 * Formulas and results are those of the Keras 2.15 loss of the same name with {@code
 * from_logits=True}, {@link Contrastive} excepted, which Keras does not have.
 */
public sealed interface Objective {

  /**
   * Adds the loss of each example to the graph of {@code of}: [N], in the dtype of the logits.
   * Where the head answers at several positions of an example, it is their mean.
   */
  @Internal
  TensorRef loss(Losses of);

  /** The kinds of heads whose answers it can judge. */
  @Internal
  Set<Head.Kind> kinds();

  /** Whether the loss of an example does not depend on the other examples of its batch. */
  @Internal
  default boolean isSeparable() {
    return true;
  }

  /** How much each label counts, in their order; empty if all count alike. */
  @Internal
  default List<Double> classWeights() {
    return ImmutableList.of();
  }

  /** The usual objective for a head of this kind. */
  static Objective of(Head.Kind kind) {
    requireNonNull(kind, "kind");
    return switch (kind) {
      case SINGLE_LABEL -> crossEntropy();
      case MULTI_LABEL -> binaryCrossEntropy();
      case REGRESSION -> squaredError();
      case EMBEDDING -> contrastive();
      case BOXES -> throw new BadRequestException("a head for boxes has one loss, and no other.");
    };
  }

  /** Softmax cross-entropy, for a head that gives one label. */
  static CrossEntropy crossEntropy() {
    return new CrossEntropy(0, ImmutableList.of());
  }

  /** Sigmoid cross-entropy, for a head that gives any number of labels. */
  static BinaryCrossEntropy binaryCrossEntropy() {
    return new BinaryCrossEntropy(0, ImmutableList.of());
  }

  /** Cross-entropy that counts what is answered well already for less, with Keras' defaults. */
  static Focal focal() {
    return new Focal(2, 0.25);
  }

  /** The same for a head that gives any number of labels, with Keras' defaults. */
  static BinaryFocal binaryFocal() {
    return new BinaryFocal(2);
  }

  /** The mean squared difference. */
  static SquaredError squaredError() {
    return new SquaredError();
  }

  /** The mean absolute difference. */
  static AbsoluteError absoluteError() {
    return new AbsoluteError();
  }

  /** Squared where the difference is below 1, linear beyond. */
  static Huber huber() {
    return new Huber(1);
  }

  /**
   * How far the direction of a vector is from the one wanted: -1 for the same, 1 for the opposite.
   */
  static Cosine cosine() {
    return new Cosine();
  }

  /** Examples of one label near to each other, those of different labels far apart. */
  static Contrastive contrastive() {
    return new Contrastive(0.1);
  }

  /**
   * Softmax cross-entropy.
   *
   * @param smoothing the share of each target that is spread over all labels, 0 to 1
   * @param classWeights how much an example of each label counts; empty if all count alike. Where
   *     an example has a share of several labels the largest decides, the first of several
   */
  record CrossEntropy(double smoothing, List<Double> classWeights) implements Objective {

    public CrossEntropy {
      classWeights = ImmutableList.copyOf(classWeights);
      checkSettings(smoothing, classWeights);
    }

    /** This objective with some of each target spread over all labels. */
    public CrossEntropy smoothing(double share) {
      return new CrossEntropy(share, classWeights);
    }

    /** This objective with examples of each label counting so much, in the order of the labels. */
    public CrossEntropy classWeights(double... weights) {
      return new CrossEntropy(smoothing, Doubles.asList(weights));
    }

    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.crossEntropy(smoothing, classWeights);
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.SINGLE_LABEL);
    }
  }

  /**
   * Sigmoid cross-entropy, the mean over the labels.
   *
   * @param smoothing the share of each target that is replaced by one half, 0 to 1
   * @param classWeights how much each label counts; empty if all count alike
   */
  record BinaryCrossEntropy(double smoothing, List<Double> classWeights) implements Objective {

    public BinaryCrossEntropy {
      classWeights = ImmutableList.copyOf(classWeights);
      checkSettings(smoothing, classWeights);
    }

    /** This objective with targets that are a little less sure. */
    public BinaryCrossEntropy smoothing(double share) {
      return new BinaryCrossEntropy(share, classWeights);
    }

    /** This objective with each label counting so much, in the order of the labels. */
    public BinaryCrossEntropy classWeights(double... weights) {
      return new BinaryCrossEntropy(smoothing, Doubles.asList(weights));
    }

    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.binaryCrossEntropy(smoothing, classWeights);
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.MULTI_LABEL);
    }
  }

  /**
   * Focal loss (Lin et al. 2017) over a softmax: each cross-entropy term times {@code alpha (1 -
   * p)^gamma}.
   *
   * @param gamma how strongly what is answered well is left out, 0 or more
   * @param alpha a factor of it all
   */
  record Focal(double gamma, double alpha) implements Objective {

    public Focal {
      checkPositive("gamma", gamma);
      checkPositive("alpha", alpha);
    }

    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.focal(gamma, alpha);
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.SINGLE_LABEL);
    }
  }

  /**
   * Focal loss (Lin et al. 2017) over sigmoids, the mean over the labels.
   *
   * @param gamma how strongly what is answered well is left out, 0 or more
   */
  record BinaryFocal(double gamma) implements Objective {

    public BinaryFocal {
      checkPositive("gamma", gamma);
    }

    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.binaryFocal(gamma);
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.MULTI_LABEL);
    }
  }

  /** Squared difference, the mean over the outputs. */
  record SquaredError() implements Objective {
    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.squaredError();
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.REGRESSION, Head.Kind.EMBEDDING);
    }
  }

  /** Absolute difference, the mean over the outputs. */
  record AbsoluteError() implements Objective {
    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.absoluteError();
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.REGRESSION, Head.Kind.EMBEDDING);
    }
  }

  /**
   * Half the squared difference up to {@code delta}, linear beyond (Huber 1964), the mean over the
   * outputs.
   *
   * @param delta the difference from which on it is linear
   */
  record Huber(double delta) implements Objective {

    public Huber {
      checkPositive("delta", delta);
    }

    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.huber(delta);
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.REGRESSION, Head.Kind.EMBEDDING);
    }
  }

  /** Minus the cosine between the answer and the vector wanted. */
  record Cosine() implements Objective {
    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.cosine();
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.REGRESSION, Head.Kind.EMBEDDING);
    }
  }

  /**
   * Supervised contrastive loss (Khosla et al. 2020, its {@code L_out}): for each example the mean,
   * over the others of its label in the batch, of the cross-entropy of picking that one out of all
   * others by similarity. An example that is alone with its label counts 0.
   *
   * @param temperature what the cosines are divided by, above 0
   */
  record Contrastive(double temperature) implements Objective {

    public Contrastive {
      checkPositive("temperature", temperature);
    }

    @Internal
    @Override
    public TensorRef loss(Losses of) {
      return of.contrastive(temperature);
    }

    @Internal
    @Override
    public Set<Head.Kind> kinds() {
      return Set.of(Head.Kind.EMBEDDING);
    }

    @Internal
    @Override
    public boolean isSeparable() {
      return false;
    }
  }

  private static void checkPositive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new BadRequestException(name + " is above 0, not " + value + ".");
    }
  }

  private static void checkSettings(double smoothing, List<Double> classWeights) {
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new BadRequestException("label smoothing lies between 0 and 1, not " + smoothing + ".");
    }
    if (classWeights.stream().anyMatch(weight -> !(weight >= 0))) {
      throw new BadRequestException("class weights are 0 or more, not " + classWeights + ".");
    }
  }
}
