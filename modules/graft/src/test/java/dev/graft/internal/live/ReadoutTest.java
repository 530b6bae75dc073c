package dev.graft.internal.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.answer.Answer;
import dev.graft.answer.Boxes;
import dev.graft.error.BadModelException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Signature;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReadoutTest {

  private static final float NAN = Float.NaN;
  private static final int MOST = 3;

  /** What is read of one answer with two boxes on each of two pictures, one number of it other. */
  private static List<Answer> boxes(int corner, float place, int rank, float score)
      throws IOException {
    float[] corners = new float[2 * MOST * 4];
    float[] scores = {.9f, .8f, 0, .9f, .8f, 0};
    corners[MOST * 4 + corner] = place;
    scores[MOST + rank] = score;
    Map<String, TensorValue> outputs =
        Map.of(
            "detection_boxes", TensorValue.of(Shape.of(2, MOST, 4), corners),
            "detection_scores", TensorValue.of(Shape.of(2, MOST), scores),
            "detection_classes", TensorValue.of(Shape.of(2, MOST), new float[2 * MOST]),
            "num_detections", TensorValue.of(Shape.of(2), new int[] {2, 2}));
    ServedFacts.Meaning meaning =
        new ServedFacts.Meaning(
            Head.Kind.BOXES,
            ServedFacts.Form.PROBABILITIES,
            Optional.of(Labels.of("cell")),
            Optional.empty());
    ServedFacts facts = new ServedFacts(ImmutableMap.of("boxes", meaning), ImmutableSet.of());
    Signature signature = Signature.predict("s", ImmutableMap.of(), ImmutableMap.of());
    ServedSignature way =
        new ServedSignature(signature, Optional.of("x"), List.of("detection_boxes"), true, 0);
    byte[] picture =
        Files.readAllBytes(Checkout.path("testdata/bccd/JPEGImages/BloodImage_00000.jpg"));
    return new Readout(way, facts).boxes(outputs, List.of(picture, picture), i -> "picture " + i);
  }

  /** A graph counts no box whose score is none, so that is behind the last. */
  @Test
  void boxesThatAreNoNumbersAreNoAnswer() throws IOException {
    assertThat(boxes(0, 0, 0, .9f))
        .hasSize(2)
        .allSatisfy(each -> assertThat(((Boxes) each).found()).hasSize(2));
    assertThat(boxes(4 * 2, NAN, 0, .9f)).as("behind the last").hasSize(2);
    for (int rank = 0; rank < MOST; rank++) {
      int at = rank;
      assertThatThrownBy(() -> boxes(0, 0, at, NAN))
          .isInstanceOf(BadModelException.class)
          .hasMessageContainingAll("'picture 1'", "NaN");
    }
    for (int corner = 0; corner < 2 * 4; corner++) {
      int at = corner;
      assertThatThrownBy(() -> boxes(at, NAN, 0, .9f))
          .isInstanceOf(BadModelException.class)
          .hasMessageContainingAll("boxes for 'picture 1'", "NaN");
    }
  }
}
