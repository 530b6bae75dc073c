package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.answer.Boxes;
import dev.graft.data.annotation.Annotations;
import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.model.InputSpec;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A classifier becomes a detector, by the job that an application has. */
@Tag("slow")
class BoxJobTest {

  private static Graft graft;

  @TempDir private Path dir;
  private final List<JobEvent> heard = new ArrayList<>();

  @BeforeAll
  static void open() {
    graft = Graft.open(Settings.defaults().threads(1, 1));
  }

  @AfterAll
  static void close() {
    graft.close();
  }

  private Job job(Path data) {
    return Job.of(Checkout.path("models/efficientnet-lite0"), data, dir.resolve("serving"))
        .surgery(Surgery.standard().head(HeadChoice.BOXES).size(128, 160))
        .training(Training.by("auto").seed(3).headEpochs(2))
        .runs(dir.resolve("runs"))
        .build();
  }

  private static Path bccd() {
    return Checkout.path("testdata/bccd");
  }

  /** The first of them, to be divided anew. */
  private Path few() throws IOException {
    Path folder = dir.resolve("few");
    for (String kind : List.of("Annotations", "JPEGImages")) {
      Files.createDirectories(folder.resolve(kind));
      try (Stream<Path> files = Files.list(bccd().resolve(kind))) {
        for (Path file : files.sorted().limit(24).toList()) {
          Files.copy(file, folder.resolve(kind).resolve(file.getFileName()));
        }
      }
    }
    return folder;
  }

  @Test
  void aClassifierFindsBoxes() throws IOException {
    JobResult result = FineTuneJob.run(graft, job(bccd()), heard::add);
    assertThat(heard).hasAtLeastOneElementOfType(JobEvent.Chosen.class);
    JobScore.Boxes score = (JobScore.Boxes) result.score();
    assertThat(score.boxes().count()).isEqualTo(20);
    assertThat(score.value()).isGreaterThan(0.2); // much more with pictures of a usual size
    assertThat(result.run().validation().loss()).isLessThan(4); // about 6 at the beginning
    assertThat(result.report()).content().contains("ap50").contains("RBC");
    card(result);

    Model published = Graft.load(result.version(), Trust.ALLOW);
    BoxSet set = Annotations.read(bccd());
    Map<String, TensorValue> answers = graft.predict(published, result.parts().test());
    List<Detection> first = Detections.of(answers).on(0, 640, 480);
    Path picture = Path.of(result.parts().test().name(0));
    try (LiveModel live = graft.serve(result.version(), Trust.ALLOW)) {
      assertThat(live.findsBoxes()).isTrue();
      assertThat(live.isClassifier()).isFalse();
      Boxes boxes = (Boxes) live.answer(picture);
      assertThat(boxes.width()).isEqualTo(640);
      assertThat(boxes.found()).hasSameSizeAs(first).isNotEmpty();
      for (int i = 0; i < first.size(); i++) {
        Boxes.Found found = boxes.found().get(i);
        Detection same = first.get(i);
        assertThat(found.label()).isEqualTo(set.labels().names().get(same.box().label()));
        assertThat((double) found.score()).isCloseTo(same.score(), within(1e-4));
        assertThat((double) found.left()).isCloseTo(same.box().left(), within(0.1));
        assertThat((double) found.bottom()).isCloseTo(same.box().bottom(), within(0.1));
      }
      Path png = dir.resolve("drawn.png");
      boxes.atLeast(0.2).draw(picture, png);
      assertThat(ImageIO.read(png.toFile()).getWidth()).isEqualTo(640);
      assertThat(boxes.atLeast(2).found()).isEmpty();
      assertThat(boxes.threshold()).isEqualTo(chosen().threshold());
      assertThat(boxes.shown()).isEqualTo(boxes.atLeast(boxes.threshold()));
      assertThat(live.answer(Files.readAllBytes(picture))).isEqualTo(boxes);
    }
  }

  private static void card(JobResult result) throws IOException {
    Path version = result.version();
    JsonNode card = new JsonMapper().readTree(version.resolve("model_card.json").toFile());
    JsonNode scores =
        new JsonMapper().readTree(version.resolve("assets.extra/scores.json").toFile());
    Map<String, Double> told = JobCardTest.told(card, "test");
    scores
        .properties()
        .forEach(each -> assertThat(told).containsEntry(each.getKey(), each.getValue().asDouble()));
    assertThat(told).containsKeys("ap50", "ap50.RBC");
    assertThat(card.path("model_parameters").path("data").get(2).path("labels").path("RBC").asInt())
        .isPositive();
    assertThat(version.resolve("MODEL_CARD.md"))
        .content()
        .contains("boxes around what is one of 3 labels")
        .contains("learned from in the end, too")
        .doesNotContain(".jpg");
  }

  /** What validation chose in the first training. */
  private BoxEvaluation chosen() {
    return heard.stream()
        .filter(JobEvent.Chosen.class::isInstance)
        .map(event -> ((JobEvent.Chosen) event).boxes())
        .findFirst()
        .orElseThrow();
  }

  /** Cancelled in the second training, which is of all pictures but the test part. */
  @Test
  void whatWasCancelledGoesOnToTheBit() throws IOException {
    Path few = few();
    List<TensorValue> whole = weights(FineTuneJob.run(graft, job(few), event -> {}));
    CancellationToken cancel = new CancellationToken();
    List<JobEvent> chosen = new ArrayList<>();
    JobListener cancelling =
        event -> {
          if (event instanceof JobEvent.Chosen) {
            chosen.add(event);
          }
          boolean step = event instanceof JobEvent.OfTraining of && of.event() instanceof Step;
          if (step && !chosen.isEmpty() && heard.add(event) && heard.size() == 15) {
            cancel.cancel();
          }
        };
    FineTuneJob begun = FineTuneJob.of(job(few));
    assertThatThrownBy(() -> begun.run(graft, cancelling, cancel))
        .isInstanceOf(CancellationException.class);
    JobResult resumed = FineTuneJob.resume(graft, dir.resolve("runs/few-2"), event -> {});
    List<TensorValue> again = weights(resumed);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(again.get(i).asDoubles()).isEqualTo(whole.get(i).asDoubles());
    }
  }

  private static List<TensorValue> weights(JobResult result) {
    Map<String, TensorValue> all = graft.predict(result.run().model(), result.parts().test());
    return List.of(
        Objects.requireNonNull(all.get("detection_boxes")),
        Objects.requireNonNull(all.get("detection_scores")));
  }

  /** Pictures are brought to the size that the boxes want, in their own shape. */
  @Test
  void aSizeIsChosenAndTaken() {
    Job unsized =
        job(bccd()).toBuilder().surgery(Surgery.standard().head(HeadChoice.BOXES)).build();
    FineTuneJob job = FineTuneJob.of(unsized);
    CancellationToken cancel = new CancellationToken();
    JobListener first =
        event -> {
          heard.add(event);
          if (event instanceof JobEvent.Divided) {
            cancel.cancel();
          }
        };
    assertThatThrownBy(() -> job.run(graft, first, cancel))
        .isInstanceOf(CancellationException.class);
    JobEvent.Begun begun = (JobEvent.Begun) heard.get(0);
    assertThat(begun.model().inputs().get(0).shape().toString()).contains("384, 512");
    assertThat(begun.pictures().notes().toString()).contains("512 x 384 pixels");
  }

  @Test
  void whatIsNotForBoxesIsRefused() {
    Surgery boxes = Surgery.standard().head(HeadChoice.BOXES);
    assertThatThrownBy(() -> boxes.form(HeadForm.standard().dropout(0.5)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("a head for boxes is made in one way");
    assertThatThrownBy(boxes::carryOver).isInstanceOf(BadRequestException.class);
  }

  /** A network whose end was made for one size finds boxes at another, on maps that are named. */
  @Test
  void mapsAreNamedWithCommasBetween() {
    Surgery named = Surgery.standard().head(HeadChoice.BOXES).cut("block4_add,block10_add");
    Job job = job(bccd()).toBuilder().surgery(named.size(96, 128)).build();
    Model start = job.start(job.readBackbone(), job.readPictures());
    assertThat(start.layers().stream().map(Layer::name))
        .contains("boxes_lateral_16_conv")
        .doesNotContain("boxes_lateral_32_conv");
    assertThat(start.inputs().get(0).resize()).isEqualTo(InputSpec.Resize.STRETCH);
  }

  @Test
  void picturesWithoutBoxesGetASentence() {
    assertThatThrownBy(
            () -> FineTuneJob.run(graft, job(Checkout.path("testdata/photos")), event -> {}))
        .isInstanceOf(BadDataException.class);
  }

  @Test
  void aNetworkWithoutMapsGetsASentence() {
    Job job =
        Job.of(Checkout.path("testdata/zoo/keras3/vit_mini/model"), bccd(), dir.resolve("serving"))
            .surgery(Surgery.standard().head(HeadChoice.BOXES))
            .runs(dir.resolve("runs"))
            .build();
    assertThatThrownBy(() -> FineTuneJob.run(graft, job, event -> {}))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("a cell for 8 pixels");
  }
}
