package dev.graft.exporter;

import dev.graft.error.FailedCheckException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * All files of a version once more, on the disk for good, and read back.
 *
 * @param version the folder that is copied
 */
record VersionCopy(Path version) {

  /**
   * Fills {@code folder}, which is there and empty.
   *
   * @throws FailedCheckException if what was written is not what was read
   */
  void into(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> entries = Files.walk(version)) {
      all = entries.filter(entry -> !entry.equals(version)).toList();
    }
    for (Path entry : all) {
      Path copy = folder.resolve(version.relativize(entry).toString());
      if (Files.isDirectory(entry)) {
        Files.createDirectory(copy);
      } else {
        copy(entry, copy);
      }
    }
  }

  private static void copy(Path entry, Path copy) throws IOException {
    try (FileChannel in = FileChannel.open(entry, StandardOpenOption.READ);
        FileChannel out =
            FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long size = in.size();
      long done = 0;
      while (done < size) {
        done += in.transferTo(done, size - done, out);
      }
      out.force(true);
    }
    if (Files.mismatch(entry, copy) >= 0) {
      throw new FailedCheckException(
          "'"
              + entry
              + "' was copied to '"
              + copy
              + "' and reads otherwise there; look after the"
              + " disk.");
    }
  }
}
