package dev.graft.trainer.metric;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Ints;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What a classifier answered to examples whose labels are known.
 *
 * @param labels the labels
 * @param actual the label index of each example
 * @param predicted the label index that the model gave each example
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

  /** The share that the model got right. */
  public double accuracy() {
    return count() == 0 ? 0 : (double) correct() / count();
  }

  /** Accuracy, and the means over the labels of precision, recall and F1, by name. */
  public Map<String, Double> metrics() {
    List<LabelScore> scores = perClass();
    return ImmutableMap.of(
        "accuracy", accuracy(),
        "precision", mean(scores, LabelScore::precision),
        "recall", mean(scores, LabelScore::recall),
        "f1", mean(scores, LabelScore::f1));
  }

  private static double mean(List<LabelScore> scores, ToDoubleFunction<LabelScore> of) {
    return scores.stream().mapToDouble(of).average().orElse(0);
  }

  /** The range in which the accuracy lies with 95% confidence. */
  public Interval interval() {
    return Interval.wilson(correct(), count());
  }

  /** How many examples of label (row) were given label (column). */
  public List<List<Integer>> confusion() {
    int[][] table = new int[labels.size()][labels.size()];
    for (int i = 0; i < count(); i++) {
      table[actual.get(i)][predicted.get(i)]++;
    }
    ImmutableList.Builder<List<Integer>> rows = ImmutableList.builder();
    for (int[] row : table) {
      rows.add(IntStream.of(row).boxed().collect(ImmutableList.toImmutableList()));
    }
    return rows.build();
  }

  /** The scores of each label, in the order of the labels. */
  public List<LabelScore> perClass() {
    List<List<Integer>> table = confusion();
    ImmutableList.Builder<LabelScore> scores = ImmutableList.builder();
    for (int label = 0; label < labels.size(); label++) {
      int column = label;
      int given = table.stream().mapToInt(row -> row.get(column)).sum();
      int count = table.get(label).stream().mapToInt(Integer::intValue).sum();
      scores.add(
          new LabelScore(labels.names().get(label), count, given, table.get(label).get(label)));
    }
    return scores.build();
  }
}
