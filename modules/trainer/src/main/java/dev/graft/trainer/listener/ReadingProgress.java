package dev.graft.trainer.listener;

import dev.graft.data.file.Reading;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/** Tells as progress how far the reading of files is. */
final class ReadingProgress implements Reading.Listener {

  private final TrainingListener listener;
  private long start;

  ReadingProgress(TrainingListener listener) {
    this.listener = listener;
  }

  @Override
  public void on(long done, long total) {
    long now = System.nanoTime();
    if (done == 0) {
      start = now;
    }
    double perSecond = done / Math.max(1e-9, (now - start) / 1e9);
    Optional<Duration> left =
        done == 0
            ? Optional.empty()
            : Optional.of(Duration.ofMillis(Math.round(1000 * (total - done) / perSecond)));
    listener.on(
        new Progress(
            Progress.Phase.READ,
            done,
            total,
            "pictures",
            0,
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            perSecond,
            left));
  }
}
