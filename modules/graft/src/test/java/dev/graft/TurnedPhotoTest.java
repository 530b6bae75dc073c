package dev.graft;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Dataset;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a camera was held is no matter: one photo in all EXIF orientations gets the same scores. */
@Tag("slow")
class TurnedPhotoTest {

  private static final int ORIENTATIONS = 8;

  @TempDir private Path folder;

  private static Path photo(int orientation) {
    return Checkout.path("testdata/turned/" + orientation + ".jpg");
  }

  private Dataset photos() throws IOException {
    for (int i = 1; i <= ORIENTATIONS; i++) {
      Path label = Files.createDirectories(folder.resolve(i <= 4 ? "upright" : "on its side"));
      Files.copy(photo(i), label.resolve(i + ".jpg"));
    }
    return Dataset.imageFolder(folder);
  }

  private static void assertAlike(TensorValue rows) {
    double[] all = rows.asDoubles();
    int width = all.length / ORIENTATIONS;
    for (int i = 0; i < all.length; i++) {
      assertThat(all[i]).as("row %d", i / width).isCloseTo(all[i % width], within(1e-5));
    }
  }

  @Test
  void everyRouteTurnsIt(@TempDir Path out) throws IOException {
    Dataset photos = photos();
    Model model =
        Graft.load(Checkout.path("testdata/surgery/efficientnet/model"))
            .with(replaceHead(HeadSpec.singleLabel(photos.labels()).seed(1)));
    try (Graft graft = Graft.open()) {
      TensorValue scores = graft.predict(model, photos).values().iterator().next();
      assertAlike(scores);
      assertAlike(graft.features(model, photos, TrainOptions.by(Recipe.headOnly())));
      double score = graft.evaluate(model, photos).accuracy();
      assertThat(score).as("half of them has either label").isEqualTo(0.5);
      try (LiveModel live = graft.serve(graft.publish(model, out))) {
        Map<String, Float> first = live.classify(photo(1)).scores();
        for (int i = 2; i <= ORIENTATIONS; i++) {
          Map<String, Float> byFile = live.classify(photo(i)).scores();
          Map<String, Float> byBytes = live.classify(Files.readAllBytes(photo(i))).scores();
          first.forEach(
              (label, value) -> {
                assertThat(byFile.get(label)).isCloseTo(value, within(1e-5f));
                assertThat(byBytes.get(label)).isCloseTo(value, within(1e-5f));
              });
        }
      }
    }
  }
}
