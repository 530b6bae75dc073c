package dev.graft.savedmodel.checkpoint;

import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Pointers that lie where Git LFS has not put the real files: models from repositories have them.
 */
@Internal
public final class GitLfs {

  private static final byte[] POINTER =
      "version https://git-lfs.github.com/".getBytes(StandardCharsets.US_ASCII);

  private GitLfs() {}

  /** Fails if {@code file} is such a pointer. */
  public static void refusePointer(Path file) {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(POINTER.length);
    } catch (IOException e) {
      return; // whoever needs its content will say so
    }
    if (Arrays.equals(head, POINTER)) {
      throw BadModelException.inFile(
          file.toString(),
          "'"
              + file
              + "' is only a pointer of Git LFS, not the file itself. Run 'git lfs pull' in its"
              + " repository.",
          null);
    }
  }
}
