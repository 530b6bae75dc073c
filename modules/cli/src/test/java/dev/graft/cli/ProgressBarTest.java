package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.trainer.listener.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressBarTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final AtomicLong now = new AtomicLong();

  @Test
  void endsALongPhaseWithALineWhereNothingCanBeDrawnOver() {
    ProgressBar bar = bar();
    report(bar, Progress.Phase.FEATURES, 11, 40);
    report(bar, Progress.Phase.FEATURES, 22, 80);
    report(bar, Progress.Phase.FEATURES, 23, 93);
    report(bar, Progress.Phase.FEATURES, 24, 100);
    report(bar, Progress.Phase.EVALUATE, 25, 100);

    assertThat(lines()).hasSize(3);
    assertThat(lines().get(0)).startsWith("features").contains(" 40%");
    assertThat(lines().get(1)).startsWith("features").contains(" 80%");
    assertThat(lines().get(2)).startsWith("features").contains("100%");
  }

  @Test
  void saysNothingOfAShortPhase() {
    ProgressBar bar = bar();
    report(bar, Progress.Phase.FEATURES, 1, 50);
    report(bar, Progress.Phase.FEATURES, 2, 100);

    assertThat(lines()).isEmpty();
  }

  /** A folder is mostly read before anybody could see that it is. */
  @Test
  void readingIsShownAfterASecond() {
    ProgressBar bar = bar(120);
    reportAfter(bar, Progress.Phase.READ, 0, 0);
    reportAfter(bar, Progress.Phase.READ, 900, 100);
    reportAfter(bar, Progress.Phase.READ, 5000, 0);
    reportAfter(bar, Progress.Phase.READ, 5900, 40);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
    reportAfter(bar, Progress.Phase.READ, 6100, 60);
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("reading", " 60%");
  }

  private ProgressBar bar() {
    return bar(0);
  }

  private ProgressBar bar(int columns) {
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    return new ProgressBar(Terminal.to(stream, stream, columns), now::get);
  }

  private void report(ProgressBar bar, Progress.Phase phase, long second, long percent) {
    reportAfter(bar, phase, 1000 * second, percent);
  }

  private void reportAfter(ProgressBar bar, Progress.Phase phase, long millis, long percent) {
    now.set(Duration.ofMillis(millis).toNanos());
    bar.show(
        new Progress(
            phase,
            percent,
            100,
            "photos",
            0,
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            1,
            Optional.empty()));
  }

  private List<String> lines() {
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
