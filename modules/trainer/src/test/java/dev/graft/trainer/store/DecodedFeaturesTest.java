package dev.graft.trainer.store;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.inputSize;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.ImageFiles;
import dev.graft.data.Parts;
import dev.graft.model.InputSpec.Channels;
import dev.graft.model.InputSpec.Resize;
import dev.graft.model.Model;
import dev.graft.picture.View;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** How a picture is decoded, and in which view it is seen, is part of what its features are. */
class DecodedFeaturesTest {

  private static final View MIRRORED = new View(1, 0, 0, true, false, View.Light.PLAIN);
  private static final Dataset ALL = Dataset.imageFolder(Checkout.path("testdata/photos"));
  private static final Parts PHOTOS = new Parts(plain(0, 1, 2, 3, 4), plain(5, 6), plain(5, 6));
  private static final Model MODEL = told(SmallTraining.MODEL, 0, Channels.RGB, Resize.STRETCH);

  @TempDir private Path folder;

  private static Dataset plain(int... pictures) {
    List<Path> files = IntStream.of(pictures).mapToObj(i -> Path.of(ALL.name(i))).toList();
    return ImageFiles.dataset(files, answers(files.size()), List.of(), List.of());
  }

  private static Answers answers(int count) {
    return Answers.oneOf(SmallTraining.LABELS, new int[count]);
  }

  private static Model told(Model model, float low, Channels channels, Resize resize) {
    return model.with(describeInput(low, 255, channels, resize));
  }

  private FeaturePass pass(Model model, Parts parts) {
    return FeaturePass.of(folder, model, parts, SmallTraining.NOBODY);
  }

  static Stream<Arguments> decodings() {
    return Stream.of(
        Arguments.of("size", MODEL.with(inputSize(16, 16))),
        Arguments.of("crop", told(MODEL, 0, Channels.RGB, Resize.CROP)),
        Arguments.of("pad", told(MODEL, 0, Channels.RGB, Resize.PAD)),
        Arguments.of("range", told(MODEL, -255, Channels.RGB, Resize.STRETCH)),
        Arguments.of("channels", told(MODEL, 0, Channels.BGR, Resize.STRETCH)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("decodings")
  void anotherDecodingIsAnotherFeature(String what, Model other) {
    pass(MODEL, PHOTOS);
    assertThat(pass(other, PHOTOS).reused()).as(what).isZero();
    assertThat(pass(MODEL, PHOTOS).reused()).isEqualTo(7);
  }

  /** The same in the same view is found, wherever it stands. */
  @Test
  void eachViewOfAPictureIsARowOfItsOwn() {
    View near = new View(1.5, -0.2, -0.1, false, false, View.Light.PLAIN);
    View bright = new View(1, 0, 0, false, false, new View.Light(1, 20, 1, 1, 1));
    FeaturePass first = pass(MODEL, views(0, View.PLAIN, MIRRORED, near));
    assertThat(first.reused()).isZero();
    String name = first.features().train().inputNames().iterator().next();
    TensorValue rows = first.features().train().all().named().get(name);
    float[] all = rows.floats();
    int size = all.length / 3;
    for (int i = 1; i < 3; i++) {
      assertThat(Arrays.copyOfRange(all, i * size, (i + 1) * size))
          .isNotEqualTo(Arrays.copyOfRange(all, 0, size));
    }
    assertThat(pass(MODEL, views(0, near, bright, View.PLAIN)).reused()).isEqualTo(2 + 2);
    assertThat(pass(MODEL, views(1, near, bright, View.PLAIN)).reused())
        .as("another picture in these views")
        .isEqualTo(2);
  }

  /** Whoever says how long it takes has to know before the first picture is read. */
  @Test
  void ofHowManyPicturesSomethingIsKeptIsForetold() {
    assertThat(pass(MODEL, PHOTOS).foretold()).isZero();
    assertThat(pass(MODEL, PHOTOS).foretold()).isEqualTo(7);
    Parts more = new Parts(plain(0, 1, 2, 8), plain(5, 9), plain(5, 9));
    FeaturePass some = pass(MODEL, more);
    assertThat(some.foretold()).isEqualTo(4);
    assertThat(some.reused()).isEqualTo(4);
    assertThat(pass(told(MODEL, 0, Channels.RGB, Resize.CROP), PHOTOS).foretold()).isZero();
  }

  /** Before all work it is found out whether test pictures can be decoded, but of each once. */
  @Test
  void aTestPictureOfWhichSomethingIsKeptIsNotDecodedOnlyToSeeWhetherItCanBe() {
    assertThat(tried(PHOTOS)).isEqualTo(2);
    assertThat(tried(PHOTOS)).isZero();
    assertThat(tried(new Parts(PHOTOS.train(), PHOTOS.validation(), plain(6, 7)))).isEqualTo(1);
  }

  /** How many test pictures are decoded for that. */
  private long tried(Parts parts) {
    AtomicLong most = new AtomicLong();
    TrainingListener heard =
        TrainingListener.to(
            Progress.class,
            progress -> {
              if (progress.unit().equals("test pictures")) {
                most.set(progress.total());
              }
            });
    FeaturePass.of(folder, MODEL, parts, Watch.of(heard, () -> {}));
    return most.get();
  }

  /** One picture to learn from, in several views, and another one to decide by. */
  private static Parts views(int picture, View... views) {
    Dataset other = seen(5, View.PLAIN, MIRRORED);
    return new Parts(seen(picture, views), other, other);
  }

  private static Dataset seen(int picture, View... views) {
    List<Path> files = Collections.nCopies(views.length, Path.of(ALL.name(picture)));
    return ImageFiles.dataset(files, List.of(views), answers(views.length));
  }
}
