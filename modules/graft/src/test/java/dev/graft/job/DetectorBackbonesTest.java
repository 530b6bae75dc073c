package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.answer.Boxes;
import dev.graft.data.Dataset;
import dev.graft.surgeon.BoxMap;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A head for boxes finds its maps in networks of several makes and both Keras versions, trains, is
 * published, goes on to the bit after it was stopped, and answers. {@code .ci/backbones} makes the
 * networks.
 */
@Tag("applications")
@EnabledIfSystemProperty(named = "graft.backbones", matches = ".+")
class DetectorBackbonesTest {

  private static final int PICTURES = 12;

  private static Graft graft;

  @TempDir private Path dir;
  private int steps;

  @BeforeAll
  static void open() {
    graft = Graft.open(Settings.defaults().threads(1, 1));
  }

  @AfterAll
  static void close() {
    graft.close();
  }

  static List<Path> backbones() throws IOException {
    Path folder = Path.of(System.getProperty("graft.backbones"));
    try (Stream<Path> made = Files.find(folder, 2, (path, of) -> isModel(path))) {
      return Stream.concat(Stream.of(Checkout.path("models/efficientnet-lite0")), made)
          .sorted()
          .toList();
    }
  }

  private static boolean isModel(Path path) {
    return Files.exists(path.resolve("saved_model.pb"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("backbones")
  void findsBoxesAndGoesOn(Path backbone) throws IOException {
    Job job =
        Job.of(backbone, pictures(), dir.resolve("serving"))
            .surgery(Surgery.standard().head(HeadChoice.BOXES).size(96, 128))
            .training(Training.by("auto").seed(3).headEpochs(1).refit(false))
            .runs(dir.resolve("runs"))
            .build();
    JobResult whole = FineTuneJob.run(graft, job, event -> {});
    assertThat(whole.run().validation().loss()).isFinite();
    assertThat(BoxMap.of(whole.run().model()))
        .extracting(BoxMap::stride)
        .containsExactly(8, 16, 32);

    CancellationToken cancel = new CancellationToken();
    JobListener stopping =
        event -> {
          if (event instanceof JobEvent.OfTraining of && of.event() instanceof Step) {
            steps++;
            if (steps == 5) {
              cancel.cancel();
            }
          }
        };
    FineTuneJob begun = FineTuneJob.of(job);
    assertThatThrownBy(() -> begun.run(graft, stopping, cancel))
        .isInstanceOf(CancellationException.class);
    Path folder = dir.resolve("runs").resolve(dir.resolve("small").getFileName() + "-2");
    JobResult resumed = FineTuneJob.resume(graft, folder, event -> {});
    Dataset test = whole.parts().test();
    Map<String, TensorValue> once = graft.predict(whole.run().model(), test);
    Map<String, TensorValue> again = graft.predict(resumed.run().model(), test);
    for (String each : List.of("detection_boxes", "detection_scores", "detection_classes")) {
      assertThat(again.get(each).asDoubles()).as(each).isEqualTo(once.get(each).asDoubles());
    }

    Path picture = Path.of(test.name(0));
    List<Detection> first = Detections.of(once).on(0, 640, 480);
    try (LiveModel live = graft.serve(whole.version(), Trust.ALLOW)) {
      Boxes served = (Boxes) live.answer(picture);
      assertThat(served.width()).isEqualTo(640);
      assertThat(served.found()).hasSameSizeAs(first);
      for (int i = 0; i < first.size(); i++) {
        assertThat((double) served.found().get(i).score())
            .isCloseTo(first.get(i).score(), within(1e-4));
      }
    }
  }

  /** A few of the pictures, so that many networks are tried in a while. */
  private Path pictures() throws IOException {
    Path all = Checkout.path("testdata/bccd");
    Path small = dir.resolve("small");
    for (String part : List.of("Annotations", "JPEGImages")) {
      Files.createDirectories(small.resolve(part));
      try (Stream<Path> files = Files.list(all.resolve(part))) {
        for (Path file : files.sorted().limit(PICTURES).toList()) {
          Files.copy(file, small.resolve(part).resolve(file.getFileName()));
        }
      }
    }
    return small;
  }
}
