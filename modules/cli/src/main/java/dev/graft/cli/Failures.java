package dev.graft.cli;

import dev.graft.model.FailedCheckException;
import dev.graft.model.GraftException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;

/**
 * Turns what a command throws into one clear sentence and an exit code; the stack trace only with
 * {@code --debug}.
 */
record Failures(Terminal terminal) implements CommandLine.IExecutionExceptionHandler {

  static final int FAILED = 1;
  static final int BAD_INPUT = 2;
  static final int INTERRUPTED = 130; // as shells have it for Ctrl-C

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    boolean debug = parsed.expandedArgs().contains("--debug");
    if (debug) {
      StringWriter trace = new StringWriter();
      failure.printStackTrace(new PrintWriter(trace));
      terminal.error(trace.toString());
    }
    if (failure instanceof GraftException) {
      terminal.error("error: " + failure.getMessage());
      return failure instanceof FailedCheckException ? FAILED : BAD_INPUT;
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
