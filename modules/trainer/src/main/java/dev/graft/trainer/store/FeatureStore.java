package dev.graft.trainer.store;

import dev.graft.error.Internal;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Durable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Features on disk: a folder for each tensor of each network, named by all that its rows depend on,
 * and in it rows by the examples that they are of. Any number of processes may read and write it at
 * once. When all of it takes more than the limit, the folders that were not asked for in the
 * longest time go.
 */
@Internal
public final class FeatureStore {

  /** How many bytes they may take where nothing else is said. */
  public static final long LIMIT = 20L << 30;

  private final Path folder;
  private final long limit;

  private FeatureStore(Path folder, long limit) {
    this.folder = folder;
    this.limit = limit;
  }

  /** Where {@code runtime} is to keep them, if it is to. */
  public static Optional<FeatureStore> of(TensorFlowRuntime runtime) {
    return runtime.options().features().folder().map(FeatureStore::in);
  }

  /** The features in {@code folder}, as many as there is room for. */
  public static FeatureStore in(Path folder) {
    return in(folder, LIMIT);
  }

  /**
   * The features in {@code folder}.
   *
   * @param limit how many bytes they may take
   */
  public static FeatureStore in(Path folder, long limit) {
    return new FeatureStore(folder, limit);
  }

  /** Where they are. */
  public Path folder() {
    return folder;
  }

  /** How many bytes they may take. */
  public long limit() {
    return limit;
  }

  /** How many bytes they take. */
  public long size() {
    try {
      return folders().stream().mapToLong(FeatureStore::size).sum();
    } catch (IOException e) {
      return 0; // there are none yet
    }
  }

  /** Opens the rows of a tensor; others make room for more of them. */
  StoredRows open(String key, int rowBytes) throws IOException {
    Path rows = folder.resolve(key);
    Files.createDirectories(rows);
    Files.setLastModifiedTime(rows, FileTime.from(Instant.now()));
    prune();
    return StoredRows.open(rows, rowBytes, limit - size(rows));
  }

  private List<Path> folders() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isDirectory)
          .sorted(Comparator.comparing(FeatureStore::used))
          .toList();
    }
  }

  /** The newest folder stays, whatever it takes: it is in use. */
  private void prune() throws IOException {
    List<Path> oldestFirst = folders();
    long bytes = size();
    for (Path old : oldestFirst.subList(0, Math.max(0, oldestFirst.size() - 1))) {
      if (bytes <= limit) {
        return;
      }
      bytes -= size(old);
      try {
        Durable.delete(old);
      } catch (IOException e) {
        // another process was faster, or has it open where that holds it
      }
    }
  }

  private static FileTime used(Path folder) {
    try {
      return Files.getLastModifiedTime(folder);
    } catch (IOException e) {
      return FileTime.fromMillis(0); // gone meanwhile
    }
  }

  private static long size(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // gone meanwhile
    }
  }
}
