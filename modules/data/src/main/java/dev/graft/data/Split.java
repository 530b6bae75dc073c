package dev.graft.data;

import dev.graft.error.BadRequestException;

/**
 * How examples are divided into a part to learn from, a part to decide by, and a part that is
 * scored once at the end. Every label is divided in the same proportion.
 *
 * @param train the share to learn from; only its proportion to the others counts
 * @param validation the share that decisions are made on
 * @param test the share that is scored once
 * @param seed decides who goes where: the same examples and seed give the same parts
 * @param perLabel how many training examples of each label are used at most, 0 for all
 */
public record Split(int train, int validation, int test, long seed, int perLabel) {

  public Split {
    if (train < 1 || validation < 0 || test < 0 || perLabel < 0) {
      throw new BadRequestException(
          "a split has a training share of at least 1 and no negative number, given "
              + train
              + "/"
              + validation
              + "/"
              + test
              + (perLabel < 0 ? " with " + perLabel + " per label" : "")
              + ".");
    }
  }

  /** These shares, seed 0, all training examples used. */
  public static Split of(int train, int validation, int test) {
    return new Split(train, validation, test, 0, 0);
  }

  /** This split drawn with another seed. */
  public Split seed(long value) {
    return new Split(train, validation, test, value, perLabel);
  }

  /** This split with at most {@code count} training examples of each label, 0 for all. */
  public Split perLabel(int count) {
    return new Split(train, validation, test, seed, count);
  }
}
