package dev.graft.trainer.fit;

import com.google.common.primitives.Ints;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The time that a training may take: how much of it is left, and how many epochs that is. */
final class TimeLeft {

  private final Duration limit;
  private final LongSupplier nanos;
  private final long start;

  private TimeLeft(Duration limit, LongSupplier nanos) {
    this.limit = limit;
    this.nanos = nanos;
    this.start = nanos.getAsLong();
  }

  /** So much from now on, by the clock {@code nanos}. */
  static TimeLeft of(Duration limit, LongSupplier nanos) {
    return new TimeLeft(limit, nanos);
  }

  /** As much as it takes. */
  static TimeLeft unlimited(LongSupplier nanos) {
    return of(Duration.ofNanos(Long.MAX_VALUE), nanos);
  }

  /** The time, of which no more than differences says anything. */
  long now() {
    return nanos.getAsLong();
  }

  /** Whether nothing of it is left. */
  boolean isOver() {
    return left().isNegative() || left().isZero();
  }

  /** How many whole epochs there is time for, if each takes so long. */
  int epochs(Duration each) {
    return isOver() ? 0 : Ints.saturatedCast(left().dividedBy(each.plusNanos(1)));
  }

  private Duration left() {
    return limit.minusNanos(nanos.getAsLong() - start);
  }

  /** Returns the whole of it for a person. */
  @Override
  public String toString() {
    return words(limit);
  }

  /** A time for a person, to what an estimate is good for. */
  static String words(Duration time) {
    double seconds = time.toMillis() / 1e3;
    if (seconds < 90) {
      return String.format(Locale.ROOT, "%.0f s", Math.max(1, seconds));
    }
    return seconds < 90 * 60
        ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
        : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }
}
