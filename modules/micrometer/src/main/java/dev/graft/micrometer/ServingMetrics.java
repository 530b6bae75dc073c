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

  /** Adds the version that answers and how many examples wait, as long as {@code serving} lives. */
  public void watch(Serving serving) {
    Gauge.builder("graft.serving.version", serving, each -> (double) each.version())
        .description("the version that answers")
        .tags(tags)
        .register(registry);
    Gauge.builder(
            "graft.serving.waiting", serving, each -> (double) each.stats().pictures().waiting())
        .description("how many examples wait for their turn")
        .tags(tags)
        .register(registry);
  }

  @Override
  public void on(ServingEvent event) {
    if (event instanceof ServingEvent.Answered some) {
      answered.increment(some.pictures() - some.failed());
      failed.increment(some.failed());
      waited.record(some.waited());
      took.record(some.took());
      batch.record(some.pictures());
    } else if (event instanceof ServingEvent.Refused) {
      refused.increment();
    } else if (event instanceof ServingEvent.Swapped) {
      swapped.increment();
    } else if (event instanceof ServingEvent.KeptBefore) {
      kept.increment();
    }
  }
}
