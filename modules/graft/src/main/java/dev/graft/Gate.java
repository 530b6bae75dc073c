package dev.graft;

import dev.graft.data.Dataset;
import dev.graft.model.BadRequestException;

/**
 * What an export has to stand before it is published: the exported model, loaded back by
 * TensorFlow, has to reach an accuracy on examples whose labels are known: pictures, or tensors by
 * the names of its inputs.
 *
 * @param accuracy the least share of the examples that it has to get right, 0 to 1
 * @param examples the examples; not those that the model learned from
 */
public record Gate(double accuracy, Dataset examples) {

  public Gate {
    if (!(accuracy >= 0 && accuracy <= 1)) {
      throw new BadRequestException("an accuracy lies between 0 and 1, given " + accuracy + ".");
    }
  }

  /** The beginning of a gate; say on which examples with {@link Accuracy#on}. */
  public static Accuracy accuracy(double atLeast) {
    return new Accuracy(atLeast);
  }

  /**
   * A least accuracy, on examples yet to be named.
   *
   * @param atLeast the least share to get right
   */
  public record Accuracy(double atLeast) {
    /** The gate on these examples. */
    public Gate on(Dataset examples) {
      return new Gate(atLeast, examples);
    }
  }
}
