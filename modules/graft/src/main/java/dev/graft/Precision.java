package dev.graft;

import dev.graft.runtime.Compute;

/**
 * The dtype in which training multiplies. Weights, and models that are published, stay float32
 * whichever it is, and so does everything but training.
 */
public enum Precision {
  /** float32: runs can be repeated to the bit, and agree with Keras'. */
  FLOAT32(Compute.Precision.FLOAT32),
  /**
   * bfloat16 on a CPU that multiplies in it (AVX512_BF16 or AMX), float32 on all else: up to twice
   * as fast, with three digits less in each product.
   */
  BFLOAT16(Compute.Precision.MIXED_BFLOAT16),
  /**
   * The faster of both for each model, by a few steps of each at the start; a run that is resumed
   * goes on with what it had. The decisions of the run say which it was.
   */
  AUTO(Compute.Precision.AUTO);

  private final Compute.Precision inSessions;

  Precision(Compute.Precision inSessions) {
    this.inSessions = inSessions;
  }

  /** What the sessions of a training multiply in. */
  Compute.Precision inSessions() {
    return inSessions;
  }
}
