package dev.graft.internal.place;

import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.file.Durable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder for files that are needed for a moment; closing it deletes it.
 *
 * @param path where it is
 */
public record ScratchFolder(Path path) implements AutoCloseable {

  public static ScratchFolder open() {
    try {
      return new ScratchFolder(Files.createTempDirectory("graft-"));
    } catch (IOException e) {
      throw new InputOutputException(
          "no folder can be made for temporary files ("
              + e.getMessage()
              + "); name one that can be written to with -Djava.io.tmpdir.",
          e);
    }
  }

  @Override
  public void close() {
    try {
      Durable.delete(path);
    } catch (IOException e) { // what it was for is done
      System.getLogger(ScratchFolder.class.getName())
          .log(Level.WARNING, "cannot delete " + path, e);
    }
  }
}
