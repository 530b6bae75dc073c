package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.internal.boxes.BoxFindings;
import dev.graft.model.Labels;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.LabelPrecision;
import dev.graft.trainer.boxes.PrecisionCurve;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a report says of boxes, without pictures. */
class BoxReportTest {

  /** Of so many labels, each with one box more than the one before. */
  private static String curves(int labels) {
    List<Double> points = Collections.nCopies(PrecisionCurve.POINTS, 0.5);
    List<PrecisionCurve> curves = List.of(new PrecisionCurve(0.5, points, points));
    List<LabelPrecision> all = new ArrayList<>();
    for (int i = 0; i < labels; i++) {
      all.add(new LabelPrecision("label" + i, i + 1, Map.of("ap50", 0.5), curves));
    }
    Labels names =
        Labels.of(IntStream.range(0, labels).mapToObj(i -> "label" + i).toArray(String[]::new));
    BoxEvaluation evaluation = new BoxEvaluation(1, Map.of("ap50", 0.5), all);
    String section =
        new BoxReport(new BoxFindings(names, List.of(), List.of(), evaluation), 0.5).section();
    String title = "<h2>Precision and recall</h2>";
    int begin = section.indexOf(title);
    return section.substring(begin, section.indexOf("<h2>", begin + title.length()));
  }

  @Test
  void ofManyLabelsTheCurvesAreThoseOfTheMostFrequent() {
    assertThat(curves(9))
        .contains("Of the 7 labels with most boxes, of 9.")
        .contains("label2", "label8")
        .doesNotContain("label0", "label1");
    assertThat(curves(7)).contains("label0", "label6").doesNotContain("with most boxes");
  }
}
