package dev.graft;

/** Where TensorFlow computes. */
public enum Device {
  /** On a GPU if TensorFlow finds one, else on the CPU. */
  AUTO,
  /** On the CPU, even if there is a GPU. */
  CPU,
  /** On a GPU; opening fails if TensorFlow finds none. */
  GPU
}
