package dev.graft.examples.photos;

import dev.graft.Graft;
import dev.graft.Settings;
import dev.graft.micrometer.ServingMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.nio.file.Files;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.annotation.Bean;
import org.springframework.scheduling.annotation.EnableScheduling;

/** Learns what is on photos, and answers about others meanwhile. */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
public class PhotoService {

  public static void main(String[] args) {
    SpringApplication.run(PhotoService.class, args);
  }

  /**
   * All that is native, once for the process. Spring destroys a bean after all that were given it,
   * so it is closed last.
   */
  @Bean
  Graft graft(PhotoSettings settings) throws IOException {
    Files.createDirectories(settings.data());
    return Graft.open(
        Settings.defaults()
            .featureFolder(settings.data().resolve("features")) // fifty more photos cost fifty
            .featureMemory(0.25) // of -Xmx: the requests want some, too
            .nativeLog(settings.data().resolve("tensorflow.log")));
  }

  /** What is answered, for {@code /actuator/metrics} and {@code /actuator/prometheus}. */
  @Bean
  ServingMetrics servingMetrics(MeterRegistry registry) {
    return new ServingMetrics(registry, Tags.of("model", "photos"));
  }
}
