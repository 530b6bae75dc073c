package dev.graft.serving;

import dev.graft.savedmodel.file.VersionFolders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Looks at each version as soon as its name is there: whether all of it is. */
final class VersionWatch {

  private final Path base;
  private final List<String> whole;
  private final Queue<String> wrong;
  private final Set<String> looked = ConcurrentHashMap.newKeySet();

  /**
   * On a base with a version 1.
   *
   * @param wrong gets what is not as it should be
   */
  VersionWatch(Path base, Queue<String> wrong) throws IOException {
    this.base = base;
    this.whole = files(base.resolve("1"));
    this.wrong = wrong;
  }

  /** How many there were. */
  int seen() {
    return looked.size();
  }

  void until(BooleanSupplier end) throws IOException, InterruptedException {
    while (!end.getAsBoolean()) {
      for (Path version : VersionFolders.in(base)) {
        if (looked.add(version.getFileName().toString())) {
          look(version);
        }
      }
      Thread.sleep(5);
    }
  }

  private void look(Path version) {
    try {
      List<String> there = files(version);
      if (!there.equals(whole) && Files.exists(version)) {
        wrong.add(version.getFileName() + " holds " + there);
      }
    } catch (IOException | UncheckedIOException e) { // it may have been removed already
      if (Files.exists(version)) {
        wrong.add(version.getFileName() + ": " + e);
      }
    }
  }

  /** All files of a version, the weights with their size. */
  private static List<String> files(Path version) throws IOException {
    try (Stream<Path> all = Files.walk(version)) {
      return all.map(
              path ->
                  version.relativize(path)
                      + (path.toString().contains("data-") ? " " + path.toFile().length() : ""))
          .sorted()
          .toList();
    }
  }
}
