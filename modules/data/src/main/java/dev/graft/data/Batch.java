package dev.graft.data;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.Internal;
import dev.graft.tensor.TensorValue;

/**
 * Some examples, ready to be fed.
 *
 * @param inputs the examples
 * @param targets the {@link Answers#values} by the names of the heads; those of a dataset for one
 *     head, whatever its name, under {@link #ONLY}
 * @param weights how much each example counts: float32 [N]
 */
@Internal
public record Batch(Inputs inputs, ImmutableMap<String, TensorValue> targets, TensorValue weights) {

  /** The key of answers that belong to the only head there is. */
  public static final String ONLY = "";

  /**
   * Examples in one run that nothing is learned from: enough to keep the cores busy, few enough for
   * a cancel to be quick. On a GPU there are more, see {@link #scored}.
   */
  public static final int SCORED = 16;

  /** As many as a GPU is kept busy by, which takes no longer for them. */
  private static final int SCORED_ON_GPU = 128;

  /**
   * How many examples are computed in one run that nothing is learned from.
   *
   * @param most as many as a step has, for which there is memory
   * @param onGpu whether a GPU computes them
   */
  public static int scored(int most, boolean onGpu) {
    return Math.min(most, onGpu ? SCORED_ON_GPU : SCORED);
  }

  /** Returns the encoded pictures, string [N]; fails if the examples are none. */
  public TensorValue encoded() {
    if (inputs instanceof Inputs.Pictures pictures) {
      return pictures.encoded();
    }
    throw new IllegalStateException("these examples are no encoded pictures");
  }

  /** Returns the views of the pictures, float32 [N, numbers]; fails if they are as they are. */
  public TensorValue views() {
    if (inputs instanceof Inputs.Pictures pictures && pictures.views().isPresent()) {
      return pictures.views().get();
    }
    throw new IllegalStateException("these examples are no views of pictures");
  }

  /** Returns the tensors by name; fails if the examples are pictures. */
  public ImmutableMap<String, TensorValue> named() {
    if (inputs instanceof Inputs.Named named) {
      return named.byName();
    }
    throw new IllegalStateException("these examples are encoded pictures");
  }
}
