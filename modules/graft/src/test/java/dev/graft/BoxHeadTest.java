package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.boxes.Box;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.internal.boxes.BoxInput;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.BoxMap;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Where a head for boxes is put, and what it makes of its raw answer. */
class BoxHeadTest {

  private static final int ROWS = 8;
  private static final int COLUMNS = 12;
  private static final int NUMBERS = 2 + 4;

  private static final Model BACKBONE =
      Graft.load(Checkout.path("models/efficientnet-lite0"), Trust.ALLOW);

  private static Model headed(BoxForm form) {
    return BACKBONE.with(Edits.replaceHead(HeadSpec.boxes(Labels.of("cat", "dog")).boxes(form)));
  }

  private static BoxForm small() {
    return BoxForm.standard().size(8 * ROWS, 8 * COLUMNS);
  }

  /** A raw answer in which no cell is sure of anything. */
  private static float[] nothing() {
    float[] raw = new float[ROWS * COLUMNS * NUMBERS];
    Arrays.fill(raw, -20);
    return raw;
  }

  private static void put(float[] raw, int row, int column, int label, float... logitAndReach) {
    int at = (row * COLUMNS + column) * NUMBERS;
    raw[at + label] = logitAndReach[0];
    for (int side = 0; side < 4; side++) {
      raw[at + 2 + side] = (float) Math.log(logitAndReach[1 + side]);
    }
  }

  private static List<Detection> answers(float[] raw) {
    Model model = headed(small());
    Head head = model.heads().get(0);
    List<String> names = new ArrayList<>(model.servingSignature().outputs().keySet());
    List<TensorRef> fetches =
        names.stream()
            .map(model.servingSignature().outputs()::get)
            .map(TensorSpec::tensor)
            .toList();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model)) {
      TensorValue fed = TensorValue.of(Shape.of(1, ROWS, COLUMNS, NUMBERS), raw);
      List<TensorValue> values =
          session.graph().run(Map.of(head.logits(), fed), fetches, List.of());
      Map<String, TensorValue> outputs = new HashMap<>();
      for (int i = 0; i < names.size(); i++) {
        outputs.put(names.get(i), values.get(i));
      }
      return Detections.of(outputs).on(0, 8 * COLUMNS, 8 * ROWS);
    }
  }

  /** They are found by themselves, can be named again, and are told where some are missing. */
  @Test
  void whichMapsItReadsIsKnown() {
    Model found = headed(small());
    List<BoxMap> maps = BoxMap.of(found);
    assertThat(maps).extracting(BoxMap::stride).containsExactly(8, 16, 32);
    assertThat(maps).extracting(BoxMap::channels).containsExactly(40, 112, 320);
    List<String> names = maps.stream().map(map -> map.name(found)).toList();
    assertThat(names).containsExactly("block4_add", "block10_add", "block15_project_bn");
    assertThat(BoxMap.of(headed(small().maps(names)))).isEqualTo(maps);
    assertThat(BoxMap.of(headed(small().maps(names.subList(0, 1))))).isEqualTo(maps.subList(0, 1));
    assertThat(BoxMap.of(BACKBONE)).isEmpty();
    assertThat(BoxInput.maps(BACKBONE)).isEmpty();
    assertThat(BoxInput.maps(headed(small().maps(names.subList(0, 2)))))
        .contains(
            "the maps are block4_add (a cell for 8 pixels, 40 channels), block10_add (a cell for 16"
                + " pixels, 112 channels); none is read with a cell for 32 pixels");
  }

  @Test
  void aBoxReachesFromTheMiddleOfItsCell() {
    float[] raw = nothing();
    put(raw, 3, 5, 1, 2f, 1f, 2f, 3f, 0.5f);
    List<Detection> found = answers(raw);
    assertThat(found).hasSize(1);
    Box box = found.get(0).box();
    assertThat(box.label()).isEqualTo(1);
    assertThat(found.get(0).score()).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-5));
    assertThat(box.left()).isCloseTo(8 * 4.5, within(1e-3));
    assertThat(box.top()).isCloseTo(8 * 1.5, within(1e-3));
    assertThat(box.right()).isCloseTo(8 * 8.5, within(1e-3));
    assertThat(box.bottom()).isCloseTo(8 * 4.0, within(1e-3));
  }

  @Test
  void whatIsBesideAPeakOrOverItOrBeyondTheEdgeIsNoFurtherBox() {
    float[] raw = nothing();
    put(raw, 3, 5, 0, 2f, 2f, 2f, 2f, 2f);
    put(raw, 3, 6, 0, 1f, 2f, 2f, 2f, 2f); // no peak
    put(raw, 3, 7, 0, 1.5f, 4f, 2f, 0.2f, 2f); // a peak, and nearly the same box
    put(raw, 4, 5, 1, 1f, 2f, 2f, 2f, 2f); // another label may have it
    put(raw, 0, 0, 1, 3f, 4f, 4f, 1f, 1f); // cut off at the edge
    List<Detection> found = answers(raw);
    assertThat(found.stream().map(each -> each.box().label())).containsExactly(1, 0, 1);
    assertThat(found.get(0).box().left()).isZero();
    assertThat(found.get(0).box().top()).isZero();
  }

  @Test
  void theSurestOfThoseThatOverlapStaysWhateverTheyAre() {
    for (int seed = 0; seed < 5; seed++) {
      Random random = new Random(seed);
      float[] raw = new float[ROWS * COLUMNS * NUMBERS];
      for (int i = 0; i < raw.length; i++) {
        boolean score = i % NUMBERS < 2;
        raw[i] = score ? 3 * (float) random.nextGaussian() : 0.5f + random.nextFloat();
      }
      List<Detection> found = answers(raw);
      List<Detection> wanted = oneByOne(raw);
      assertThat(wanted.size()).isGreaterThan(5);
      assertThat(found).hasSameSizeAs(wanted);
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i).score()).isCloseTo(wanted.get(i).score(), within(1e-5));
        assertThat(found.get(i).box().label()).isEqualTo(wanted.get(i).box().label());
        assertThat(found.get(i).box().left()).isCloseTo(wanted.get(i).box().left(), within(1e-3));
        assertThat(found.get(i).box().bottom())
            .isCloseTo(wanted.get(i).box().bottom(), within(1e-3));
      }
    }
  }

  /** The same as the graph shall do, box by box. */
  private static List<Detection> oneByOne(float[] raw) {
    List<double[]> peaks = new ArrayList<>(); // score, label, left, top, right, bottom in cells
    for (int label = 0; label < 2; label++) {
      for (int row = 0; row < ROWS; row++) {
        for (int column = 0; column < COLUMNS; column++) {
          double score = 1 / (1 + Math.exp(-raw[(row * COLUMNS + column) * NUMBERS + label]));
          if (score > 0.005 && isPeak(raw, row, column, label)) {
            int at = (row * COLUMNS + column) * NUMBERS + 2;
            double y = row + 0.5;
            double x = column + 0.5;
            peaks.add(
                new double[] {
                  score,
                  label,
                  x - Math.exp(raw[at]),
                  y - Math.exp(raw[at + 1]),
                  x + Math.exp(raw[at + 2]),
                  y + Math.exp(raw[at + 3])
                });
          }
        }
      }
    }
    peaks.sort(Comparator.comparingDouble(peak -> -peak[0]));
    List<double[]> kept = new ArrayList<>();
    for (double[] peak : peaks) {
      if (kept.stream().noneMatch(other -> other[1] == peak[1] && overlap(other, peak) > 0.6)) {
        kept.add(peak);
      }
    }
    return kept.stream().map(BoxHeadTest::detection).toList();
  }

  private static Detection detection(double[] peak) {
    double left = 8 * Math.max(0, peak[2]);
    double top = 8 * Math.max(0, peak[3]);
    double width = 8 * Math.min(COLUMNS, peak[4]) - left;
    double height = 8 * Math.min(ROWS, peak[5]) - top;
    return new Detection(new Box((int) peak[1], left, top, width, height, false), peak[0]);
  }

  private static boolean isPeak(float[] raw, int row, int column, int label) {
    float own = raw[(row * COLUMNS + column) * NUMBERS + label];
    for (int y = Math.max(0, row - 1); y <= Math.min(ROWS - 1, row + 1); y++) {
      for (int x = Math.max(0, column - 1); x <= Math.min(COLUMNS - 1, column + 1); x++) {
        if (raw[(y * COLUMNS + x) * NUMBERS + label] > own) {
          return false;
        }
      }
    }
    return true;
  }

  private static double overlap(double[] a, double[] b) {
    double width = Math.min(a[4], b[4]) - Math.max(a[2], b[2]);
    double height = Math.min(a[5], b[5]) - Math.max(a[3], b[3]);
    double shared = Math.max(0, width) * Math.max(0, height);
    return shared / (area(a) + area(b) - shared);
  }

  private static double area(double[] box) {
    return (box[4] - box[2]) * (box[5] - box[3]);
  }

  @Test
  void mapsAreFoundAtEachSizeOfCells() {
    Model model = headed(small());
    assertThat(model.layers().stream().map(layer -> layer.name()))
        .contains("boxes_lateral_8_conv", "boxes_lateral_16_conv", "boxes_lateral_32_conv");
    assertThat(model.heads().get(0).features().node()).contains("block15_project_bn");
    assertThat(model.servingSignature().outputs().keySet())
        .containsExactly(
            "detection_boxes", "detection_scores", "detection_classes", "num_detections");
    assertThat(model.variables().stream().map(variable -> variable.name()))
        .noneMatch(name -> name.contains("top_conv")); // what comes after the maps is gone
  }

  @Test
  void mapsMayBeNamed() {
    Model model = headed(small().maps(List.of("block4_add", "block10_add")));
    assertThat(model.heads().get(0).features().node()).contains("block10_add");
    assertThatThrownBy(() -> headed(small().maps(List.of("block4_add", "block3_project_bn"))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("both have a cell for 8 pixels");
    assertThatThrownBy(() -> headed(small().maps(List.of("block10_add"))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("a cell for 8 pixels");
    assertThatThrownBy(() -> headed(small().maps(List.of("avg_pool"))))
        .isInstanceOf(BadRequestException.class);
  }
}
