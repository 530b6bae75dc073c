package dev.graft.runtime;

import dev.graft.error.Internal;

/**
 * What a session computes with. Scores, heads, features and proofs are computed exactly, as a
 * server will; the steps of a training may have their own.
 *
 * @param precision the dtype in which the matrix work of a float32 graph is done
 * @param xla which parts of a graph XLA compiles
 * @param fusion whether TensorFlow's optimiser may put one kernel in the place of several ops, or
 *     regroup them. That rounds otherwise, and which groups it finds depends on the order of its
 *     passes, so two forms of one computation may differ in the last bit; without it they do the
 *     same arithmetic
 */
@Internal
public record Compute(Precision precision, Xla xla, boolean fusion) {

  /** float32, no XLA, fused kernels. */
  public static final Compute EXACT = new Compute(Precision.FLOAT32, Xla.OFF, true);

  /** Which parts of a graph XLA compiles by itself. */
  public enum Xla {
    /** None. */
    OFF,
    /** TensorFlow's {@code ON_1}: clusters that need no further analysis. */
    ON_1,
    /** TensorFlow's {@code ON_2}: all that can be compiled. Slow for depthwise work on the CPU. */
    ON_2
  }

  /**
   * The dtype in which training does the matrix work of a float32 graph; variables, and all else
   * that runs, stay float32.
   */
  public enum Precision {
    /** float32 (on recent GPUs TensorFlow multiplies in TF32). */
    FLOAT32,
    /** Grappler's auto_mixed_precision: float16 on the GPU. The loss has to be scaled. */
    MIXED_FLOAT16,
    /** Grappler's auto_mixed_precision_onednn_bfloat16: bfloat16 on the CPU. */
    MIXED_BFLOAT16,
    /**
     * In training the faster of float32 and bfloat16, by a short measurement at the start: see
     * {@link PrecisionTrial}. A training that goes on from a checkpoint keeps what was found; one
     * that is to be repeated to the bit names its precision instead.
     */
    AUTO
  }

  /** Returns this in another precision. */
  public Compute precision(Precision value) {
    return new Compute(value, xla, fusion);
  }

  /** Returns this with fused kernels where TensorFlow's optimiser sees them, or without. */
  public Compute fusion(boolean value) {
    return new Compute(precision, xla, value);
  }

  /** Returns this in float32 and without XLA. */
  Compute exactly() {
    return new Compute(Precision.FLOAT32, Xla.OFF, fusion);
  }
}
