package dev.graft.answer;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import java.util.List;

/**
 * A vector that a model gives for one example, to be compared with those of others.
 *
 * @param values its numbers
 */
public record Embedding(List<Float> values) implements Answer {

  public Embedding {
    values = ImmutableList.copyOf(values);
  }

  /**
   * How alike two examples are: the cosine of the angle between their vectors, -1 to 1; 0 if one of
   * them has no length.
   *
   * @throws BadRequestException if they are not of one model: their lengths differ
   */
  public double similarity(Embedding other) {
    if (values.size() != other.values.size()) {
      throw new BadRequestException(
          "vectors of "
              + values.size()
              + " and of "
              + other.values.size()
              + " numbers are not of one model; compare those that one model gave.");
    }
    double product = 0;
    double mine = 0;
    double its = 0;
    for (int i = 0; i < values.size(); i++) {
      double x = values.get(i);
      double y = other.values.get(i);
      product += x * y;
      mine += x * x;
      its += y * y;
    }
    return mine == 0 || its == 0 ? 0 : product / Math.sqrt(mine * its);
  }
}
