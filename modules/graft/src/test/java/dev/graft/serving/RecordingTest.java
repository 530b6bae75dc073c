package dev.graft.serving;

import static dev.graft.answer.Example.picture;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.error.BadDataException;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a serving did can be read from a recording of Java Flight Recorder. */
class RecordingTest {

  /** By which two clocks may differ: durations are in the recorder's own ticks. */
  private static final Duration CLOCKS = Duration.ofMillis(1);

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
      recording.enable("dev.graft.Request").withoutThreshold();
      recording.start();
      try (Graft graft = Graft.open();
          Serving serving = Serving.of(graft, base, options, event -> {});
          LiveModel bare = graft.serve(base, Trust.ALLOW)) {
        var unused = serving.answer(photo);
        assertThat(serving.submit(new byte[] {1})).failsWithin(Duration.ofMinutes(1));
        unused = bare.answer(photo);
        var each = bare.answerEach(List.of(picture(photo), picture(new byte[] {1})));
        assertThat(each).hasSize(2);
        assertThatThrownBy(() -> bare.classify(new byte[] {1}))
            .isInstanceOf(BadDataException.class);
      }
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> runs = events(file, "dev.graft.Answers");
    assertThat(runs).hasSize(2);
    assertThat(runs.get(0).getInt("examples")).isEqualTo(1);
    assertThat(runs.get(0).getInt("failed")).isZero();
    assertThat(runs.get(0).getDuration()).isPositive();
    assertThat(runs.get(1).getInt("failed")).isEqualTo(1);
    List<RecordedEvent> requests = events(file, "dev.graft.Request");
    assertThat(requests)
        .extracting(each -> each.getString("outcome"))
        .containsExactly(
            "answered",
            "BadDataException",
            "answered",
            "answered",
            "BadDataException",
            "BadDataException");
    assertThat(requests).allMatch(each -> each.getLong("version") == 1);
    assertThat(requests)
        .allMatch(each -> each.getDuration().plus(CLOCKS).compareTo(each.getDuration("took")) >= 0);
    assertThat(requests.get(0).getDuration("waited")).isPositive();
    assertThat(requests.get(0).getDuration("took")).isPositive();
    assertThat(requests.get(2).getDuration("waited")).isZero();
  }

  /** In the order in which they began. */
  private static List<RecordedEvent> events(Path file, String name) throws IOException {
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(name))
        .sorted(Comparator.comparing(RecordedEvent::getStartTime))
        .toList();
  }
}
