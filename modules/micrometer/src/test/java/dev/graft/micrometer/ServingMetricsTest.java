package dev.graft.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.Graft;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.error.BadDataException;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingOptions;
import dev.graft.testkit.Checkout;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingMetricsTest {

  @TempDir private Path base;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private double count(String name, String outcome) {
    return registry.get(name).tag("model", "photos").tag("outcome", outcome).counter().count();
  }

  @Test
  void aServingIsCounted() throws IOException {
    Path version = Checkout.path("testdata/published/bytes");
    Checkout.copy(version, base.resolve("1"));
    byte[] photo = Files.readAllBytes(Checkout.path("testdata/photos/animals/cat.jpg"));
    ServingMetrics metrics = new ServingMetrics(registry, Tags.of("model", "photos"));
    ServingOptions options =
        ServingOptions.defaults()
            .model(ServeOptions.defaults().trust(Trust.ALLOW))
            .poll(Duration.ZERO);
    try (Graft graft = Graft.open();
        Serving serving = Serving.of(graft, base, options, metrics)) {
      metrics.watch(serving);
      var unused = serving.answer(photo);
      assertThatThrownBy(() -> serving.answer(new byte[] {1})).isInstanceOf(BadDataException.class);
      assertThat(count("graft.serving.examples", "answered")).isEqualTo(1);
      assertThat(count("graft.serving.examples", "failed")).isEqualTo(1);
      assertThat(count("graft.serving.examples", "refused")).isZero();
      assertThat(registry.get("graft.serving.run").timer().count()).isEqualTo(2);
      assertThat(registry.get("graft.serving.batch").summary().totalAmount()).isEqualTo(2);
      assertThat(registry.get("graft.serving.version").gauge().value()).isEqualTo(1);
      Checkout.copy(version, base.resolve("2"));
      serving.refresh();
      assertThat(registry.get("graft.serving.version").gauge().value()).isEqualTo(2);
      assertThat(count("graft.serving.swaps", "swapped")).isEqualTo(1);
      Files.write(Files.createDirectory(base.resolve("3")).resolve("saved_model.pb"), photo);
      serving.refresh();
      assertThat(count("graft.serving.swaps", "kept")).isEqualTo(1);
      serving.refresh(); // tries it again
      assertThat(count("graft.serving.swaps", "kept")).isEqualTo(1);
      assertThat(registry.get("graft.serving.waiting").gauge().value()).isZero();
    }
  }

  /** As where an application opens its serving anew, with all that belongs to it. */
  @Test
  void aServingInThePlaceOfAnotherIsWatchedInItsPlace() throws IOException {
    ServingOptions options =
        ServingOptions.defaults()
            .model(ServeOptions.defaults().trust(Trust.ALLOW))
            .poll(Duration.ZERO);
    try (Graft graft = Graft.open()) {
      for (int number = 1; number <= 2; number++) {
        Checkout.copy(
            Checkout.path("testdata/published/bytes"), base.resolve(String.valueOf(number)));
        ServingMetrics metrics = new ServingMetrics(registry, Tags.of("model", "photos"));
        try (Serving serving = Serving.of(graft, base, options, metrics)) {
          metrics.watch(serving);
          assertThat(gauge("version")).isEqualTo(number);
          assertThat(gauge("open")).isEqualTo(1);
        }
        assertThat(gauge("open")).isZero();
        System.gc(); // Micrometer holds what it watches weakly, left to itself
        assertThat(gauge("version")).isEqualTo(number);
      }
    }
  }

  private double gauge(String name) {
    return registry.get("graft.serving." + name).tag("model", "photos").gauge().value();
  }
}
