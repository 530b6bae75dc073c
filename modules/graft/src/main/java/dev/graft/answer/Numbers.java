package dev.graft.answer;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Numbers that a model says of one example: those that were to be predicted, or scores at each of
 * several positions.
 *
 * @param values in the order of the model's outputs
 */
public record Numbers(List<Float> values) implements Answer {

  public Numbers {
    values = ImmutableList.copyOf(values);
  }
}
