package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Graft;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a serving did can be read from a recording of Java Flight Recorder. */
class RecordingTest {

  @TempDir private Path dir;

  @Test
  void runsAreRecorded() throws IOException {
    Path base = dir.resolve("base");
    Checkout.copy(Checkout.path("testdata/published/bytes"), base.resolve("1"));
    byte[] photo = Files.readAllBytes(Checkout.path("testdata/photos/animals/cat.jpg"));
    ServingOptions options =
        ServingOptions.defaults()
            .model(ServeOptions.defaults().trust(Trust.ALLOW))
            .poll(Duration.ZERO);
    Path file = dir.resolve("run.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.graft.Answers");
      recording.start();
      try (Graft graft = Graft.open();
          Serving serving = Serving.of(graft, base, options, event -> {})) {
        var unused = serving.answer(photo);
        assertThat(serving.submit(new byte[] {1})).failsWithin(Duration.ofMinutes(1));
      }
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> runs =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().equals("dev.graft.Answers"))
            .toList();
    assertThat(runs).hasSize(2);
    assertThat(runs.get(0).getInt("examples")).isEqualTo(1);
    assertThat(runs.get(0).getInt("failed")).isZero();
    assertThat(runs.get(0).getDuration()).isPositive();
    assertThat(runs.get(1).getInt("failed")).isEqualTo(1);
  }
}
