package dev.graft.job;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import dev.graft.surgeon.HeadSpec;
import java.util.List;

/**
 * What a new head is made of: one dense layer on pooled features is solved to convergence, any more
 * is trained step by step.
 *
 * @param pooling how the positions of a picture or sequence become one vector
 * @param hidden sizes of dense layers before the last one
 * @param dropout the share of features dropped in training before the last layer, 0 to below 1
 */
public record HeadForm(HeadSpec.Pooling pooling, List<Integer> hidden, double dropout) {

  public HeadForm {
    hidden = ImmutableList.copyOf(hidden);
    HeadSpec.regression(1).hidden(Ints.toArray(hidden)).dropout(dropout); // fails if one is unsound
  }

  /** One dense layer on the features' mean. */
  public static HeadForm standard() {
    return new HeadForm(HeadSpec.Pooling.AUTO, ImmutableList.of(), 0);
  }

  /** This with other pooling. */
  public HeadForm pooling(HeadSpec.Pooling value) {
    requireNonNull(value, "pooling");
    return new HeadForm(value, hidden, dropout);
  }

  /** This with hidden layers of these sizes. */
  public HeadForm hidden(Iterable<Integer> sizes) {
    requireNonNull(sizes, "sizes");
    return new HeadForm(pooling, ImmutableList.copyOf(sizes), dropout);
  }

  /** This with dropout. */
  public HeadForm dropout(double rate) {
    return new HeadForm(pooling, hidden, rate);
  }

  /** Whether such a head is trained step by step. */
  public boolean takesSteps() {
    return !hidden.isEmpty() || dropout > 0;
  }

  /** {@code spec} in this form. */
  HeadSpec on(HeadSpec spec) {
    return spec.pooling(pooling).hidden(Ints.toArray(hidden)).dropout(dropout);
  }
}
