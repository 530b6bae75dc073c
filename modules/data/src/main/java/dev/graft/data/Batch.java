package dev.graft.data;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.Internal;
import dev.graft.tensor.TensorValue;

/**
 * Some examples, ready to be fed.
 *
 * @param inputs the examples by the model's input names; encoded pictures are one string [N] under
 *     {@link #ENCODED}, for the decode graph
 * @param targets the {@link Answers#values} by the names of the heads; those of a dataset for one
 *     head, whatever its name, under {@link #ONLY}
 * @param weights how much each example counts: float32 [N]
 */
@Internal
public record Batch(
    ImmutableMap<String, TensorValue> inputs,
    ImmutableMap<String, TensorValue> targets,
    TensorValue weights) {

  /** The key of encoded pictures. */
  public static final String ENCODED = "";

  /** The key of answers that belong to the only head there is. */
  public static final String ONLY = "";

  /**
   * Examples in one run that nothing is learned from: enough to keep the cores busy, few enough for
   * a cancel to be quick.
   */
  public static final int SCORED = 16;

  /** Whether the examples are encoded pictures. */
  public boolean isEncoded() {
    return inputs.containsKey(ENCODED);
  }

  /** The encoded pictures, string [N]; fails if the examples are none. */
  public TensorValue encoded() {
    TensorValue encoded = inputs.get(ENCODED);
    if (encoded == null) {
      throw new IllegalStateException("these examples are no encoded pictures");
    }
    return encoded;
  }
}
