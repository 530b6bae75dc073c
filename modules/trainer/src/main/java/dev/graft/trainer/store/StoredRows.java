package dev.graft.trainer.store;

import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one tensor that are on disk, by example: those that were there when it was opened.
 * What is appended is for whoever opens them later, in this process or another.
 */
final class StoredRows implements AutoCloseable {

  private static final long LARGEST = 1L << 30; // bytes of a file, which is mapped as a whole

  private final Path folder;
  private final Map<RowDigest, ByteBuffer> rows = new HashMap<>();
  private RowFile.@Nullable Writer writer;
  private long room; // bytes
  private int damaged;

  private StoredRows(Path folder, long room) {
    this.folder = folder;
    this.room = room;
  }

  /**
   * Opens those in {@code folder}.
   *
   * @param room how many bytes more it may take
   */
  static StoredRows open(Path folder, int rowBytes, long room) throws IOException {
    StoredRows stored = new StoredRows(folder, room);
    for (Path file : stored.files()) {
      try {
        RowFile.Found found = RowFile.read(file, rowBytes, stored.rows::put);
        if (found.damaged() && isSalvaged(file, found.whole())) {
          stored.damaged++;
        }
      } catch (NoSuchFileException e) {
        // made room for others meanwhile
      }
    }
    return stored;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(RowFile.SUFFIX)).sorted().toList();
    }
  }

  /**
   * Puts the whole blocks of {@code file} into another in its place, unless somebody is writing it;
   * whether it did. It is not cut: others may have it mapped, and would die of that.
   */
  private static boolean isSalvaged(Path file, long whole) throws IOException {
    try (FileChannel from =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock = from.tryLock()) {
      if (lock == null) {
        return false;
      }
      if (whole > 0) {
        Path next = Files.createTempFile(file.getParent(), "whole", ".part");
        try (FileChannel to = FileChannel.open(next, StandardOpenOption.WRITE)) {
          for (long at = 0; at < whole; ) {
            at += from.transferTo(at, whole - at, to);
          }
        }
        Files.move(next, file.resolveSibling(UUID.randomUUID() + RowFile.SUFFIX));
      }
      Files.delete(file);
      return true;
    } catch (OverlappingFileLockException | NoSuchFileException e) {
      return false; // somebody in this process, or faster
    }
  }

  /** How many files held something that was not whole, of which the rest was saved. */
  int damaged() {
    return damaged;
  }

  /** The row of {@code example}. */
  Optional<ByteBuffer> find(RowDigest example) {
    return Optional.ofNullable(rows.get(example)).map(ByteBuffer::slice);
  }

  /** Writes the rows of {@code examples}, all of them or none; whether there was room. */
  boolean append(List<RowDigest> examples, TensorValue values) throws IOException {
    room -= RowFile.bytes(examples.size(), values);
    if (room < 0) {
      return false;
    }
    RowFile.Writer to = writer;
    if (to == null || to.size() > LARGEST) {
      close();
      to = new RowFile.Writer(folder.resolve(UUID.randomUUID() + RowFile.SUFFIX));
      writer = to;
    }
    to.append(examples, values);
    return true;
  }

  @Override
  public void close() throws IOException {
    if (writer != null) {
      writer.close();
      writer = null;
    }
  }
}
