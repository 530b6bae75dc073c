package dev.graft.trainer.metric;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a classifier answered to examples whose labels are known.
 *
 * @param labels the labels
 * @param actual the label index of each example
 * @param predicted the label index that the model gave each example; -1 where its answer was no
 *     number
 */
public record Classification(Labels labels, List<Integer> actual, List<Integer> predicted) {
  public Classification {
    actual = ImmutableList.copyOf(actual);
    predicted = ImmutableList.copyOf(predicted);
  }

  /** What was answered to {@code data}, whose examples have one label each. */
  @Internal
  public static Classification of(Dataset data, int[] predicted) {
    return new Classification(
        data.labels(),
        IntStream.range(0, data.size()).mapToObj(data::label).toList(),
        Ints.asList(predicted));
  }

  /** How many examples there were. */
  public int count() {
    return actual.size();
  }

  /** How many of them the model got right. */
  public int correct() {
    return (int) IntStream.range(0, count()).filter(this::isRight).count();
  }

  /** Whether the model got example {@code i} right. */
  public boolean isRight(int i) {
    return actual.get(i).equals(predicted.get(i));
  }

  /** The range in which the accuracy lies with 95% confidence. */
  public Interval interval() {
    return Interval.wilson(correct(), count());
  }

  /**
   * How many examples of label (row) were given label (column); those that were given none are left
   * out.
   */
  public List<List<Integer>> confusion() {
    int[][] table = new int[labels.size()][labels.size()];
    for (int i = 0; i < count(); i++) {
      if (predicted.get(i) >= 0) {
        table[actual.get(i)][predicted.get(i)]++;
      }
    }
    ImmutableList.Builder<List<Integer>> rows = ImmutableList.builder();
    for (int[] row : table) {
      rows.add(IntStream.of(row).boxed().collect(ImmutableList.toImmutableList()));
    }
    return rows.build();
  }
}
