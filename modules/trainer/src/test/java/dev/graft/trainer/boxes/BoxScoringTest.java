package dev.graft.trainer.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.data.annotation.Annotations;
import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The figures are those of pycocotools: see tools/boxes/average_precision.py. */
class BoxScoringTest {

  private static final Path BOXES = Path.of("../../testdata/boxes");

  private static JsonNode golden(String file) throws IOException {
    try (InputStream in = new GZIPInputStream(Files.newInputStream(BOXES.resolve(file)))) {
      return new ObjectMapper().readTree(in);
    }
  }

  /** With areas of outlines, which are smaller than those of the boxes, or said to be larger. */
  @Test
  void areasOfOutlinesCountAsInPycocotools() throws IOException {
    JsonNode cases = golden("outlines.json.gz");
    assertThat(cases).hasSize(100);
    int other = 0;
    for (int i = 0; i < cases.size(); i++) {
      JsonNode each = cases.get(i);
      BoxScoring scoring = new BoxScoring(labels(each.get("labels").size()));
      BoxScoring bare = new BoxScoring(labels(each.get("labels").size()));
      for (JsonNode picture : each.get("pictures")) {
        List<Box> truth = new ArrayList<>();
        picture.get(0).forEach(row -> truth.add(box(row, row.get(5).asInt() == 1)));
        bare.add(truth, answers(picture.get(1)));
        List<Box> outlined = new ArrayList<>();
        for (int j = 0; j < truth.size(); j++) {
          Box box = truth.get(j);
          double area = picture.get(0).get(j).get(6).asDouble();
          outlined.add(
              new Box(
                  box.label(),
                  box.left(),
                  box.top(),
                  box.width(),
                  box.height(),
                  box.crowd(),
                  area));
        }
        scoring.add(outlined, answers(picture.get(1)));
      }
      assertEqual(scoring.evaluation(), each, "case " + i);
      other += bare.evaluation().metrics().equals(scoring.evaluation().metrics()) ? 0 : 1;
    }
    assertThat(other).as("cases in which they make a difference").isGreaterThan(50);
  }

  @Test
  void aThousandCasesEqualPycocotools() throws IOException {
    JsonNode cases = golden("cases.json.gz");
    assertThat(cases).hasSize(1000);
    int crowds = 0;
    int without = 0;
    for (int i = 0; i < cases.size(); i++) {
      JsonNode each = cases.get(i);
      BoxScoring scoring = new BoxScoring(labels(each.get("labels").size()));
      for (JsonNode picture : each.get("pictures")) {
        List<Box> truth = new ArrayList<>();
        picture.get(0).forEach(row -> truth.add(box(row, row.get(5).asInt() == 1)));
        scoring.add(truth, answers(picture.get(1)));
        crowds += truth.stream().anyMatch(Box::crowd) ? 1 : 0;
      }
      BoxEvaluation found = scoring.evaluation();
      assertEqual(found, each, "case " + i);
      without += found.labels().stream().anyMatch(label -> label.count() == 0) ? 1 : 0;
    }
    assertThat(crowds).as("pictures with crowds").isGreaterThan(300);
    assertThat(without).as("labels without truth").isGreaterThan(100);
  }

  private static Labels labels(int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add("label " + i);
    }
    return Labels.of(names);
  }

  private static Box box(JsonNode row, boolean crowd) {
    return new Box(
        row.get(0).asInt(),
        row.get(1).asDouble(),
        row.get(2).asDouble(),
        row.get(3).asDouble(),
        row.get(4).asDouble(),
        crowd);
  }

  private static List<Detection> answers(JsonNode rows) {
    List<Detection> answers = new ArrayList<>();
    rows.forEach(row -> answers.add(new Detection(box(row, false), row.get(5).asDouble())));
    return answers;
  }

  private static void assertEqual(BoxEvaluation found, JsonNode golden, String name) {
    JsonNode metrics = golden.get("metrics");
    assertThat(found.metrics()).as(name).hasSameSizeAs(metrics);
    metrics
        .properties()
        .forEach(
            each ->
                assertThat(found.metrics().get(each.getKey()))
                    .as("%s: %s", name, each.getKey())
                    .isCloseTo(each.getValue().asDouble(), within(1e-9)));
    for (int k = 0; k < found.labels().size(); k++) {
      LabelPrecision label = found.labels().get(k);
      JsonNode expected = golden.get("labels").get(k);
      assertClose(label.metrics().get("ap"), expected, "ap", name);
      assertClose(label.metrics().get("ap50"), expected, "ap50", name);
      assertClose(weighted(label.curves(), true), expected, "precision", name);
      assertClose(weighted(label.curves(), false), expected, "scores", name);
    }
  }

  private static void assertClose(double value, JsonNode expected, String what, String name) {
    assertThat(value)
        .as("%s: %s", name, what)
        .isCloseTo(expected.get(what).asDouble(), within(1e-9));
  }

  /** A sum in which each value of all curves counts differently. */
  private static double weighted(List<PrecisionCurve> curves, boolean isPrecision) {
    double sum = 0;
    double weights = 0;
    for (int t = 0; t < curves.size(); t++) {
      for (int i = 0; i < PrecisionCurve.POINTS; i++) {
        double weight = (t + 1) * (i + 1);
        PrecisionCurve curve = curves.get(t);
        sum += weight * (isPrecision ? curve.precision() : curve.scores()).get(i);
        weights += weight;
      }
    }
    return curves.isEmpty() ? BoxEvaluation.NOTHING : sum / weights;
  }

  @Test
  void cellsEqualPycocotools() throws IOException {
    BoxSet set = Annotations.read(Path.of("../../testdata/bccd"));
    JsonNode golden = golden("bccd.json.gz");
    BoxScoring scoring = new BoxScoring(set.labels());
    for (BoxedPicture picture : set.pictures()) {
      String stem = picture.file().getFileName().toString().replace(".jpg", "");
      scoring.add(picture.boxes(), answers(golden.get("answers").get(stem)));
    }
    BoxEvaluation found = scoring.evaluation();
    assertEqual(found, golden, "bccd");
    assertThat(found.count()).isEqualTo(100);
    assertThat(found.labels().stream().mapToInt(LabelPrecision::count).sum()).isEqualTo(1390);
    assertThat(found.metrics().get("ap50")).isBetween(.3, .95);
  }

  @Test
  void whatIsAnsweredExactlyIsFound() {
    BoxScoring scoring = new BoxScoring(Labels.of("a", "b"));
    Box box = new Box(0, 10, 10, 10, 10, false);
    scoring.add(List.of(box), List.of(new Detection(box, .3)));
    scoring.add(List.of(), List.of());
    BoxEvaluation found = scoring.evaluation();
    assertThat(found.metrics().get("ap")).isCloseTo(1, within(1e-9));
    assertThat(found.metrics()).containsEntry("ap-large", BoxEvaluation.NOTHING);
    assertThat(found.labels().get(1).metrics()).containsEntry("ap50", BoxEvaluation.NOTHING);
    assertThat(found.labels().get(0).curves().get(5).overlap()).isEqualTo(.75);
    assertThat(found.labels().get(0).curves().get(5).scores().get(100)).isEqualTo(.3);
  }

  @Test
  void mistakesAreWhatTookNothingAndWhatWasNotTaken() {
    Box found = new Box(0, 0, 0, 10, 10, false);
    Box small = new Box(0, 50, 50, 5, 5, false);
    Box large = new Box(1, 50, 50, 9, 9, false);
    Box crowd = new Box(1, 0, 0, 100, 40, true);
    Detection good = new Detection(found, .9);
    Detection again = new Detection(new Box(0, 1, 0, 10, 10, false), .8);
    Detection nothing = new Detection(new Box(0, 80, 80, 10, 10, false), .95);
    Detection inCrowd = new Detection(new Box(1, 20, 20, 10, 10, false), .7);
    Mistakes mistakes =
        Mistakes.of(List.of(found, small, large, crowd), List.of(again, good, nothing, inCrowd));
    assertThat(mistakes.wrong()).containsExactly(nothing, again);
    assertThat(mistakes.missed()).containsExactly(large, small);
  }

  @Test
  void whatCannotBeRankedIsRefused() {
    BoxScoring scoring = new BoxScoring(Labels.of("a"));
    Box box = new Box(1, 10, 10, 10, 10, false);
    assertThatThrownBy(() -> scoring.add(List.of(box), List.of()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("another label than 0 to 0");
    Box good = new Box(0, 10, 10, 10, 10, false);
    assertThatThrownBy(() -> scoring.add(List.of(), List.of(new Detection(good, Double.NaN))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("without a score");
    Box nowhere = new Box(0, 10, Double.NaN, 10, 10, false);
    assertThatThrownBy(() -> scoring.add(List.of(), List.of(new Detection(nowhere, .5))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("a box that is nowhere");
    assertThatThrownBy(() -> scoring.add(List.of(nowhere), List.of()))
        .isInstanceOf(BadRequestException.class);
  }
}
