package dev.graft;

/**
 * The dtype in which training multiplies. Weights, and models that are published, stay float32
 * whichever it is, and so does everything but training.
 */
public enum Precision {
  /** float32: runs can be repeated to the bit, and agree with Keras'. */
  FLOAT32,
  /**
   * bfloat16 on a CPU that multiplies in it (AVX512_BF16 or AMX), float32 on all else: up to twice
   * as fast, with three digits less in each product.
   */
  BFLOAT16,
  /**
   * The faster of both for each model, by a few steps of each at the start, and again where a run
   * is resumed. The decisions of the run say which it was.
   */
  AUTO
}
