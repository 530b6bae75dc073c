package dev.graft.trainer.internal.watch;

import dev.graft.error.Internal;
import dev.graft.trainer.listener.Progress;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** Counts the units of one phase, and from the clock tells speed and time left. */
@Internal
public final class Pace {

  private final Watch watch;
  private final Progress.Phase phase;
  private final String unit;
  private long total;
  private final double examplesPerUnit;
  private final LongSupplier nanos;
  private final long start;
  private long done;
  private long before; // of these, in an earlier process

  public Pace(Watch watch, Progress.Phase phase, String unit, long total, double examplesPerUnit) {
    this(watch, phase, unit, total, examplesPerUnit, System::nanoTime);
  }

  public Pace(
      Watch watch,
      Progress.Phase phase,
      String unit,
      long total,
      double examplesPerUnit,
      LongSupplier nanos) {
    this.watch = watch;
    this.phase = phase;
    this.unit = unit;
    this.total = total;
    this.examplesPerUnit = examplesPerUnit;
    this.nanos = nanos;
    this.start = nanos.getAsLong();
  }

  /** Begins with so many units done in an earlier process. */
  public Pace from(long units) {
    done = units;
    before = units;
    return this;
  }

  /** There turn out to be so many units. */
  public void total(long units) {
    total = units;
  }

  /** Before a unit: may wait or end the work. */
  public void before() {
    watch.before();
  }

  /** Before the next unit; the one before it is finished. */
  public void tick() {
    before();
    advance(1);
  }

  /** {@code units} more are finished. */
  public void advance(long units) {
    advance(units, 0, OptionalDouble.empty(), OptionalDouble.empty());
  }

  /** {@code units} more are finished, and this is known of them. */
  public void advance(long units, int epoch, OptionalDouble loss, OptionalDouble validation) {
    done += units;
    double seconds = Math.max(1e-9, (nanos.getAsLong() - start) / 1e9);
    double unitsPerSecond = (done - before) / seconds;
    Optional<Duration> left =
        done == before
            ? Optional.empty()
            : Optional.of(
                Duration.ofMillis(Math.round(1000 * Math.max(0, total - done) / unitsPerSecond)));
    watch.tell(
        new Progress(
            phase,
            done,
            total,
            unit,
            epoch,
            loss,
            validation,
            unitsPerSecond * examplesPerUnit,
            left));
  }
}
