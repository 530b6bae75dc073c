package dev.graft.cli;

import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.words.Printable;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Where the program prints. On an interactive terminal a line may be drawn over (the moving bar)
 * and coloured; everywhere else each line is printed once and stays, so that a log file reads well.
 */
final class Terminal {

  /** Set by the launcher, which can see whether standard output is a terminal; Java 17 cannot. */
  private static final String COLUMNS = "graft.columns";

  private static final String ERASE_LINE = "\r\u001b[K";

  private final Supplier<PrintStream> out;
  private final Supplier<PrintStream> err;
  private final int columns; // 0 where it is no terminal
  private boolean drawn; // whether a line is there that the next one covers

  private Terminal(Supplier<PrintStream> out, Supplier<PrintStream> err, int columns) {
    this.out = out;
    this.err = err;
    this.columns = columns;
  }

  /**
   * The terminal of this process. Standard error is asked for anew at each line: once TensorFlow's
   * own lines go to a file, what {@code System.err} was before leads to that file too.
   */
  static Terminal system() {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    return new Terminal(
        () -> out,
        () -> new PrintStream(System.err, true, StandardCharsets.UTF_8),
        Integer.getInteger(COLUMNS, 0));
  }

  static Terminal to(PrintStream out, PrintStream err, int columns) {
    return new Terminal(() -> out, () -> err, columns);
  }

  /** One whose lines all go to standard error, where a program reads standard output. */
  Terminal aside() {
    return new Terminal(err, err, 0);
  }

  /** Who tells a training's decisions on standard error, where a program reads standard output. */
  TrainingListener decisions() {
    return TrainingListener.to(Decision.class, each -> error(each.sentence()));
  }

  boolean isInteractive() {
    return columns > 0;
  }

  int columns() {
    return isInteractive() ? columns : 100;
  }

  /** Prints a line that stays: one, whatever names in it hold. */
  synchronized void line(String text) {
    clear();
    out.get().println(Printable.line(text));
  }

  /** Prints a JSON value, which has lines of its own. */
  synchronized void json(String value) {
    clear();
    out.get().println(Printable.json(value));
  }

  /** Prints a line in {@code printf} form that stays. */
  void format(String pattern, Object... arguments) {
    line(String.format(Locale.ROOT, pattern, arguments));
  }

  /** Draws a line over the last drawn one; does nothing where lines cannot be drawn over. */
  synchronized void draw(String text) {
    if (isInteractive()) {
      String line = Printable.line(text);
      out.get()
          .print(ERASE_LINE + (line.length() >= columns ? line.substring(0, columns - 1) : line));
      out.get().flush();
      drawn = true;
    }
  }

  /** Takes the drawn line away. */
  synchronized void clear() {
    if (drawn) {
      out.get().print(ERASE_LINE);
      out.get().flush();
      drawn = false;
    }
  }

  /** Prints bad news, which may take several lines. */
  synchronized void error(String text) {
    clear();
    err.get().println(Printable.lines(text));
  }

  /** Prints a line that stays, in bold where the terminal can. */
  synchronized void bold(String text) {
    clear();
    String line = Printable.line(text);
    out.get().println(isInteractive() ? "\u001b[1m" + line + "\u001b[0m" : line);
  }

  /** {@code path} as a shell takes it for one word, in a command that is shown to be copied. */
  static String quoted(Path path) {
    String text = path.toString();
    return text.matches("[\\w%+,./:=@\\\\-]+")
        ? text
        : '"' + text.replaceAll("[\"$`]", "\\\\$0") + '"';
  }

  PrintWriter writer() {
    return new PrintWriter(out.get(), true, StandardCharsets.UTF_8);
  }

  PrintWriter errorWriter() {
    return new PrintWriter(err.get(), true, StandardCharsets.UTF_8);
  }
}
