package dev.graft.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The command line as it runs where there is no terminal, and what it printed the last time. */
final class CommandRun {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** The exit code of {@code graft args}. */
  int graft(String... args) {
    out.reset();
    err.reset();
    return Main.run(
        Terminal.to(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            0),
        args);
  }

  /** What it printed on standard output. */
  String said() {
    return out.toString(StandardCharsets.UTF_8);
  }

  /** What it printed on standard error. */
  String complained() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
