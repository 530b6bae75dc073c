package dev.graft;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.answer.Prediction;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.metric.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is served gets as many photos right as training and scoring said, which have their norms
 * folded into convolutions and their constants computed once.
 */
@Tag("slow")
class ExportedAccuracyTest {

  private static final int AT_ONCE = 32;

  @Test
  void theBytesOfPhotosAreAnsweredAsWellAsWasReported(@TempDir Path out) throws IOException {
    Dataset photos = Dataset.imageFolder(Checkout.path("testdata/photos"));
    Parts parts = photos.split(Split.of(40, 30, 30).seed(3));
    Model model =
        Graft.load(Checkout.path("models/efficientnet-lite0"))
            .with(replaceHead(HeadSpec.singleLabel(photos.labels()).seed(3)));
    try (Graft graft = Graft.open()) {
      Run run = graft.train(model, parts, Recipe.headOnly().seed(3));
      Version version = graft.publish(run.model(), out);
      Evaluation test = graft.evaluate(Graft.load(version.path()), parts.test());
      try (LiveModel live = graft.serve(version)) {
        assertWithinOne(right(live, parts.validation()), run.validation());
        assertWithinOne(right(live, parts.test()), test);
      }
    }
  }

  private static void assertWithinOne(int right, Evaluation reported) {
    assertThat(reported.count()).isGreaterThan(30);
    assertThat((double) right)
        .isCloseTo(reported.accuracy() * reported.count(), within(1.0))
        .as("it learned something")
        .isGreaterThan(reported.count() / 2.0);
  }

  private static int right(LiveModel live, Dataset photos) throws IOException {
    int right = 0;
    for (int from = 0; from < photos.size(); from += AT_ONCE) {
      List<byte[]> files = new ArrayList<>();
      for (int i = from; i < Math.min(from + AT_ONCE, photos.size()); i++) {
        files.add(Files.readAllBytes(Path.of(photos.name(i))));
      }
      List<Prediction> answers = live.classify(files);
      for (int i = 0; i < files.size(); i++) {
        String label = photos.labels().names().get(photos.label(from + i));
        right += answers.get(i).label().equals(label) ? 1 : 0;
      }
    }
    return right;
  }
}
