package dev.graft;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The program of the process that {@link CheckProcess} starts. */
final class CheckMain {

  private CheckMain() {}

  /**
   * Checks one model and notes what it finds after each step.
   *
   * @param args the model, the folder for notes and scratch files, the {@link Trust}
   */
  public static void main(String[] args) {
    Path scratch = Path.of(args[1]);
    ObjectMapper json = new ObjectMapper();
    Checkup checkup =
        new Checkup(
            Path.of(args[0]), Trust.valueOf(args[2]), scratch, note -> write(json, scratch, note));
    checkup.run();
    System.exit(0); // whatever threads native code left behind
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
