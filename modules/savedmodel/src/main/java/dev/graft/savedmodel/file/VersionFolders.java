package dev.graft.savedmodel.file;

import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The names of versions below a serving base: their numbers, as TensorFlow Serving reads them. A
 * longer one would not fit in its 64 bits.
 */
@Internal
public final class VersionFolders {

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  private VersionFolders() {}

  /** Whether {@code path} is called as versions are. */
  public static boolean isOne(Path path) {
    return NUMBER.matcher(String.valueOf(path.getFileName())).matches();
  }

  /** The number of a version, which its folder is called by. */
  public static long number(Path version) {
    return Long.parseLong(String.valueOf(version.getFileName()));
  }

  /**
   * All folders directly below {@code base} that are called as versions are, the oldest first. Of
   * several with one number, {@code 07} and {@code 7}, the last name counts for TensorFlow Serving,
   * and so it comes last.
   */
  public static List<Path> in(Path base) throws IOException {
    try (Stream<Path> entries = Files.list(base)) {
      return entries
          .filter(VersionFolders::isOne)
          .filter(Files::isDirectory)
          .sorted(Comparator.comparingLong(VersionFolders::number).thenComparing(Path::toString))
          .toList();
    }
  }
}
