package dev.graft;

import dev.graft.error.BadDataException;
import dev.graft.runtime.TensorFlowException;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Asks a model about pictures, and says which of them it is that TensorFlow cannot decode. */
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
}
