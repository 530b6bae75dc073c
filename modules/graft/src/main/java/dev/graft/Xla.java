package dev.graft;

/** Whether XLA compiles the steps of a training: as few kernels as can be, each for many ops. */
public enum Xla {
  /**
   * On a GPU if a measurement of a few steps says that it pays for all of them, compiling included;
   * on the CPU not, where its convolutions are slower than TensorFlow's.
   */
  AUTO,
  /** Always. What it compiled is kept for other runs. */
  ON,
  /** Never. */
  OFF
}
