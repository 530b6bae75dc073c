package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadModelException;
import dev.graft.error.GraftException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Versions that cannot be opened, and folders that cannot be read. */
@Tag("slow")
class DamagedVersionsTest extends ServedVersions {

  @Test
  void aVersionThatCannotBeOpenedIsLeftAlone() throws IOException {
    publish(1);
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      Files.createDirectory(base.resolve("2"));
      byte[] rubbish = "no model".getBytes(StandardCharsets.US_ASCII);
      Files.write(base.resolve("2/saved_model.pb"), rubbish);
      serving.refresh();
      assertThat(serving.version()).isEqualTo(1);
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(serving.stats().lastFailure()).isPresent();
      assertThat(heard)
          .anySatisfy(
              event -> {
                ServingEvent.KeptBefore kept = (ServingEvent.KeptBefore) event;
                assertThat(kept.kept()).isEqualTo(1);
                assertThat(kept.failed()).isEqualTo(2);
              });
      publish(3);
      serving.refresh();
      assertThat(version(serving.answer(photo))).isEqualTo(3);
      assertThat(serving.stats().lastFailure()).isEmpty();
    }
  }

  /** Cuts a file of a version off in its middle. */
  private void damage(int number, String file) throws IOException {
    Path path = base.resolve(number + "/" + file);
    byte[] whole = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(whole, whole.length / 2));
  }

  @Test
  void theNewestThatWorksAnswersFromTheStart() throws IOException {
    publish(1);
    publish(2);
    damage(2, "variables/variables.data-00000-of-00001");
    publish(3);
    damage(3, "saved_model.pb");
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      assertThat(left()).containsExactly(3L, 2L);
      assertThat(serving.stats().lastFailure().orElseThrow())
          .contains("version 3: ", "version 2: ");
      serving.refresh();
      assertThat(serving.version()).isEqualTo(1);
      assertThat(left()).containsExactly(3L, 2L, 3L, 2L);
      publish(4);
      publish(5);
      damage(5, "variables/variables.index");
      serving.refresh(); // past 5
      assertThat(version(serving.answer(photo))).isEqualTo(4);
      assertThat(heard).contains(new ServingEvent.Swapped(1, 4));
      assertThat(serving.stats().lastFailure().orElseThrow())
          .contains("version 5: ")
          .doesNotContain("version 3");
      publish(6);
      serving.refresh();
      assertThat(version(serving.answer(photo))).isEqualTo(6);
      assertThat(serving.stats().lastFailure()).isEmpty();
    }
  }

  /** Which versions the listener was told to be left out, and that others answer. */
  private List<Long> left() {
    return heard.stream()
        .flatMap(
            event ->
                event instanceof ServingEvent.KeptBefore kept && kept.kept() == 1
                    ? Stream.of(kept.failed())
                    : Stream.empty())
        .toList();
  }

  @Test
  void whereNoneWorksEachCauseIsTold() throws IOException {
    publish(1);
    damage(1, "variables/variables.data-00000-of-00001");
    assertThatThrownBy(() -> serving(options()))
        .isInstanceOf(GraftException.class)
        .hasMessageContaining("variables");
    publish(2);
    damage(2, "saved_model.pb");
    assertThatThrownBy(() -> serving(options()))
        .isInstanceOf(BadModelException.class)
        .hasMessageContainingAll(
            "none of the 2 versions", "version 2: ", "version 1: ", "variables")
        .satisfies(none -> assertThat(none.getSuppressed()).hasSize(1));
  }

  /** TensorFlow Serving takes that number, too. */
  @Test
  void versionZeroIsAVersion() throws IOException {
    publish(0);
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      assertThat(version(serving.answer(photo))).isZero();
    }
    damage(0, "saved_model.pb");
    assertThatThrownBy(() -> serving(options())).isInstanceOf(BadModelException.class);
    remove(0);
    publish(0);
    publish(1);
    damage(1, "saved_model.pb");
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      assertThat(version(serving.answer(photo))).isZero();
    }
  }

  /** As a new start would, an operator who removes a bad version gets the newest that works. */
  @Test
  void whereTheOneThatAnswersIsRemovedAnOlderOneComes() throws IOException {
    publish(3);
    publish(4);
    publish(5);
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      damage(4, "saved_model.pb");
      remove(5);
      serving.refresh();
      assertThat(version(serving.answer(photo))).isEqualTo(3);
      assertThat(heard).contains(new ServingEvent.Swapped(5, 3));
    }
  }

  /** As where a network's folder is away for a while. */
  @Test
  void aFolderThatIsAwayIsToldOnce() throws IOException {
    publish(1);
    publish(2);
    damage(2, "saved_model.pb");
    Path away = base.resolveSibling(base.getFileName() + "-away");
    try (Serving serving = serving(options().poll(Duration.ZERO))) {
      serving.refresh(); // 2 is left alone for a look
      Files.move(base, away);
      for (int i = 0; i < 3; i++) {
        serving.refresh();
      }
      assertThat(left()).containsExactly(2L, 2L, -1L);
      assertThat(version(serving.answer(photo))).isEqualTo(1);
      Files.move(away, base);
      serving.refresh();
      assertThat(serving.stats().lastFailure().orElseThrow()).contains("version 2: ");
    }
  }
}
