package dev.graft.trainer.fit;

import dev.graft.error.Internal;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowRuntime;

/**
 * What a training computes with.
 *
 * @param runtime TensorFlow
 * @param precision in which its steps multiply, and the features that they start from where it is
 *     bfloat16; all else is computed in float32
 */
@Internal
public record Computing(TensorFlowRuntime runtime, Precision precision) {

  /** Steps in float32, too. */
  public static Computing exactly(TensorFlowRuntime runtime) {
    return new Computing(runtime, Precision.FLOAT32);
  }
}
