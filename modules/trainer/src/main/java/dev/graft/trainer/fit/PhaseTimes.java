package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.trainer.listener.Progress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** How long the phases of a training took. */
final class PhaseTimes {

  private final Map<Progress.Phase, Duration> all = new EnumMap<>(Progress.Phase.class);

  /** Something under way, over when it is closed. */
  interface Span extends AutoCloseable {
    @Override
    void close();
  }

  /** Begins a span, which counts for {@code phase}. */
  Span begin(Progress.Phase phase) {
    long start = System.nanoTime();
    return () -> all.merge(phase, Duration.ofNanos(System.nanoTime() - start), Duration::plus);
  }

  /** Those that there were, in the order of the phases. */
  ImmutableMap<Progress.Phase, Duration> all() {
    return Maps.immutableEnumMap(all);
  }
}
