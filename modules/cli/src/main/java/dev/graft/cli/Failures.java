package dev.graft.cli;

import dev.graft.error.FailedCheckException;
import dev.graft.error.GraftException;
import dev.graft.error.RefusedException;
import dev.graft.error.TimeLimitException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;

/**
 * Turns what a command throws into one clear sentence and an exit code; the stack trace only with
 * {@code --debug}.
 */
record Failures(Terminal terminal) implements CommandLine.IExecutionExceptionHandler {

  static final int FAILED = 1;
  static final int BAD_INPUT = 2;
  static final int REFUSED = 3; // trained, and not as good as was asked for
  static final int INTERRUPTED = 130; // as shells have it for Ctrl-C

  /** What a command has begun is still there: its run is resumed with more memory. */
  static int outOfMemory(Terminal terminal, OutOfMemoryError failure) {
    terminal.error(
        String.format(
            Locale.ROOT,
            "error: out of memory (%s), of which Java may take %.1f GB; GRAFT_JAVA_OPTS=-Xmx8g"
                + " gives it more, and fewer or smaller examples, --batch and --micro-batch take less.",
            failure.getMessage(),
            Runtime.getRuntime().maxMemory() / 1e9));
    return FAILED;
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    boolean debug = parsed.expandedArgs().contains("--debug");
    if (debug) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      terminal.error(trace.toString());
    }
    if (failure instanceof GraftException known) {
      terminal.error("error: " + Flags.of(known));
      if (failure instanceof RefusedException) {
        return REFUSED;
      }
      return failure instanceof FailedCheckException || failure instanceof TimeLimitException
          ? FAILED
          : BAD_INPUT;
    }
    if (failure instanceof CancellationException) {
      return INTERRUPTED; // what was stopped has said so
    }
    terminal.error(
        "error: "
            + (failure.getMessage() == null ? failure.toString() : failure.getMessage())
            + (debug
                ? ""
                : "\n"
                    + "  This was not expected; the same command with --debug shows where it"
                    + " happened."));
    return FAILED;
  }
}
