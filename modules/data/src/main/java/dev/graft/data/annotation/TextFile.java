package dev.graft.data.annotation;

import com.google.common.io.ByteStreams;
import dev.graft.error.BadDataException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of annotations. It may be a pipe or without end, or a link to a file that is nobody's
 * business: links are followed, as they are for pictures, but messages quote nothing behind them.
 *
 * @param path where it is
 * @param root the folder of the data
 */
record TextFile(Path path, Path root) {

  private static final int BUFFER = 1 << 16;
  private static final int MOST_QUOTED = 100; // characters

  /**
   * Fails unless it is a file that ends before so many bytes.
   *
   * @throws BadDataException saying why not
   */
  void requireAtMost(long most) {
    if (!Files.isRegularFile(path)) {
      throw new BadDataException(path + " is no file that ends; put one there, or take it out.");
    }
    try {
      if (Files.size(path) > most) {
        throw new BadDataException(
            path
                + " has "
                + Files.size(path)
                + " bytes, too many for such a file ("
                + most
                + "); check what it is.");
      }
    } catch (IOException e) {
      throw new BadDataException(path + " cannot be read; check that it is there.", e);
    }
  }

  /** Its bytes, at most so many even if it grows meanwhile. */
  InputStream open(long most) throws IOException {
    requireAtMost(most);
    return ByteStreams.limit(new BufferedInputStream(Files.newInputStream(path), BUFFER), most);
  }

  byte[] bytes(long most) {
    try (InputStream in = open(most)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new BadDataException(path + " cannot be read; check that it is there.", e);
    }
  }

  String text(int most) {
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(most))).toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (IOException e) {
      throw new BadDataException(path + " cannot be read as UTF-8 text; save it in UTF-8.", e);
    }
  }

  /** What is written there, for a message. */
  String quote(String written) {
    String plain = written.replaceAll("\\p{Cntrl}", "?");
    return !isInside()
        ? "a text that is not shown, since a link leads there"
        : plain.length() <= MOST_QUOTED
            ? "'" + plain + "'"
            : "'" + plain.substring(0, MOST_QUOTED) + "...'";
  }

  private boolean isInside() {
    try {
      return path.toRealPath().startsWith(root.toRealPath());
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
