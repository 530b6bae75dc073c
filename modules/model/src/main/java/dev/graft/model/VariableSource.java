package dev.graft.model;

import dev.graft.tensor.TensorValue;
import java.nio.file.Path;

/** Where a variable's value comes from. Values stay where they are until somebody needs them. */
public sealed interface VariableSource {

  /**
   * A checkpoint on disk, in TensorFlow's TensorBundle format.
   *
   * @param prefix the checkpoint's path without {@code .index}
   * @param key the tensor's key in it
   * @param slice the part of the full tensor that a partitioned variable holds, as TensorFlow's
   *     RestoreV2 writes it ({@code "10 4 0,5:-"}); empty for the whole
   */
  record InCheckpoint(Path prefix, String key, String slice) implements VariableSource {}

  /**
   * Drawn when first needed, the same for the same seed.
   *
   * @param initializer the distribution
   * @param seed its seed
   */
  record Initialized(Initializer initializer, long seed) implements VariableSource {}

  /**
   * Given outright.
   *
   * @param value the value
   */
  record Given(TensorValue value) implements VariableSource {}
}
