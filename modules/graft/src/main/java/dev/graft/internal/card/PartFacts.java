package dev.graft.internal.card;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.boxes.BoxSet;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * One part of the data.
 *
 * @param name which: training, validation, test
 * @param use what was done with it, in words
 * @param examples how many there are
 * @param digest what stands for them, see {@link DatasetDigest}
 * @param labels how often each label is given, by name; empty for numbers
 */
public record PartFacts(
    String name, String use, int examples, String digest, Map<String, Integer> labels) {

  public PartFacts {
    labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
  }

  /** Those of {@code part}. */
  public static PartFacts of(String name, String use, Dataset part) {
    Map<String, Integer> labels = new LinkedHashMap<>();
    boolean isOne = part.answers().size() == 1;
    new TreeMap<>(part.answers())
        .forEach((head, answers) -> count(isOne ? "" : head + "/", answers, labels));
    return new PartFacts(name, use, part.size(), DatasetDigest.of(part), labels);
  }

  private static void count(String prefix, Answers answers, Map<String, Integer> into) {
    if (answers.labels().isEmpty()) {
      return;
    }
    List<String> names = answers.labels().get().names();
    int[] counts = new int[names.size()];
    if (answers.counts().isPresent()) {
      boxes(answers, counts);
    } else if (answers.isOneLabel()) {
      Arrays.stream(answers.values().ints()).forEach(label -> counts[label]++);
    } else {
      double[] shares = answers.values().asDoubles();
      IntStream.range(0, shares.length)
          .filter(i -> shares[i] > 0)
          .forEach(i -> counts[i % counts.length]++);
    }
    for (int i = 0; i < counts.length; i++) {
      into.put(prefix + names.get(i), counts[i]);
    }
  }

  private static void boxes(Answers answers, int[] counts) {
    int columns = BoxSet.Column.values().length;
    int rows = Math.toIntExact(answers.values().shape().dim(1));
    float[] values = answers.values().floats();
    int[] own = answers.counts().orElseThrow().ints();
    for (int i = 0; i < own.length; i++) {
      for (int row = i * rows; row < i * rows + own[i]; row++) {
        counts[(int) values[row * columns + BoxSet.Column.LABEL.ordinal()]]++;
      }
    }
  }
}
