package dev.graft.trainer.internal.features;

import static com.google.common.collect.ImmutableSet.toImmutableSet;

import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.FileRows;
import dev.graft.tensor.PlacedRows;
import dev.graft.tensor.RowSink;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.store.FeatureStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where features go that are being used: memory, or files while this is open. */
public final class FeatureSpace implements AutoCloseable {

  private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");

  private final Set<TensorRef> inFiles;
  private final Path folder;
  private final List<FileRows> files = new ArrayList<>();

  private FeatureSpace(Set<TensorRef> inFiles, Path folder) {
    this.inFiles = Set.copyOf(inFiles);
    this.folder = folder;
  }

  /** Memory alone. */
  public static FeatureSpace memory() {
    return new FeatureSpace(Set.of(), Path.of(""));
  }

  /** Files in {@code folder} for some tensors, memory for the others. */
  static FeatureSpace of(Set<TensorRef> inFiles, Path folder) {
    return new FeatureSpace(inFiles, folder);
  }

  /** For features of so many examples at {@code cut}; none where there is no room for them. */
  public static Optional<FeatureSpace> of(
      Frontier frontier, Collection<TensorRef> cut, long examples, TensorFlowRuntime runtime) {
    Room room = Room.of(runtime);
    long bytes = frontier.bytes(cut, examples);
    if (bytes < Math.min(Integer.MAX_VALUE, room.memory())) {
      return Optional.of(memory());
    }
    return bytes < room.disk()
        ? Optional.of(of(fileable(frontier, cut), room.folder()))
        : Optional.empty();
  }

  /** Those of {@code cut} that are numbers, of a known size for each example. */
  static Set<TensorRef> fileable(Frontier frontier, Collection<TensorRef> cut) {
    return cut.stream().filter(tensor -> frontier.bytes(tensor) > 0).collect(toImmutableSet());
  }

  /**
   * Where files for what is being used lie: with temporary ones where the store takes none. That is
   * found out by writing one.
   */
  static Path folder(TensorFlowRuntime runtime) {
    return FeatureStore.of(runtime)
        .map(FeatureStore::folder)
        .filter(FeatureSpace::takesFiles)
        .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
  }

  private static boolean takesFiles(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, "", ".tmp")); // only that tells
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * How many bytes there is room for in files: what the disk has left, but no more than a store.
   * Beside a store it is half of that, since the store keeps the same rows on the same disk; where
   * temporary files are in memory there is none.
   *
   * @param there the {@link #folder} of {@code runtime}
   */
  static long room(TensorFlowRuntime runtime, Path there) {
    boolean isOfStore = FeatureStore.of(runtime).filter(s -> s.folder().equals(there)).isPresent();
    try {
      FileStore disk = Files.getFileStore(there);
      if (IN_MEMORY.contains(disk.type())) {
        return 0;
      }
      long usable = Math.max(0, disk.getUsableSpace() - FeatureStore.RESERVE);
      return Math.min(FeatureStore.LIMIT, usable / (isOfStore ? 2 : 1));
    } catch (IOException e) {
      return FeatureStore.LIMIT; // it will be told of when it is written to
    }
  }

  /** A place for {@code size} rows of {@code tensor}. */
  RowSink rows(TensorRef tensor, int size) {
    if (!inFiles.contains(tensor)) {
      return new PlacedRows(size);
    }
    FileRows file = new FileRows(folder);
    files.add(file);
    return file;
  }

  @Override
  public void close() {
    for (FileRows file : files) {
      try {
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
