package dev.graft.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.error.RefusedException;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code that README shows does what README says, and README shows that code. */
class PhotosTest {

  private static final Path BACKBONE = Checkout.path("models/efficientnet-lite0");
  private static final Path PHOTOS = Checkout.path("testdata/photos");

  @Test
  void theSnippetTeachesPublishesAndServes(@TempDir Path out) {
    Path picture = Checkout.path("testdata/photos/animals/cat.jpg");
    Photos.Result result = Photos.teach(BACKBONE, PHOTOS, out, picture);
    assertThat(result.test().accuracy()).isGreaterThanOrEqualTo(0.82);
    assertThat(result.version().number()).isEqualTo(1);
    assertThat(result.version().largestDifference()).isLessThanOrEqualTo(1e-5);
    assertThat(result.version().gates()).hasSize(1);
    assertThat(result.best()).hasSize(3);
    assertThat(result.version().path().resolve("saved_model.pb")).exists();
  }

  @Test
  void aModelThatMissesItsGateIsNotPublished(@TempDir Path out) throws IOException {
    Parts parts = Dataset.imageFolder(PHOTOS).split(Split.of(60, 20, 20));
    Model untrained =
        Graft.load(BACKBONE)
            .with(
                Edits.freeze(Where.all()), Edits.replaceHead(HeadSpec.singleLabel(parts.labels())));
    try (Graft graft = Graft.open()) {
      Publication terms = Publication.to(out).examples(parts.validation()).require("accuracy", 0.9);
      assertThatThrownBy(() -> graft.publish(untrained, terms))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("nothing was published");
    }
    try (Stream<Path> left = Files.list(out)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aFolderWithOtherThingsIsNoServingBase(@TempDir Path out) throws IOException {
    Files.writeString(out.resolve("notes.txt"), "mine");
    assertThatThrownBy(() -> Graft.requirePublishable(out))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("notes.txt");
  }

  @Test
  void readmeShowsThisCode() throws IOException {
    String source =
        Files.readString(
            Checkout.path("modules/examples/src/main/java/dev/graft/examples/Photos.java"));
    String program =
        source.substring(source.indexOf("import static")).replaceAll(" *// docs (begin|end)\n", "");
    assertThat(Files.readString(Checkout.path("README.md")))
        .contains("```java\n" + program + "```\n");
  }

  @Test
  void readmeShowsTheServiceOfOneClass() throws IOException {
    String source =
        Files.readString(
            Checkout.path("examples/one-controller/src/main/java/example/OneController.java"));
    assertThat(Files.readString(Checkout.path("README.md")))
        .contains("```java\n" + source.substring(source.indexOf("import static")) + "```\n");
  }
}
