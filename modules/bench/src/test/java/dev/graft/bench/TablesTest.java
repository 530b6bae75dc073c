package dev.graft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The tables that people read say what was measured. */
class TablesTest {

  @Test
  void thePageIsMadeFromTheResults() throws IOException {
    Path folder = Checkout.path("docs/benchmarks");
    assertThat(Files.readString(folder.resolve("README.md")))
        .as("docs/benchmarks/README.md; 'tools/bench/run --tables' writes it anew")
        .isEqualTo(Tables.page(folder));
  }
}
