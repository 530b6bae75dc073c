package dev.graft.trainer.store;

import dev.graft.error.Internal;
import dev.graft.runtime.TensorFlowRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Features on disk: a folder for each tensor of each network, named by all that its rows depend on,
 * and in it rows by the examples that they are of. Any number of processes may read and write it at
 * once. When all of it takes more than the limit, the folders that were not asked for in the
 * longest time go, and where a run finds no room for what is new, files of which it uses nothing.
 */
@Internal
public final class FeatureStore {

  /** How many bytes they may take where nothing else is said. */
  public static final long LIMIT = 20L << 30;

  /**
   * How many bytes of the disk are left to others: what is kept for a later run must not take the
   * room that this one needs for its checkpoints, its model and its report.
   */
  public static final long RESERVE = 2L << 30;

  /** How long nobody has used what goes while somebody may be at work; a file is marked once. */
  private static final Duration UNUSED = Duration.ofHours(1);

  private static final Pattern KEY = Pattern.compile("[0-9a-f]{64}");

  private final Path folder;
  private final long limit;
  private final long reserve;

  private FeatureStore(Path folder, long limit, long reserve) {
    this.folder = folder;
    this.limit = limit;
    this.reserve = reserve;
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
    return in(folder, limit, RESERVE);
  }

  static FeatureStore in(Path folder, long limit, long reserve) {
    return new FeatureStore(folder, limit, reserve);
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

  /**
   * Makes folders for {@code keys}; others make room for these: a quarter of all there is.
   *
   * @return how many more bytes they may take
   */
  long prepare(Set<String> keys) throws IOException {
    for (String key : keys) {
      Files.createDirectories(folder.resolve(key));
      touch(folder.resolve(key));
    }
    long bytes = size();
    for (Path old : folders()) {
      if (bytes > limit - limit / 4 && !keys.contains(String.valueOf(old.getFileName()))) {
        long taken = size(old);
        bytes -= isDeleted(old) ? taken : 0;
      }
    }
    return limit - bytes;
  }

  /**
   * Has files of rows make room that nobody used for some time, whatever network they are of: those
   * of the longest first, until there is as much as is needed and a sixteenth of the limit more,
   * within the limit and on the disk; none where all of them would not do. Whoever reads one of
   * them now goes on with it.
   *
   * @param needed for how many bytes
   * @param spared files that do not go
   * @return how many more bytes they may take
   */
  long makeRoom(long needed, Set<Path> spared) throws IOException {
    long room = Math.min(limit - size(), disk());
    List<Path> unused = unused(spared);
    if (room + unused.stream().mapToLong(FeatureStore::bytes).sum() < needed) {
      return room;
    }
    for (Path file : unused) {
      if (room >= needed + limit / 16) {
        break;
      }
      try {
        long taken = bytes(file);
        Files.delete(file);
        room += taken;
      } catch (IOException e) {
        // another process was faster, uses it, or owns it
      }
    }
    return room;
  }

  private List<Path> unused(Set<Path> spared) throws IOException {
    FileTime before = FileTime.from(Instant.now().minus(UNUSED));
    Map<Path, FileTime> used = new HashMap<>();
    for (Path each : folders()) {
      for (Path file : files(each)) {
        used.put(file, used(file));
      }
    }
    used.keySet().removeAll(spared);
    used.values().removeIf(time -> time.compareTo(before) > 0);
    return longestUnusedFirst(used);
  }

  /** Whether nothing was ever kept in it. */
  public boolean isEmpty() {
    try {
      return folders().isEmpty();
    } catch (IOException e) {
      return true; // as what cannot be read
    }
  }

  /** Whether rows by that name were ever kept. */
  boolean has(String key) {
    return Files.isDirectory(folder.resolve(key), LinkOption.NOFOLLOW_LINKS);
  }

  /** Marks {@code own}, a folder or a file, as used now. */
  static void touch(Path own) {
    try {
      Files.setLastModifiedTime(own, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // another user's, or gone: it is not the newest then
    }
  }

  /** How many bytes more the disk has room for, now: others write to it, too. */
  long disk() throws IOException {
    return Files.getFileStore(folder).getUsableSpace() - reserve;
  }

  /** Opens the rows of a tensor, which were prepared. */
  StoredRows open(String key, RowForm form) throws IOException {
    return StoredRows.open(folder.resolve(key), form);
  }

  /** Those that it made itself, by their names, that of the longest unused first. */
  private List<Path> folders() throws IOException {
    Map<Path, FileTime> used = new HashMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(each -> KEY.matcher(String.valueOf(each.getFileName())).matches())
          .filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
          .forEach(each -> used.put(each, used(each)));
    } catch (UncheckedIOException e) {
      throw e.getCause(); // of a network drive
    }
    return longestUnusedFirst(used);
  }

  /** Deletes what is its own in there; whether all of it went. */
  private static boolean isDeleted(Path old) {
    try {
      for (Path file : StoredRows.allFiles(old)) {
        Files.delete(file);
      }
      Files.delete(old);
      return true;
    } catch (IOException e) {
      return false; // another process was faster, uses it, or owns it
    }
  }

  private static List<Path> longestUnusedFirst(Map<Path, FileTime> used) {
    return used.keySet().stream().sorted(Comparator.comparing(used::get)).toList();
  }

  private static FileTime used(Path own) {
    try {
      return Files.getLastModifiedTime(own);
    } catch (IOException e) {
      return FileTime.fromMillis(0); // gone meanwhile
    }
  }

  private static long size(Path folder) {
    return files(folder).stream().mapToLong(FeatureStore::bytes).sum();
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // gone meanwhile
    }
  }

  /** What is its own in there; nothing where it is gone meanwhile. */
  private static List<Path> files(Path folder) {
    try {
      return StoredRows.allFiles(folder);
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }
}
