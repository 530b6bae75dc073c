package dev.graft.check;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.Trust;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** The program of the process that {@link CheckProcess} starts. */
final class CheckMain {

  /** The caller comes first: it has the words for a check that takes too long. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private CheckMain() {}

  /**
   * Checks one model and notes what it finds after each step.
   *
   * @param args the model, the folder for notes and scratch files, the {@link Trust}, and after how
   *     many milliseconds nobody waits for the result any more, and the cache
   */
  public static void main(String[] args) {
    Path scratch = Path.of(args[1]);
    endWithoutCaller(scratch, Long.parseLong(args[3]));
    ObjectMapper json = new ObjectMapper();
    Checkup checkup =
        new Checkup(
            Path.of(args[0]),
            Trust.valueOf(args[2]),
            Path.of(args[4]),
            scratch,
            note -> write(json, scratch, note));
    checkup.run();
    System.exit(0); // whatever threads native code left behind
  }

  /**
   * Ends this process, whatever a model's native code is at, once the one that started it is gone:
   * then its end of the pipe to standard input is closed. And after the time that it would have
   * waited, should it have been stopped itself.
   */
  private static void endWithoutCaller(Path scratch, long millis) {
    watch(
        () -> {
          while (System.in.read() >= 0) {
            // nothing is ever sent
          }
        },
        scratch);
    watch(() -> Thread.sleep(Math.addExact(millis, GRACE.toMillis())), scratch);
  }

  private interface Wait {
    void untilNobodyWaits() throws IOException, InterruptedException;
  }

  private static void watch(Wait wait, Path scratch) {
    Thread thread =
        new Thread(
            () -> {
              try {
                wait.untilNobodyWaits();
                CheckProcess.delete(scratch);
              } catch (IOException | UncheckedIOException | InterruptedException e) {
                // there is nobody to tell
              } finally {
                Runtime.getRuntime().halt(1); // even out of memory
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private static void write(ObjectMapper json, Path scratch, CheckProcess.Note note) {
    try {
      Path next = scratch.resolve("report.next");
      json.writeValue(next.toFile(), note);
      Files.move(next, scratch.resolve(CheckProcess.REPORT), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("the report cannot be written", e);
    }
  }
}
