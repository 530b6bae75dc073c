package dev.graft.internal.gate;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.BoxScoring;
import dev.graft.trainer.boxes.LabelPrecision;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.metric.Metric;
import dev.graft.trainer.metric.Metrics;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * All that was measured of a model, by name: its metrics, and those of each label behind a dot, as
 * {@code recall.daisy}.
 *
 * @param deciding the name of the one that it comes down to
 * @param values by name
 * @param smallerIsBetter the names of those of which less is better, beside latency and size
 */
public record Figures(String deciding, Map<String, Double> values, Set<String> smallerIsBetter) {

  /** Of one answer, in milliseconds. */
  public static final String LATENCY = "latency";

  /** Of all files of a version, in megabytes. */
  public static final String SIZE = "size";

  private static final int SHOWN = 40; // names in a message

  private static final String LOSS = "loss";
  private static final String ACCURACY = "accuracy";

  /** Scores a version. */
  @FunctionalInterface
  public interface Scorer {
    /** What the version in this folder comes to on the examples. */
    Figures of(Path version);
  }

  public Figures {
    values = ImmutableMap.copyOf(values);
    smallerIsBetter = ImmutableSet.copyOf(smallerIsBetter);
  }

  /** Those of a score. One whose loss is no number has no figures: its answers are none either. */
  public static Figures of(Evaluation score) {
    Map<String, Double> all = new LinkedHashMap<>();
    all.put(LOSS, score.loss());
    all.putAll(score.metrics());
    Set<String> less = // of labels more is better, and one may be called "profit/loss"
        all.keySet().stream().filter(score::isSmallerBetter).collect(Collectors.toSet());
    score
        .perLabel()
        .forEach(
            (head, labels) -> {
              String prefix = score.perLabel().size() == 1 ? "" : head + "/";
              for (LabelScore each : labels) {
                each.metrics()
                    .forEach((name, value) -> all.put(prefix + name + "." + each.label(), value));
              }
            });
    if (Double.isNaN(score.loss())) {
      all.replaceAll((name, value) -> Double.NaN);
    }
    return new Figures(deciding(score.metrics()), all, less);
  }

  /** Of one head accuracy, or its first metric; of several what they come to together. */
  private static String deciding(Map<String, Double> metrics) {
    return metrics.keySet().stream()
        .filter(name -> metrics.containsKey(ACCURACY) ? name.equals(ACCURACY) : !name.contains("/"))
        .findFirst()
        .orElse(LOSS);
  }

  /** Those of boxes. What there is nothing to be found for is no number. */
  public static Figures of(BoxEvaluation score) {
    Map<String, Double> all = new LinkedHashMap<>(score.metrics());
    for (LabelPrecision label : score.labels()) {
      label.metrics().forEach((name, value) -> all.put(name + "." + label.label(), value));
    }
    all.replaceAll((name, value) -> value == BoxEvaluation.NOTHING ? Double.NaN : value);
    return new Figures("ap50", all, Set.of());
  }

  /** The only one. */
  public static Figures of(String name, double value) {
    return new Figures(name, Map.of(name, value), Set.of());
  }

  /** These with another that they come down to, if there is one of this name. */
  public Figures deciding(String name) {
    return values.containsKey(name) ? new Figures(name, values, smallerIsBetter) : this;
  }

  /** {@code examples} with labels in the order in which the model's only head counts them. */
  public static Dataset inOrderOf(Model model, Dataset examples) {
    Optional<Labels> labels =
        model.heads().size() == 1 ? model.heads().get(0).labels() : Optional.empty();
    return examples.hasLabels() ? labels.map(examples::inOrderOf).orElse(examples) : examples;
  }

  /** The names of those that there will be of a model with these heads. */
  public static Set<String> names(List<Head> heads) {
    Set<String> names = new LinkedHashSet<>();
    for (Head head : heads) {
      String prefix = heads.size() == 1 ? "" : head.name() + "/";
      if (head.kind() != Head.Kind.BOXES) { // a score of boxes has no loss
        names.add(prefix + LOSS);
      }
      Metrics.of(head).stream().map(Metric::name).forEach(name -> names.add(prefix + name));
    }
    names.add(LATENCY);
    names.add(SIZE);
    for (Head head : heads) {
      String prefix = heads.size() == 1 ? "" : head.name() + "/";
      head.labels().ifPresent(labels -> names.addAll(ofLabels(prefix, head, labels)));
    }
    return names;
  }

  private static Set<String> ofLabels(String prefix, Head head, Labels labels) {
    Set<String> names = new LinkedHashSet<>();
    if (head.kind() == Head.Kind.BOXES) {
      Set<String> metrics = new BoxScoring(labels).evaluation().metrics().keySet();
      names.addAll(metrics);
      labels.names().forEach(label -> metrics.forEach(each -> names.add(each + "." + label)));
    } else if (Metrics.isOfLabels(head)) {
      for (String label : labels.names()) {
        Metrics.ofEachLabel().forEach(each -> names.add(prefix + each + "." + label));
      }
    }
    return names;
  }

  /** What to throw where there is no figure of this name. */
  public static BadRequestException unknown(String metric, Set<String> names) {
    return new BadRequestException(
        "there is no metric '"
            + metric
            + "' to ask for; of this model there are "
            + names.stream().limit(SHOWN).collect(Collectors.joining(", "))
            + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more of labels" : "")
            + ".");
  }

  /** Whether less of it is better. */
  boolean isSmallerBetter(String name) {
    return name.equals(LATENCY) || name.equals(SIZE) || smallerIsBetter.contains(name);
  }

  /** These with one more. */
  Figures with(String name, double value) {
    Map<String, Double> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new Figures(deciding, more, smallerIsBetter);
  }

  /**
   * The one of this name.
   *
   * @throws BadRequestException if there is none
   */
  double value(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw unknown(name, values.keySet());
    }
    return value;
  }
}
