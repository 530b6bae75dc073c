package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.answer.Embedding;
import dev.graft.answer.Example;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** EfficientNet-Lite0, published with what its head reads. */
@Tag("slow")
class FeaturesVersionTest {

  private static final int SIDE = 224;
  private static final int ROWS = 5;
  private static final int UNITS = 1280;

  @TempDir private Path base;

  /** Photos as the network takes them, whoever scales them. */
  private static TensorValue photos() throws IOException {
    float[] pixels = new float[ROWS * SIDE * SIDE * 3];
    int at = 0;
    try (Stream<Path> all = Files.list(Checkout.path("testdata/photos/fish"))) {
      for (Path file : all.sorted().limit(ROWS).toList()) {
        BufferedImage scaled = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Image photo = ImageIO.read(file.toFile());
        scaled.createGraphics().drawImage(photo, 0, 0, SIDE, SIDE, null);
        for (int rgb : scaled.getRGB(0, 0, SIDE, SIDE, null, 0, SIDE)) {
          pixels[at++] = rgb >> 16 & 0xff;
          pixels[at++] = rgb >> 8 & 0xff;
          pixels[at++] = rgb & 0xff;
        }
      }
    }
    return TensorValue.of(Shape.of(ROWS, SIDE, SIDE, 3), pixels);
  }

  private static float[] row(TensorValue all, int row) {
    int size = SIDE * SIDE * 3;
    float[] one = new float[size];
    System.arraycopy(all.floats(), row * size, one, 0, size);
    return one;
  }

  @Test
  void itGivesWhatGraftFeaturesGives() throws IOException {
    Labels labels = Labels.of("one", "other");
    Model bare = Graft.load(Checkout.path("models/efficientnet-lite0"));
    Model headed = bare.with(Edits.replaceHead(HeadSpec.singleLabel(labels).seed(3)));
    TensorValue pixels = photos();
    Dataset data =
        Dataset.of(
            Map.of(headed.inputs().get(0).name(), pixels),
            TensorValue.of(Shape.of(ROWS), new int[ROWS]),
            labels);
    Dataset files = Dataset.imageFolder(Checkout.path("testdata/photos"));
    try (Graft graft = Graft.open()) {
      float[] wanted = graft.features(headed, data, TrainOptions.by(Recipe.headOnly())).floats();
      Publication terms = Publication.to(base).features(true).serverBatches(4);
      Version first = graft.publish(headed, terms.examples(files));
      assertThat(first.uncompared()).isEmpty();
      assertThat(first.batches()).contains(1, 3, 32);
      assertThat(first.warmUps()).as("five signatures, of 1 and of 4").isEqualTo(10);
      assertThat(first.remarks()).isEmpty();
      assertThat(first.path().resolve("MODEL_CARD.md")).content().contains("classify, features,");
      asked(graft, first.path(), pixels, wanted);
      Version second = graft.publish(bare, terms); // whose head nobody has named
      asked(graft, second.path(), pixels, wanted);
      assertThat(second.remarks())
          .anyMatch(
              remark ->
                  remark.startsWith("the model does not say what its head is: 'features' gives")
                      && remark.endsWith("gives, [?, 1280]"));
      assertThat(Graft.load(second.path()).heads()).hasSize(1);
      fromFiles(graft, second.path());
      Model cut = bare.with(Edits.cut("block15_project_bn"));
      assertThatThrownBy(() -> graft.publish(cut, terms))
          .isInstanceOfSatisfying(
              BadRequestException.class,
              e -> assertThat(e.remedies()).as("flags of finetune").isEmpty())
          .hasMessageStartingWith("no features can be given: ");
      Version third = graft.publish(bare, base);
      assertThat(third.remarks())
          .anyMatch(remark -> remark.contains("had the signatures [features, features_bytes]"));
      assertThat(graft.publish(bare, base).remarks())
          .as("said once")
          .noneMatch(remark -> remark.contains("had the signatures"));
      try (LiveModel usual = graft.serve(first)) {
        assertThat(usual.isClassifier()).isTrue();
      }
    }
  }

  /** A photo as it is, as with {@code graft predict --signature features_bytes}. */
  private static void fromFiles(Graft graft, Path version) throws IOException {
    ServeOptions options = ServeOptions.defaults().signature("features_bytes");
    try (LiveModel live = graft.serve(version, options);
        Stream<Path> all = Files.list(Checkout.path("testdata/photos/fish"))) {
      Path photo = all.sorted().findFirst().orElseThrow();
      Embedding answer = (Embedding) live.answer(Example.picture(Files.readAllBytes(photo)));
      assertThat(answer.values()).hasSize(UNITS);
    }
  }

  private static void asked(Graft graft, Path version, TensorValue pixels, float[] wanted) {
    ServeOptions options = ServeOptions.defaults().signature(Signature.FEATURES);
    try (LiveModel live = graft.serve(version, options)) {
      assertThat(live.isClassifier()).isFalse();
      String input = live.signature().inputs().keySet().iterator().next();
      for (int i = 0; i < ROWS; i++) {
        TensorValue one = TensorValue.of(Shape.of(SIDE, SIDE, 3), row(pixels, i));
        Embedding answer = (Embedding) live.answer(Example.of(Map.of(input, one)));
        List<Float> given = answer.values();
        assertThat(given).hasSize(UNITS);
        for (int j = 0; j < UNITS; j++) {
          float each = wanted[i * UNITS + j];
          assertThat(given.get(j)).isCloseTo(each, within(1e-5f * Math.max(1, Math.abs(each))));
        }
      }
    }
  }

  @Test
  void sizesOfAServersBatchesAreBounded() {
    Publication any = Publication.to(base);
    assertThat(any.serverBatches()).isEmpty();
    assertThat(any.serverBatches(64, 1).serverBatches().orElseThrow()).containsExactly(1, 64);
    for (int[] sizes : new int[][] {{0}, {-8}, {1025}, {8, 8}}) {
      assertThatThrownBy(() -> any.serverBatches(sizes))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("1 to 1024 rows, each size said once, given [" + sizes[0]);
    }
    assertThatThrownBy(() -> any.serverBatches(new int[0]))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no size");
  }
}
