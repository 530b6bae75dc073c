package dev.graft.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Graft;
import dev.graft.Trust;
import dev.graft.check.CheckReport;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.job.JobResult;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.metric.Classification;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of what the classic cases have no use for. */
class AllOfTheApiTest {

  private static final Path SHAPES = Checkout.path("testdata/examples/shapes");
  private static final Path NETWORK = SHAPES.resolve("model");

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aLookInside() {
    Model model = LookInside.look(NETWORK, out);
    assertThat(said()).contains("takes ", "gives ", "head ", "block ");
    String layer = model.variables().get(0).name().replaceFirst("/[^/]*$", "");
    assertThat(LookInside.saved(model, layer)).isNotEmpty();
    assertThat(LookInside.features(model)).isEmpty(); // the network has no head yet that says so
    assertThat(LookInside.trains(model, out)).isTrue();
    assertThat(LookInside.fitsGpu(model, out)).as(said()).isTrue();
    CheckReport report = LookInside.tryOut(NETWORK, out);
    assertThat(report.error()).as(said()).isNull();
  }

  @Test
  void aLookAtTheMachine(@TempDir Path dir) {
    assertThat(OnAGpu.look(dir, out)).as(said()).isTrue();
    assertThat(said())
        .contains(
            "CUDA: TensorFlow's natives are those for the CPU", "CPU:0 trains", "CPU:0 compiles");
  }

  @Test
  void aRecipeOfOnesOwn(@TempDir Path dir) {
    Parts pictures =
        Dataset.imageFolder(SHAPES.resolve("painted")).split(Split.of(60, 20, 20).seed(7));
    Classification answers = OwnRecipe.teach(NETWORK, pictures, dir, out);
    assertThat(2 * answers.correct()).as(said()).isGreaterThan(answers.count());
    assertThat(said()).contains(", between ", " of ");
    assertThat(dir.resolve("log.csv")).isNotEmptyFile();
  }

  @Test
  void theWholeJob(@TempDir Path dir) throws IOException {
    Path pictures = SHAPES.resolve("painted");
    JobResult result = WholeJob.teach(NETWORK, pictures, dir, event -> {}, out);
    assertThat(said()).contains("TensorFlow", "accuracy 0.", "on the test part");
    assertThat(WholeJob.examine(result.version(), pictures).accuracy())
        .as(said())
        .isGreaterThan(0.5);
    try (Stream<Path> files = Files.walk(pictures)) {
      Path picture = files.filter(Files::isRegularFile).sorted().findFirst().orElseThrow();
      assertThat(WholeJob.ask(result.version(), picture).top(1)).hasSize(1);
    }
    assertThat(WholeJob.nothingKnown().variables()).isEmpty();
  }

  @Test
  void onlyIfItIsGoodEnough(@TempDir Path dir) throws IOException {
    Path pictures = SHAPES.resolve("painted");
    JobResult result = WholeJob.teach(NETWORK, pictures, dir, event -> {}, out);
    Dataset test = result.parts().test();
    Path serving = dir.resolve("serving");
    Model good = Graft.load(result.version());
    assertThat(IfGoodEnough.publish(good, serving, test, out).orElseThrow().number()).isEqualTo(2);
    Model bad = Graft.load(NETWORK).with(Edits.replaceHead(HeadSpec.singleLabel(test.labels())));
    assertThat(IfGoodEnough.publish(bad, serving, test, out)).isEmpty();
    assertThat(said()).contains("as version 2 has it: missed");
    assertThat(serving.resolve("3")).doesNotExist();
    Path kept = dir.resolve("kept");
    assertThat(KeptVersions.rollBack(good, kept, out)).isEqualTo(kept.resolve("3"));
    assertThat(said()).contains("2 {} free");
  }

  @Test
  void aDetector(@TempDir Path dir) {
    Path network = Checkout.path("models/efficientnet-lite0");
    Path pictures = Checkout.path("testdata/bccd");
    JobResult result = FindCells.teach(network, pictures, dir, event -> {});
    assertThat(result.score().metric()).isEqualTo("ap50");
    Path picture = Path.of(result.parts().test().name(0));
    Path drawing = dir.resolve("drawn.png");
    try (Graft graft = Graft.open()) {
      assertThat(FindCells.describe(graft, result.version(), picture, drawing)).contains("boxes");
      assertThat(drawing).isNotEmptyFile();
      assertThat(FindCells.score(graft, result.version(), pictures, out)).isBetween(0.0, 1.0);
    }
    assertThat(said()).contains("RBC: AP50");
    assertThat(FindCells.byHand(Graft.load(network, Trust.ALLOW)).heads()).hasSize(1);
  }
}
