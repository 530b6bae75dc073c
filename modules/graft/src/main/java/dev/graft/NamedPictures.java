package dev.graft;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.graft.data.ImageFormat;
import dev.graft.error.BadDataException;
import dev.graft.runtime.TensorFlowException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Reads pictures and asks a model about them, and says which of them it is that TensorFlow cannot
 * decode.
 */
final class NamedPictures {

  private NamedPictures() {}

  /**
   * What the model answers to pictures, asked about all at once.
   *
   * @param rows which pictures
   * @param ask what it answers to some of them
   * @param name what a user calls a picture
   * @throws BadDataException if one cannot be decoded, by its name
   */
  static <T> T answer(int[] rows, Function<int[], T> ask, IntFunction<String> name) {
    try {
      return ask.apply(rows);
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e; // not by what it was given
      }
      if (rows.length == 1) {
        throw new BadDataException(
            "'"
                + name.apply(rows[0])
                + "' is no picture that can be decoded; give a JPEG, PNG, GIF or BMP file.",
            e);
      }
      for (int row : rows) {
        var unused = answer(new int[] {row}, ask, name);
      }
      throw e;
    }
  }

  /** The bytes of a picture's file, unless its header says already that it is none. */
  static ByteString read(Path picture) {
    requireNonNull(picture, "picture");
    try {
      Optional<String> unfit =
          Files.isDirectory(picture) ? Optional.empty() : ImageFormat.unfit(picture);
      if (unfit.isPresent()) {
        throw new BadDataException("'" + picture + "' is " + unfit.get() + ".");
      }
      return ByteString.copyFrom(Files.readAllBytes(picture));
    } catch (NoSuchFileException e) {
      throw new BadDataException(
          "there is no file '" + picture + "'; give the path of a picture.", e);
    } catch (IOException e) {
      throw new BadDataException(
          "'"
              + picture
              + "' cannot be read ("
              + (Files.isDirectory(picture) ? "it is a folder" : e.getMessage())
              + "); give the path of a picture.",
          e);
    }
  }
}
