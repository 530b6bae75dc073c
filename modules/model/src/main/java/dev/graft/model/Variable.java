package dev.graft.model;

import dev.graft.graph.TensorRef;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;

/**
 * A weight of the model.
 *
 * @param name what a user calls it, unique in the model: {@code block_1_expand/kernel}
 * @param node the graph node that holds it: a {@code VarHandleOp} or a TF1 {@code VariableV2}
 * @param dtype its dtype
 * @param shape its shape, fully known for all but a few variables of old models
 * @param trainable whether training changes it
 * @param role what it does in its layer
 * @param source where its value comes from
 * @param fixed whether its author declared that it never trains ({@code
 *     add_weight(trainable=False)}: a table of positions, a codebook), which is more than a layer
 *     that was frozen; it then trains only if it is named
 */
public record Variable(
    String name,
    String node,
    DType dtype,
    Shape shape,
    boolean trainable,
    Role role,
    VariableSource source,
    boolean fixed) {

  public Variable {
    if (fixed && trainable) {
      throw new IllegalArgumentException("'" + name + "' cannot be fixed and train.");
    }
  }

  /** A variable that its author did not fix. */
  public Variable(
      String name,
      String node,
      DType dtype,
      Shape shape,
      boolean trainable,
      Role role,
      VariableSource source) {
    this(name, node, dtype, shape, trainable, role, source, false);
  }

  /** What a variable does in its layer. */
  public enum Role {
    /** A dense, convolution or recurrent input kernel. */
    KERNEL,
    /** The kernel of a depthwise convolution. */
    DEPTHWISE_KERNEL,
    /** A kernel applied to a recurrent layer's own state. */
    RECURRENT_KERNEL,
    /** An additive offset. */
    BIAS,
    /** The scale of a normalisation. */
    GAMMA,
    /** The offset of a normalisation. */
    BETA,
    /** The moving mean of a BatchNorm. */
    MOVING_MEAN,
    /** The moving variance of a BatchNorm. */
    MOVING_VARIANCE,
    /** A table of embedding vectors. */
    EMBEDDINGS,
    /** No weight: a counter, a random seed, the state of a stateful layer. */
    STATE,
    /** Anything else. */
    OTHER;

    /** Whether optimizers leave it alone whatever its trainable flag says. */
    public boolean isStatistic() {
      return this == MOVING_MEAN || this == MOVING_VARIANCE || this == STATE;
    }
  }

  /** The handle, or for TF1 the reference, that graph nodes read. */
  public TensorRef handle() {
    return TensorRef.of(node);
  }

  /**
   * Whether training could change it: floating point or complex, no statistic, and not {@link
   * #fixed}.
   */
  public boolean canTrain() {
    return !fixed && canTrainIfNamed();
  }

  /** As {@link #canTrain}, whatever its author declared: for who asks for it by its name. */
  public boolean canTrainIfNamed() {
    return dtype.isContinuous() && !role.isStatistic();
  }

  /** This variable, trained or not; one that trains is not {@link #fixed} any more. */
  public Variable trainable(boolean wanted) {
    return new Variable(name, node, dtype, shape, wanted, role, source, fixed && !wanted);
  }

  /** This variable with its value from elsewhere. */
  public Variable source(VariableSource other) {
    return new Variable(name, node, dtype, shape, trainable, role, other, fixed);
  }
}
