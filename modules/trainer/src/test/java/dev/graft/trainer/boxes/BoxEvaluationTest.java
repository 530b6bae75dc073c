package dev.graft.trainer.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BoxEvaluationTest {

  private static final Random RANDOM = new Random(5);

  /** By trying each score at each label, point by point. */
  private static double tried(BoxEvaluation evaluation) {
    double best = 0;
    double most = 0;
    for (LabelPrecision label : evaluation.labels()) {
      for (PrecisionCurve curve : label.curves()) {
        for (double score : curve.scores()) {
          double f1 = evaluation.labels().stream().mapToDouble(each -> f1(each, score)).sum();
          if (score > 0 && f1 > most) {
            most = f1;
            best = score;
          }
        }
      }
    }
    return best;
  }

  private static double f1(LabelPrecision label, double score) {
    double last = 0;
    for (PrecisionCurve curve : label.curves()) {
      for (int i = 0; i < PrecisionCurve.POINTS; i++) {
        if (curve.scores().get(i) >= score) {
          double recall = PrecisionCurve.recall(i);
          double precision = curve.precision().get(i);
          last = 2 * precision * recall / Math.max(1e-9, precision + recall);
        }
      }
    }
    return last;
  }

  /** One curve, of scores of which many are equal and the last 0. */
  private static List<PrecisionCurve> curves(boolean falls) {
    List<Double> scores = new ArrayList<>();
    List<Double> precision = new ArrayList<>();
    int found = RANDOM.nextInt(PrecisionCurve.POINTS + 1);
    int different = 1 + RANDOM.nextInt(200);
    for (int i = 0; i < PrecisionCurve.POINTS; i++) {
      scores.add(i < found ? (double) RANDOM.nextInt(different) / different : 0);
      precision.add(i < found ? RANDOM.nextDouble() : 0);
    }
    if (falls) {
      scores.sort(Comparator.reverseOrder());
    }
    return List.of(new PrecisionCurve(0.5, precision, scores));
  }

  @Test
  void theThresholdIsWhereF1IsHighest() {
    int found = 0;
    for (int i = 0; i < 300; i++) {
      List<LabelPrecision> labels = new ArrayList<>();
      int count = 1 + RANDOM.nextInt(5);
      for (int j = 0; j < count; j++) {
        List<PrecisionCurve> curves = RANDOM.nextInt(5) == 0 ? List.of() : curves(i % 2 == 0);
        labels.add(new LabelPrecision("label " + j, 9, Map.of(), curves));
      }
      BoxEvaluation evaluation = new BoxEvaluation(9, Map.of(), labels);
      assertThat(evaluation.threshold()).isEqualTo(tried(evaluation));
      found += evaluation.threshold() > 0 ? 1 : 0;
    }
    assertThat(found).isGreaterThan(200);
  }
}
