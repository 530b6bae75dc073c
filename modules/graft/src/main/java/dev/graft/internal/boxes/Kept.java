package dev.graft.internal.boxes;

import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.file.Durable;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.util.function.Function;
import java.util.function.Supplier;

/** What a run has chosen once, in files of its folder: a run that goes on does not choose again. */
final class Kept {

  private Kept() {}

  /** What is in {@code file}: what {@code now} gives the first time, which is asked for once. */
  static <T> T in(Path file, Supplier<T> now, Function<String, T> parse) {
    try {
      if (!Files.exists(file)) {
        Durable.replace(file, String.valueOf(now.get()).getBytes(StandardCharsets.UTF_8));
      }
      return parsed(file, Files.readString(file).strip(), parse);
    } catch (IOException e) {
      throw new InputOutputException(
          "'" + file + "' cannot be kept (" + e.getMessage() + "); make room there.", e);
    }
  }

  private static <T> T parsed(Path file, String text, Function<String, T> parse) {
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new InputOutputException(
          "'" + file + "' is damaged (" + e.getMessage() + "); begin a new run.", Remedy.NEW_RUN);
    }
  }
}
