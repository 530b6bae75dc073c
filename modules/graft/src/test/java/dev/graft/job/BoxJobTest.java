package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Publication;
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
import dev.graft.model.Provenance;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import java.awt.image.BufferedImage;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
import org.tensorflow.proto.DataType;

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
    for (String bare : List.of("BloodImage_00001", "BloodImage_00005")) { // as background
      Path xml = folder.resolve("Annotations").resolve(bare + ".xml");
      Files.writeString(xml, Files.readString(xml).replaceAll("(?s)<object>.*</object>", ""));
    }
    return folder;
  }

  @Test
  void aClassifierFindsBoxes() throws IOException {
    JobResult result = FineTuneJob.run(graft, job(bccd()), heard::add);
    assertThat(heard).hasAtLeastOneElementOfType(JobEvent.Chosen.class);
    assertThat(result.run().decisions())
        .as("of both trainings")
        .filteredOn(BoxJobTest::isKept)
        .hasSize(2);
    assertThat(result.run().model().provenance().steps())
        .extracting(Provenance.Step::operation)
        .containsOnlyOnce("train");
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

  /** Half as many bytes. Of the few pictures that are scored, exactly, nothing is kept. */
  @Test
  void mapsThatAreLearnedFromAreKeptInHalves() throws IOException {
    Path store = dir.resolve("features");
    Training training = Training.by("head").seed(3).headEpochs(1).refit(false);
    Job job = job(few()).toBuilder().training(training).build();
    try (Graft kept = Graft.open(Settings.defaults().threads(1, 1).featureFolder(store))) {
      FineTuneJob.run(kept, job, heard::add);
    }
    Map<Integer, Long> bytes = new HashMap<>();
    try (Stream<Path> files = Files.walk(store)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".rows")).toList()) {
        try (DataInputStream rows = new DataInputStream(Files.newInputStream(file))) {
          rows.skipNBytes(3 * Integer.BYTES);
          bytes.merge(rows.readInt(), Files.size(file), Long::sum);
        }
      }
    }
    assertThat(bytes).containsOnlyKeys(DataType.DT_HALF_VALUE);
  }

  private static boolean isKept(String decision) {
    return decision.contains(": kept, ");
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

  @Test
  @Tag("nightly")
  void whatWasCancelledGoesOnToTheBit() throws IOException {
    assertGoesOn("auto", 1, 15);
  }

  @Test
  @Tag("nightly")
  void whatWasCancelledBelowTheHeadGoesOnToTheBit() throws IOException {
    assertGoesOn("top", 2, 3);
  }

  @Test
  @Tag("nightly")
  void allOfANetworkFindsBoxesAndGoesOnToTheBit() throws IOException {
    assertGoesOn("full", 2, 3);
  }

  /** Cancels the second training, which is of all pictures but the test part, at a step. */
  private void assertGoesOn(String recipe, int stretch, int step) throws IOException {
    Path few = few();
    Job job = job(few).toBuilder().training(Training.by(recipe).seed(3).headEpochs(2)).build();
    List<TensorValue> whole = weights(FineTuneJob.run(graft, job, event -> {}));
    CancellationToken cancel = new CancellationToken();
    List<JobEvent> chosen = new ArrayList<>();
    JobListener cancelling =
        event -> {
          if (event instanceof JobEvent.Chosen) {
            chosen.add(event);
          }
          boolean isOf =
              event instanceof JobEvent.OfTraining of
                  && of.event() instanceof Step each
                  && each.stretch() == stretch;
          if (isOf && !chosen.isEmpty() && heard.add(event) && heard.size() == step) {
            cancel.cancel();
          }
        };
    FineTuneJob begun = FineTuneJob.of(job);
    assertThatThrownBy(() -> begun.run(graft, cancelling, cancel))
        .isInstanceOf(CancellationException.class);
    JobResult resumed = FineTuneJob.resume(graft, dir.resolve("runs/few-2"), event -> {});
    assertThat(dir.resolve("runs/few-2/upside-down.txt")).as("is not decided again").exists();
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
    JobEvent.Begun begun = begun(job(bccd()));
    assertThat(begun.model().inputs().get(0).shape().toString()).contains("384, 512");
    assertThat(begun.pictures().notes().toString()).contains("512 x 384 pixels");
  }

  @Test
  void howLongItTakesIsSaidOfWhatIsAskedFor() {
    Training usual = Training.by("auto");
    List<String> minutes =
        Stream.of(usual, usual.refit(false), usual.headEpochs(2), Training.by("top").epochs(3))
            .map(each -> job(bccd()).toBuilder().training(each).build())
            .map(job -> begun(job).pictures().notes().toString())
            .map(notes -> notes.replaceFirst("(?s).* takes about (\\d+) min .*", "$1"))
            .toList();
    assertThat(minutes).containsExactly("5", "3", "2", "16");
  }

  /** Tall pictures with small boxes that are for testing change neither size nor head. */
  @Test
  void theTestPartChoosesNothing() throws IOException {
    Path folder = few();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      String name = String.format("BloodImage_%05d", i);
      if (Files.exists(folder.resolve("JPEGImages/" + name + ".jpg"))) {
        names.add(name);
      }
    }
    Path sets = Files.createDirectories(folder.resolve("ImageSets/Main"));
    Files.write(sets.resolve("train.txt"), names.subList(0, 4));
    Files.write(sets.resolve("val.txt"), names.subList(4, 6));
    Files.write(sets.resolve("test.txt"), names.subList(6, names.size()));
    InputSpec before = start(folder).inputs().get(0);
    for (String name : names.subList(6, names.size())) {
      BufferedImage tall = new BufferedImage(300, 900, BufferedImage.TYPE_INT_RGB);
      ImageIO.write(tall, "jpg", folder.resolve("JPEGImages/" + name + ".jpg").toFile());
      Path drawn = folder.resolve("Annotations/" + name + ".xml");
      Files.writeString(
          drawn,
          "<annotation><filename>"
              + name
              + ".jpg</filename><size><width>300</width><height>900</height><depth>3</depth></size>"
              + "<object><name>RBC</name><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>14</xmax>"
              + "<ymax>14</ymax></bndbox></object></annotation>");
    }
    assertThat(start(folder).inputs().get(0)).isEqualTo(before);
  }

  /** The model that a training begins with. */
  private Model start(Path data) {
    return begun(job(data)).model();
  }

  /** What a job that is to choose a size begins with. */
  private static JobEvent.Begun begun(Job sized) {
    Job unsized = sized.toBuilder().surgery(Surgery.standard().head(HeadChoice.BOXES)).build();
    CancellationToken cancel = new CancellationToken();
    List<JobEvent> told = new ArrayList<>();
    JobListener first =
        event -> {
          told.add(event);
          if (event instanceof JobEvent.Divided) {
            cancel.cancel();
          }
        };
    FineTuneJob job = FineTuneJob.of(unsized);
    assertThatThrownBy(() -> job.run(graft, first, cancel))
        .isInstanceOf(CancellationException.class);
    return (JobEvent.Begun) told.get(0);
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

  /** Before anything is learned. */
  @Test
  void whatNoDetectorIsMeasuredByIsRefusedAtOnce() {
    Job job = job(bccd());
    Publication terms = Publication.to(dir.resolve("serving"));
    assertThatThrownBy(
            () -> FineTuneJob.of(job.toBuilder().publication(terms.require("loss", 2)).build()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("'loss'", "there are latency, size, ap, ap50");
    Training training = Training.by("top").monitor("ap50");
    assertThatThrownBy(() -> FineTuneJob.of(job.toBuilder().training(training).build()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("by its loss on validation", "'ap50'", "leave the metric");
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
