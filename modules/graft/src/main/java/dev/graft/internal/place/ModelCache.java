package dev.graft.internal.place;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.graft.savedmodel.file.Durable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Models that had to be unpacked: in {@code models} of the cache, a folder for each archive, named
 * by its content. It owns these folders: when they take more than the limit, those that were not
 * asked for in the longest time go, but none that was asked for within the last day, since a model
 * of some process may still read its weights there.
 */
final class ModelCache {

  private static final System.Logger LOG = System.getLogger(ModelCache.class.getName());

  private static final long LIMIT = 20L << 30; // bytes
  private static final Duration IN_USE = Duration.ofDays(1);
  private static final String TEMPORARY = ".graft-tmp-";
  private static final String CONTENT = ".content"; // what was put into a folder, by size and path

  /** What {@link Files#readAllLines} takes for one. */
  private static final Pattern LINE_BREAK = Pattern.compile("[\\r\\n]");

  private final Path root;
  private final long limit;
  private final Duration inUse;

  ModelCache(Path root, long limit, Duration inUse) {
    this.root = root;
    this.limit = limit;
    this.inUse = inUse;
  }

  /** The one in {@code home}, with the usual limits. */
  static ModelCache under(Path home) {
    return new ModelCache(home.resolve("models"), LIMIT, IN_USE);
  }

  /** Fills a new folder. */
  @FunctionalInterface
  interface Filler {
    void fill(Path folder) throws IOException;
  }

  /**
   * The folder called {@code key}, filled by {@code filler} if it is not there whole, also if
   * several processes ask at once.
   */
  Path folder(String key, Filler filler) throws IOException {
    Path folder = root.resolve(key);
    if (!isWhole(folder)) {
      Durable.makeFolders(root);
      Path next = Files.createTempDirectory(root, TEMPORARY);
      try {
        filler.fill(next);
        Durable.write(next.resolve(CONTENT), content(next).getBytes(StandardCharsets.UTF_8));
        while (!isMoved(next, folder) && !isWhole(folder)) {
          remove(folder); // half of it, as a power cut or an older Graft may have left it
          LOG.log(Level.INFO, "{0} was not whole; the archive is unpacked again", folder);
        }
      } finally {
        delete(next); // moved away if all went well
      }
    }
    Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
    prune();
    return folder;
  }

  /** Every file below {@code folder} whose name has no line break, a line each: size and path. */
  private static String content(Path folder) throws IOException {
    StringBuilder lines = new StringBuilder();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file :
          all.filter(Files::isRegularFile)
              .filter(file -> !LINE_BREAK.matcher(file.toString()).find())
              .sorted()
              .toList()) {
        lines.append(Files.size(file)).append(' ').append(folder.relativize(file)).append('\n');
      }
    }
    return lines.toString();
  }

  /** Whether all that was put into {@code folder} is still there. */
  private static boolean isWhole(Path folder) {
    try {
      for (String line : Files.readAllLines(folder.resolve(CONTENT))) {
        int space = line.indexOf(' ');
        if (Files.size(folder.resolve(line.substring(space + 1)))
            != Long.parseLong(line.substring(0, space))) {
          return false;
        }
      }
      return true;
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
      return false;
    }
  }

  /** Takes {@code folder} away at once, then deletes it, so that nobody ever finds half of it. */
  private void remove(Path folder) throws IOException {
    Path gone = Files.createTempDirectory(root, TEMPORARY);
    try {
      Files.move(folder, gone.resolve("gone"), StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      // there was none, or another process was faster
    }
    delete(gone);
  }

  /** Moves {@code from} unless there is a folder at {@code to}; whether it did. */
  private static boolean isMoved(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (FileSystemException e) {
      if (!Files.isDirectory(to)) { // else another process was faster, or there was half of one
        throw e;
      }
      return false;
    }
  }

  /** What is too old to be in use goes, the oldest first, until the rest fits the limit. */
  private void prune() throws IOException {
    List<Path> folders;
    try (Stream<Path> all = Files.list(root)) {
      folders =
          all.filter(Files::isDirectory).sorted(Comparator.comparing(ModelCache::used)).toList();
    }
    long bytes = folders.stream().mapToLong(ModelCache::size).sum();
    Instant old = Instant.now().minus(inUse);
    for (Path folder : folders) {
      if (bytes <= limit || used(folder).isAfter(old)) {
        return;
      }
      bytes -= size(folder);
      remove(folder);
      LOG.log(Level.INFO, "{0} is deleted to make room for other archives", folder);
    }
  }

  private static Instant used(Path folder) {
    try {
      return Files.getLastModifiedTime(folder).toInstant();
    } catch (IOException e) {
      return Instant.MAX; // gone meanwhile
    }
  }

  private static long size(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // gone meanwhile
    }
  }

  private static void delete(Path folder) throws IOException {
    try {
      if (Files.exists(folder)) {
        MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
      }
    } catch (NoSuchFileException e) {
      // another process was faster
    }
  }
}
