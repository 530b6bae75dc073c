package dev.graft.cli;

import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import picocli.CommandLine;

/** The program {@code graft}. */
public final class Main {

  /** Room for the longest example: one that is broken cannot be copied. */
  private static final int HELP_WIDTH = 100;

  private Main() {}

  /** Runs one command and exits, with the code that {@link GraftCommand} lists. */
  public static void main(String[] args) {
    QuietLogs.use();
    MachineOptions.setCudaFolder();
    System.exit(run(Terminal.system(), args));
  }

  static int run(Terminal terminal, String... args) {
    try {
      Terminal shown = terminal.isInteractive() ? terminal : terminal.aside(); // none in JSON
      TrainingListener bar = TrainingListener.to(Progress.class, new ProgressBar(shown)::show);
      return TrainingListener.whileReading(bar, () -> commands(terminal).execute(args));
    } catch (OutOfMemoryError e) {
      return Failures.outOfMemory(terminal, e);
    }
  }

  static CommandLine commands(Terminal terminal) {
    CommandLine commands = new CommandLine(new GraftCommand(), new Commands(terminal));
    commands.setOut(terminal.writer());
    commands.setErr(terminal.errorWriter());
    commands.setExecutionExceptionHandler(new Failures(terminal));
    commands.setParameterExceptionHandler(new BadUsage(terminal));
    commands.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            terminal.isInteractive() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setExpandAtFiles(false); // a picture may be called @x.jpg
    commands.setUsageHelpWidth(HELP_WIDTH);
    return commands;
  }
}
