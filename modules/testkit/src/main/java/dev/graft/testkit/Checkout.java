package dev.graft.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checkout of Graft that a test runs in, whatever module's folder the test was started from.
 */
public final class Checkout {
  private static final Path ROOT = find();

  private Checkout() {}

  /** The root folder: the one that holds {@code testdata/zoo}. */
  public static Path root() {
    return ROOT;
  }

  /** A file or folder by its path from the root, for example {@code testdata/photos}. */
  public static Path path(String relative) {
    return ROOT.resolve(relative);
  }

  /** Copies the folder {@code from}, with all that is in it, to {@code to}, which may be there. */
  public static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        Path copy = to.resolve(from.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(each, copy);
        }
      }
    }
  }

  private static Path find() {
    Path start = Path.of(System.getProperty("graft.root", "")).toAbsolutePath();
    for (@Nullable Path at = start; at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("testdata/zoo"))) {
        return at;
      }
    }
    throw new IllegalStateException(
        "no folder from " + start + " upwards holds testdata/zoo; set -Dgraft.root to a checkout");
  }
}
