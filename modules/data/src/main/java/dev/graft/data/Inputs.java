package dev.graft.data;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.Internal;
import dev.graft.picture.View;
import dev.graft.tensor.TensorValue;
import java.util.Optional;

/** What some examples are made of: pictures, or tensors by name. */
@Internal
public sealed interface Inputs {

  /**
   * Encoded pictures, which the decode graph or the model itself decodes.
   *
   * @param encoded the bytes of a file each: string [N]
   * @param views the view that is taken of each, where that is not the picture as it is: float32
   *     [N, {@link View#NUMBERS}]
   */
  record Pictures(TensorValue encoded, Optional<TensorValue> views) implements Inputs {

    /** Pictures as they are. */
    Pictures(TensorValue encoded) {
      this(encoded, Optional.empty());
    }
  }

  /**
   * Tensors, a row for each example.
   *
   * @param byName by the model's input names, or by the names of the tensors they were taken from
   */
  record Named(ImmutableMap<String, TensorValue> byName) implements Inputs {}

  /** No inputs: of examples of which only the answers count. */
  static Inputs none() {
    return new Named(ImmutableMap.of());
  }
}
