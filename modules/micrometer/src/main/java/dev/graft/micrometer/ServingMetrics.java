package dev.graft.micrometer;

import dev.graft.serving.Serving;
import dev.graft.serving.ServingEvent;
import dev.graft.serving.ServingListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * Counts what a {@link Serving} does in a Micrometer registry.
 *
 * <pre>{@code
 * ServingMetrics metrics = new ServingMetrics(registry, Tags.of("model", "photos"));
 * Serving serving = Serving.of(graft, base, ServingOptions.defaults(), metrics);
 * metrics.watch(serving);
 * }</pre>
 */
public final class ServingMetrics implements ServingListener {

  private static final String EXAMPLES = "graft.serving.examples";
  private static final String SWAPS = "graft.serving.swaps";

  private final MeterRegistry registry;
  private final Tags tags;
  private final Counter answered;
  private final Counter failed;
  private final Counter refused;
  private final Counter swapped;
  private final Counter kept;
  private final Timer waited;
  private final Timer took;
  private final DistributionSummary batch;
  private final Set<Long> leftOut = ConcurrentHashMap.newKeySet(); // counted once, not at each try

  /**
   * Meters in {@code registry}, from now on.
   *
   * @param tags which all of them have, such as the name of the model where there are several
   */
  public ServingMetrics(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
    this.answered = counter(EXAMPLES, "answered", "examples by what became of them");
    this.failed = counter(EXAMPLES, "failed", "examples by what became of them");
    this.refused = counter(EXAMPLES, "refused", "examples by what became of them");
    this.swapped = counter(SWAPS, "swapped", "newer versions by what became of them");
    this.kept = counter(SWAPS, "kept", "newer versions by what became of them");
    this.waited =
        Timer.builder("graft.serving.wait")
            .description("how long the first example of a run waited for its turn")
            .tags(tags)
            .register(registry);
    this.took =
        Timer.builder("graft.serving.run")
            .description("how long a run took")
            .tags(tags)
            .register(registry);
    this.batch =
        DistributionSummary.builder("graft.serving.batch")
            .description("how many examples were answered in one run")
            .tags(tags)
            .register(registry);
  }

  private Counter counter(String name, String outcome, String description) {
    return Counter.builder(name)
        .description(description)
        .tags(tags.and("outcome", outcome))
        .register(registry);
  }

  /**
   * Adds the version that answers, how many examples wait, and whether it is open (1 or 0). Of a
   * serving that is opened in the place of another one, with the same tags, this is called again:
   * it takes that one's place. The registry keeps what it watches until then.
   */
  public void watch(Serving serving) {
    gauge("version", "the version that answers", serving, now -> (double) now.version());
    gauge(
        "waiting",
        "how many examples wait for their turn",
        serving,
        now -> (double) now.stats().pictures().waiting());
    gauge(
        "open",
        "whether it takes examples (1) or is closed (0)",
        serving,
        now -> now.stats().health().isOpen() ? 1d : 0d);
  }

  /** Micrometer keeps the first gauge of a name and its tags, until that is removed. */
  private void gauge(
      String name, String description, Serving serving, ToDoubleFunction<Serving> value) {
    Gauge.Builder<Serving> gauge =
        Gauge.builder("graft.serving." + name, serving, value)
            .description(description)
            .tags(tags)
            .strongReference(true);
    registry.remove(gauge.register(registry)); // whichever it is
    gauge.register(registry);
  }

  @Override
  public void on(ServingEvent event) {
    if (event instanceof ServingEvent.Answered some) {
      answered.increment(some.pictures() - some.failed());
      failed.increment(some.failed());
      waited.record(some.waited());
      if (!some.took().isZero()) { // else they were given up in line, in no run
        took.record(some.took());
        batch.record(some.pictures());
      }
    } else if (event instanceof ServingEvent.Refused) {
      refused.increment();
    } else if (event instanceof ServingEvent.Swapped swapped) {
      this.swapped.increment();
      leftOut.removeIf(number -> number < swapped.now()); // they are not looked at any more
    } else if (event instanceof ServingEvent.KeptBefore kept && leftOut.add(kept.failed())) {
      this.kept.increment();
    }
  }
}
