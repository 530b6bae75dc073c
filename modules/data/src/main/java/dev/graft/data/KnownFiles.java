package dev.graft.data;

import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

/**
 * Remembers the digests of files, so that one which has not changed need not be read to know what
 * is in it. It is taken for unchanged if its path, its size, the time at which it was last written
 * and, where the system tells it, the time at which anything of it changed are the same. What was
 * written within the last seconds is not remembered, since it could change again without another
 * time; nor is what lies in no file system of this machine, such as an archive that is opened as
 * one. Where another digest is found for what is remembered, that is what is remembered.
 */
@Internal
public final class KnownFiles {

  /** To be counted up where the form changes: entries of two digests, then their CRC32C. */
  private static final String NAME = "files-2";

  private static final int ENTRY = 2 * ContentDigest.BYTES;
  private static final int MOST = 1_000_000;
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private final Optional<Path> folder;
  private final Duration settled;
  private final int most; // files
  private final Map<ContentDigest, ContentDigest> before = new ConcurrentHashMap<>();
  private final Map<ContentDigest, ContentDigest> used = new ConcurrentHashMap<>();
  private volatile boolean isChanged;

  private KnownFiles(Optional<Path> folder, Duration settled, int most) {
    this.folder = folder;
    this.settled = settled;
    this.most = most;
  }

  /** Remembers nothing. */
  static KnownFiles none() {
    return new KnownFiles(Optional.empty(), SETTLED, MOST);
  }

  /** What is remembered in {@code folder}; nothing where that cannot be read. */
  public static KnownFiles in(Path folder) {
    return in(folder, SETTLED, MOST);
  }

  /**
   * As the other form.
   *
   * @param settled how long ago a file has to be written to be remembered
   * @param most how many files are remembered
   */
  static KnownFiles in(Path folder, Duration settled, int most) {
    KnownFiles known = new KnownFiles(Optional.of(folder), settled, most);
    known.load(folder, known.before);
    return known;
  }

  private void load(Path from, Map<ContentDigest, ContentDigest> into) {
    try {
      Path file = from.resolve(NAME);
      long size = Files.size(file);
      if (size > bytes(most) || size % ENTRY != Integer.BYTES) {
        return; // it is not one of these
      }
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
      ByteBuffer entries = all.slice(0, all.limit() - Integer.BYTES);
      if (crc(entries.duplicate()) != all.getInt(entries.limit())) {
        return; // one wrong digest would give a picture the features of another
      }
      while (entries.hasRemaining() && into.size() < most) {
        into.putIfAbsent(ContentDigest.read(entries), ContentDigest.read(entries));
      }
    } catch (IOException e) {
      // files are read then
    }
  }

  private static long bytes(int entries) {
    return (long) entries * ENTRY + Integer.BYTES;
  }

  private static int crc(ByteBuffer entries) {
    CRC32C crc = new CRC32C();
    crc.update(entries);
    return (int) crc.getValue();
  }

  /** The digest of {@code file} if it is remembered. */
  Optional<ContentDigest> of(Path file) {
    return folder
        .flatMap(f -> mark(file))
        .flatMap(
            mark -> {
              Optional<ContentDigest> found =
                  Optional.ofNullable(used.get(mark))
                      .or(() -> Optional.ofNullable(before.get(mark)));
              found.ifPresent(digest -> used.put(mark, digest));
              return found;
            });
  }

  /** The digest of {@code file}, read if it is not remembered. */
  ContentDigest digest(Path file) throws IOException {
    Optional<ContentDigest> known = of(file);
    return known.isPresent() ? known.get() : ContentDigest.of(ByteBuffer.wrap(read(file)));
  }

  /** What is in {@code file}, whose digest is remembered from now on. */
  byte[] read(Path file) throws IOException {
    Optional<ContentDigest> mark = folder.flatMap(f -> mark(file)); // before it is read
    byte[] bytes = Files.readAllBytes(file);
    mark.ifPresent(
        m -> {
          ContentDigest digest = ContentDigest.of(ByteBuffer.wrap(bytes));
          if (!digest.equals(used.put(m, digest))) {
            isChanged = true; // or what was remembered was wrong
          }
        });
    return bytes;
  }

  /** By what a file is known again; none if it changed just now, or nothing is told of it. */
  private Optional<ContentDigest> mark(Path file) {
    if (!file.getFileSystem().equals(FileSystems.getDefault())) {
      return Optional.empty(); // its path is not the only one of that name
    }
    try {
      boolean isUnix = file.getFileSystem().supportedFileAttributeViews().contains("unix");
      Map<String, Object> told =
          Files.readAttributes(
              file, isUnix ? "unix:size,lastModifiedTime,ctime" : "size,lastModifiedTime");
      StringBuilder words = new StringBuilder(file.toAbsolutePath().toString());
      for (String name : new String[] {"size", "lastModifiedTime", "ctime"}) {
        Object value = told.get(name);
        if (value instanceof FileTime time
            && time.toInstant().isAfter(Instant.now().minus(settled))) {
          return Optional.empty();
        }
        words.append('\0').append(value);
      }
      byte[] bytes = words.toString().getBytes(StandardCharsets.UTF_8);
      return Optional.of(ContentDigest.of(ByteBuffer.wrap(bytes)));
    } catch (IOException e) {
      return Optional.empty(); // reading it says why
    }
  }

  /**
   * Writes down what there is to remember, and what others have written meanwhile. A folder that
   * cannot be written to costs the next run that it reads the files.
   */
  public void save() {
    if (folder.isEmpty() || !isChanged) {
      return;
    }
    Map<ContentDigest, ContentDigest> all = new LinkedHashMap<>(used); // what is needed comes first
    before.forEach(all::putIfAbsent);
    load(folder.get(), all);
    ByteBuffer entries = ByteBuffer.allocate((int) bytes(Math.min(all.size(), most)));
    all.entrySet().stream()
        .limit(most)
        .forEach(
            entry -> {
              entry.getKey().write(entries);
              entry.getValue().write(entries);
            });
    entries.putInt(crc(entries.duplicate().flip()));
    Path made = folder.get().resolve(UUID.randomUUID() + ".tmp");
    try {
      Files.createDirectories(folder.get());
      Files.write(made, entries.array());
      Files.move(made, folder.get().resolve(NAME), StandardCopyOption.REPLACE_EXISTING);
      isChanged = false;
    } catch (IOException e) {
      delete(made);
    }
  }

  private static void delete(Path made) {
    try {
      Files.deleteIfExists(made);
    } catch (IOException e) {
      // it lies there, small and used by nobody
    }
  }
}
