package dev.graft.trainer.boxes;

import dev.graft.data.boxes.Box;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Scores boxes picture by picture. What is kept of a picture are a few numbers for each of its
 * answers.
 */
@Internal
public final class BoxScoring {

  private static final int AT_50 = 0;
  private static final int AT_75 = 5;
  private static final int[] FEW = {1, 10};

  private final Labels labels;
  private final Map<Integer, Map<AreaRange, List<BoxMatching>>> byLabel = new LinkedHashMap<>();
  private int count;

  /** Nothing scored yet. */
  public BoxScoring(Labels labels) {
    this.labels = labels;
  }

  /**
   * Adds a picture. Their order decides between answers that are equally sure.
   *
   * @throws BadRequestException if a box has a label that there is not, or a corner or a score that
   *     is no number
   */
  public void add(List<Box> truth, List<Detection> answers) {
    truth.forEach(this::check);
    for (Detection answer : answers) {
      check(answer.box());
      if (Double.isNaN(answer.score())) {
        throw new BadRequestException("a box without a score cannot be ranked: " + answer + ".");
      }
    }
    TreeSet<Integer> all = new TreeSet<>();
    truth.forEach(box -> all.add(box.label()));
    answers.forEach(answer -> all.add(answer.box().label()));
    for (int label : all) {
      List<Box> wanted = truth.stream().filter(box -> box.label() == label).toList();
      List<Detection> given =
          BoxMatching.sorted(answers.stream().filter(each -> each.box().label() == label).toList());
      Map<AreaRange, List<BoxMatching>> ranges =
          byLabel.computeIfAbsent(label, k -> new EnumMap<>(AreaRange.class));
      for (AreaRange range : AreaRange.values()) {
        ranges
            .computeIfAbsent(range, k -> new ArrayList<>())
            .add(BoxMatching.of(wanted, given, range));
      }
    }
    count++;
  }

  private void check(Box box) {
    if (box.label() < 0 || box.label() >= labels.size()) {
      throw new BadRequestException(
          box + " has another label than 0 to " + (labels.size() - 1) + ".");
    }
    if (Double.isNaN(box.left() + box.top() + box.width() + box.height())) {
      throw new BadRequestException("a box that is nowhere overlaps nothing: " + box + ".");
    }
  }

  /** The figures for all pictures up to now. */
  public BoxEvaluation evaluation() {
    List<LabelPrecision> all = new ArrayList<>();
    for (int label = 0; label < labels.size(); label++) {
      all.add(precision(label));
    }
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (String name : all.get(0).metrics().keySet()) {
      metrics.put(
          name,
          all.stream()
              .mapToDouble(each -> each.metrics().getOrDefault(name, BoxEvaluation.NOTHING))
              .filter(value -> value != BoxEvaluation.NOTHING)
              .average()
              .orElse(BoxEvaluation.NOTHING));
    }
    return new BoxEvaluation(count, metrics, all);
  }

  private LabelPrecision precision(int label) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    Ranking all = ranking(label, AreaRange.ALL, BoxMatching.MOST_ANSWERS);
    List<PrecisionCurve> curves = all.curves();
    metrics.put("ap", mean(curves));
    metrics.put("ap50", mean(curves.isEmpty() ? curves : curves.subList(AT_50, AT_50 + 1)));
    metrics.put("ap75", mean(curves.isEmpty() ? curves : curves.subList(AT_75, AT_75 + 1)));
    for (int most : FEW) {
      metrics.put("recall-" + most, recall(ranking(label, AreaRange.ALL, most)));
    }
    metrics.put("recall-" + BoxMatching.MOST_ANSWERS, recall(all));
    for (AreaRange range : AreaRange.values()) {
      if (range != AreaRange.ALL) {
        Ranking some = ranking(label, range, BoxMatching.MOST_ANSWERS);
        metrics.put("ap" + range.suffix(), mean(some.curves()));
        metrics.put("recall" + range.suffix(), recall(some));
      }
    }
    return new LabelPrecision(labels.names().get(label), all.wanted(), metrics, curves);
  }

  private Ranking ranking(int label, AreaRange range, int most) {
    return Ranking.of(byLabel.getOrDefault(label, Map.of()).getOrDefault(range, List.of()), most);
  }

  private static double mean(List<PrecisionCurve> curves) {
    return curves.stream()
        .mapToDouble(PrecisionCurve::mean)
        .average()
        .orElse(BoxEvaluation.NOTHING);
  }

  private static double recall(Ranking ranking) {
    return ranking.wanted() == 0 ? BoxEvaluation.NOTHING : ranking.recall();
  }
}
