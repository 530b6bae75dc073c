package dev.graft;

import static dev.graft.surgeon.edit.Edits.anySizeInput;
import static dev.graft.surgeon.edit.Edits.encodedInput;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Bytes;
import com.google.common.primitives.Floats;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadDataException;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class LiveModelTest {

  @TempDir private Path folder;

  /** The first pictures of the repository, divided among two labels; the last one cut short. */
  private Dataset picturesWithABrokenOne() throws IOException {
    Dataset all = Dataset.imageFolder(Checkout.path("testdata/photos"));
    for (int i = 0; i < 4; i++) {
      Path label = Files.createDirectories(folder.resolve(i % 2 == 0 ? "even" : "odd"));
      byte[] bytes = Files.readAllBytes(Path.of(all.name(i)));
      Files.write(label.resolve(i + ".jpg"), i == 3 ? Arrays.copyOf(bytes, 2000) : bytes);
    }
    return Dataset.imageFolder(folder);
  }

  /** A head may be kept that gives logits, and a backbone that has another output beside it. */
  @Test
  void scoresAreProbabilitiesOfTheHead(@TempDir Path out) throws IOException {
    Dataset pictures = picturesWithABrokenOne();
    Model linear =
        Graft.load(Checkout.path("testdata/surgery/efficientnet/model"))
            .with(replaceHead(HeadSpec.regression(2).seed(1)));
    Head head = linear.heads().get(0);
    Signature signature = linear.servingSignature();
    Map<String, TensorSpec> outputs = new LinkedHashMap<>(signature.outputs());
    outputs.put(
        "features",
        new TensorSpec(head.features(), DType.FLOAT32, Shape.of(Shape.UNKNOWN, Shape.UNKNOWN)));
    Model model =
        linear.toBuilder()
            .heads(
                List.of(
                    new Head(
                        head.name(),
                        Head.Kind.SINGLE_LABEL,
                        Optional.of(pictures.labels()),
                        head.features(),
                        head.logits(),
                        head.output(),
                        2)))
            .signatures(
                List.of(
                    Signature.predict(
                        signature.name(), signature.inputs(), ImmutableMap.copyOf(outputs))))
            .build();
    Path picture = Path.of(pictures.name(0));
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(model, out))) {
      Dataset one = pictures.subset(new int[] {0});
      float[] logits = floats(graft.predict(model, one).get(head.name()));
      double first = 1 / (1 + Math.exp(logits[1] - logits[0]));
      // not bit for bit: what is scored has its norms in its convolutions, what is served has not
      assertThat(Floats.toArray(live.numbers(picture))).containsExactly(logits, within(1e-5f));
      assertThat(live.classify(picture).scores().get("even"))
          .isCloseTo((float) first, within(1e-5f))
          .isNotCloseTo(logits[0], within(1e-3f));
    }
  }

  /**
   * A model that decodes or resizes pictures itself is trained, scored and served as others are.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatTheGraphDoesItselfIsLeftToIt(boolean encoded, @TempDir Path out) throws IOException {
    Model plain =
        Graft.load(Checkout.path("testdata/surgery/efficientnet/model")).with(freeze(Where.all()));
    Parts photos =
        Dataset.imageFolder(Checkout.path("testdata/photos")).split(Split.of(60, 20, 20).seed(1));
    HeadSpec head = HeadSpec.singleLabel(photos.labels());
    Model model = plain.with(encoded ? encodedInput() : anySizeInput(), replaceHead(head));
    Path picture = Path.of(photos.test().name(0));
    try (Graft graft = Graft.open()) {
      Run run = graft.train(model, photos, Recipe.headOnly().seed(1));
      Run usual = graft.train(plain.with(replaceHead(head)), photos, Recipe.headOnly().seed(1));
      assertThat(run.validation().loss()).isCloseTo(usual.validation().loss(), within(1e-4));
      Version version =
          graft.publish(run.model(), Publication.to(out).examples(photos.validation()));
      try (LiveModel live = graft.serve(version)) {
        assertThat(live.labels()).isEqualTo(photos.labels());
        float[] scores =
            floats(
                graft
                    .predict(run.model(), photos.test().subset(new int[] {0}))
                    .get(run.model().heads().get(0).name()));
        float[] served = Floats.toArray(live.numbers(picture));
        for (int i = 0; i < scores.length; i++) {
          assertThat(served[i]).isCloseTo(scores[i], within(1e-5f));
        }
      }
    }
  }

  /** A stranger's model that takes encoded pictures is asked as it is. */
  @Test
  void aForeignModelThatDecodesIsServed() throws IOException {
    Path model = Checkout.path("testdata/zoo/tfsave/image_bytes/model");
    Path picture = folder.resolve("black.png");
    Files.write(
        picture,
        Base64.getDecoder()
            .decode(
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"));
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(model)) {
      assertThat(live.isClassifier()).isFalse();
      assertThat(live.numbers(picture)).containsExactly(0f, 0f);
    }
  }

  private static float[] floats(@Nullable TensorValue value) {
    return Objects.requireNonNull(value).floats();
  }

  @Test
  void aPictureThatCannotBeDecodedIsNamed(@TempDir Path out) throws IOException {
    Dataset pictures = picturesWithABrokenOne();
    Model model =
        Graft.load(Checkout.path("testdata/surgery/efficientnet/model"))
            .with(replaceHead(HeadSpec.singleLabel(pictures.labels())));
    Path broken = Path.of(pictures.name(3));
    byte[] good = Files.readAllBytes(Path.of(pictures.name(0)));
    byte[] bad = Files.readAllBytes(broken);
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(model, out))) {
      assertThat(live.classify(List.of(good, good))).hasSize(2);
      assertThatThrownBy(() -> live.classify(List.of(good, bad)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("'picture 1' is no picture that can be decoded");
      assertThatThrownBy(() -> live.classify(broken))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining(broken.toString());
      byte[] large = Files.readAllBytes(Checkout.path("testdata/photos/animals/bison.jpg"));
      int frame = Bytes.indexOf(large, new byte[] {(byte) 0xFF, (byte) 0xC0, 0, 17, 8});
      ByteBuffer.wrap(large).putInt(frame + 5, 0xEA60_EA60);
      assertThatThrownBy(() -> live.classify(List.of(good, large)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("'picture 1' is a JPEG of 60,000 x 60,000 pixels", "more than");
      Recipe two = // at once: the first two, which are compared, are sound
          Recipe.headOnly().head(Recipe.headOnly().head().steps(FineTune.head().microBatch(2)));
      Publication terms =
          Publication.to(out.resolve("gated")).examples(pictures).require("accuracy", 0.01);
      assertThatThrownBy(() -> graft.publish(model, terms, TrainOptions.by(two)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining(broken.toString());
    }
  }
}
