package dev.graft.examples.photos;

import dev.graft.serving.ServingStats;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.stereotype.Component;

/** Whether photos are answered, by which version, and what went wrong last. */
@Component
class ServingHealthIndicator implements HealthIndicator {

  private final Versions versions;

  ServingHealthIndicator(Versions versions) {
    this.versions = versions;
  }

  @Override
  public Health health() {
    return versions
        .ifOpen()
        .map(serving -> answering(serving.stats()))
        .orElseGet(
            () ->
                Health.outOfService()
                    .withDetail("failure", versions.failure().orElse("there is no version yet"))
                    .build());
  }

  private static Health answering(ServingStats stats) {
    Health.Builder health = stats.health().isOpen() ? Health.up() : Health.outOfService();
    health.withDetail("version", stats.version()).withDetail("since", stats.since());
    // what is newer and no good does no harm: the old one goes on
    stats.health().leftOut().ifPresent(why -> health.withDetail("failure", why));
    stats
        .health()
        .lastError()
        .ifPresent(
            error ->
                health
                    .withDetail("lastError", error.why())
                    .withDetail("lastErrorAt", error.when()));
    return health.build();
  }
}
