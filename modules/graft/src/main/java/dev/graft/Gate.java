package dev.graft;

import dev.graft.data.Dataset;
import dev.graft.model.BadRequestException;

/**
 * What an export has to stand before it is published: the exported model, loaded back by
 * TensorFlow, has to reach an accuracy on pictures whose labels are known.
 *
 * @param accuracy the least share of the pictures that it has to get right, 0 to 1
 * @param pictures the pictures; not those that the model learned from
 */
public record Gate(double accuracy, Dataset pictures) {

  public Gate {
    if (!(accuracy >= 0 && accuracy <= 1)) {
      throw new BadRequestException("an accuracy lies between 0 and 1, given " + accuracy + ".");
    }
  }

  /** The beginning of a gate; say on which pictures with {@link Accuracy#on}. */
  public static Accuracy accuracy(double atLeast) {
    return new Accuracy(atLeast);
  }

  /**
   * A least accuracy, on pictures yet to be named.
   *
   * @param atLeast the least share to get right
   */
  public record Accuracy(double atLeast) {
    /** The gate on these pictures. */
    public Gate on(Dataset pictures) {
      return new Gate(atLeast, pictures);
    }
  }
}
