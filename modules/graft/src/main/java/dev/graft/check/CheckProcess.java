package dev.graft.check;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.error.InputOutputException;
import dev.graft.words.Remedy;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Checks a model in a process of its own, so that whatever its native code does, even an abort,
 * becomes a sentence in the report. It has the class path of this one ({@code java.class.path}),
 * which has to hold Graft's classes, not a jar of jars.
 */
final class CheckProcess {

  private static final System.Logger LOG = System.getLogger(CheckProcess.class.getName());

  static final String REPORT = "report.json";

  /** What the shell adds to the number of the signal that ended a process. */
  private static final int SIGNAL = 128;

  /** Lines that tell why Java did not start. */
  private static final int LAST = 4;

  private static final Map<Integer, String> SIGNALS =
      Map.of(4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL", 11, "SIGSEGV");

  private CheckProcess() {}

  /** What the process noted last: its report so far and the step that it began. */
  record Note(String step, boolean done, CheckReport report) {}

  static CheckReport run(Path model, CheckOptions options) {
    try {
      Path scratch = Files.createTempDirectory("graft-check");
      try {
        return run(model, options, scratch);
      } finally {
        clearAway(scratch);
      }
    } catch (IOException e) {
      throw new InputOutputException(
          "the check cannot be started ("
              + e.getMessage()
              + "); see to the folder of temporary files.",
          e);
    }
  }

  private static CheckReport run(Path model, CheckOptions options, Path scratch)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command(model, options, scratch)).redirectErrorStream(true);
    builder.environment().putIfAbsent("TF_CPP_MIN_LOG_LEVEL", "2");
    Process process = builder.start();
    LogTail log = new LogTail(process.getInputStream());
    Thread atExit = new Thread(() -> end(process, scratch), "graft-check-end");
    atShutdown(atExit, true);
    boolean ended = false;
    boolean interrupted = false;
    try {
      ended = process.waitFor(options.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      interrupted = true;
    } finally {
      endForcibly(process);
      atShutdown(atExit, false);
    }
    Path report = scratch.resolve(REPORT);
    boolean begun = Files.exists(report);
    Note note = note(report);
    if (note.done()) {
      return note.report();
    }
    String reason;
    List<Remedy> remedies = List.of();
    if (ended) {
      reason = died(process.exitValue(), note.step()) + lastWords(log.lines(), begun);
    } else if (interrupted) {
      reason = "the check was interrupted while it " + note.step() + ".";
    } else {
      reason =
          "there was no result within "
              + options.timeout().toSeconds()
              + " s; it was stopped while it "
              + note.step()
              + ". Allow more time.";
      remedies = List.of(Remedy.CHECK_TIME);
    }
    Findings findings = Findings.of(note.report());
    findings.stop(reason, remedies);
    return findings.report();
  }

  /** For when this process is told to end while the other one is at work. */
  private static void end(Process process, Path scratch) {
    endForcibly(process);
    clearAway(scratch);
  }

  /**
   * Ends it, and waits a moment until it is gone: it may still be writing in its folder. One that
   * ended by itself is left alone, since Java would close what it printed before that was read.
   */
  private static void endForcibly(Process process) {
    if (!process.isAlive()) {
      return;
    }
    process.destroyForcibly();
    boolean interrupted = Thread.interrupted();
    try {
      boolean unused = process.waitFor(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** What was found is worth more than a clean folder. */
  private static void clearAway(Path scratch) {
    try {
      delete(scratch);
    } catch (IOException | UncheckedIOException e) { // the machine clears its temporary files
      LOG.log(Level.INFO, "cannot delete " + scratch, e);
    }
  }

  private static void atShutdown(Thread task, boolean wanted) {
    try {
      if (wanted) {
        Runtime.getRuntime().addShutdownHook(task);
      } else {
        Runtime.getRuntime().removeShutdownHook(task);
      }
    } catch (IllegalStateException e) {
      // the shutdown is going on already
    }
  }

  private static List<String> command(Path model, CheckOptions options, Path scratch) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (flag.startsWith("-XX:SharedArchiveFile=") || flag.startsWith("--")) {
        command.add(flag);
      }
    }
    if (options.heapMegabytes() > 0) {
      command.add("-Xmx" + options.heapMegabytes() + "m");
    }
    command.addAll(
        List.of(
            "-Xlog:disable",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=" + scratch.resolve("crash.txt"),
            "-Djava.io.tmpdir=" + scratch,
            "-cp",
            System.getProperty("java.class.path"),
            CheckMain.class.getName(),
            model.toAbsolutePath().toString(),
            scratch.toString(),
            options.trust().name(),
            Long.toString(options.timeout().toMillis()),
            options.cache().toAbsolutePath().toString()));
    return command;
  }

  private static Note note(Path file) {
    try {
      return new ObjectMapper().readValue(file.toFile(), Note.class);
    } catch (IOException e) {
      return new Note("started", false, new Findings().report());
    }
  }

  private static String died(int code, String step) {
    int signal = code > SIGNAL ? code - SIGNAL : -1;
    return "the process that ran the model ended while it "
        + step
        + ": "
        + (SIGNALS.containsKey(signal) ? "signal " + SIGNALS.get(signal) + ", " : "")
        + "exit code "
        + code;
  }

  /**
   * The line that it printed that tells what went wrong; the last ones if it had not {@code begun},
   * since then they are Java's own.
   */
  private static String lastWords(List<String> printed, boolean begun) {
    List<String> lines =
        printed.stream().filter(line -> !line.isBlank() && !line.startsWith("\tat ")).toList();
    String telling =
        lines.stream()
            .filter(
                line ->
                    line.contains("Check failed")
                        || line.contains("OutOfMemoryError")
                        || line.startsWith("F"))
            .findFirst()
            .orElse(begun ? "" : lastOf(lines));
    return telling.isEmpty() ? "." : ". Its last words: " + telling.strip();
  }

  private static String lastOf(List<String> lines) {
    return String.join(" ", lines.subList(Math.max(0, lines.size() - LAST), lines.size()));
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }
}
