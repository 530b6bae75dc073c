package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Of what the libraries log a terminal shows warnings, and what takes minutes. */
class QuietLogsTest {

  @Test
  void onlyWarningsCome() throws IOException {
    Logger some = Logger.getLogger("dev.graft.SomeClass");
    Logger unpacking = Logger.getLogger("dev.graft.cuda");
    try {
      assertThat(new QuietLogs()).isNotNull();
      assertThat(some.isLoggable(Level.INFO)).isFalse();
      assertThat(some.isLoggable(Level.WARNING)).isTrue();
      assertThat(unpacking.isLoggable(Level.INFO)).isTrue();
    } finally {
      LogManager.getLogManager().readConfiguration(); // Java's own again
    }
  }
}
