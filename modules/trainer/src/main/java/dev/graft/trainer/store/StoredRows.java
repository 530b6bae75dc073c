package dev.graft.trainer.store;

import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
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

  private static final long LARGEST = 1L << 30; // bytes of a file

  private final Path folder;
  private final int rowBytes;
  private final Map<RowDigest, Place> places = new HashMap<>();
  private final List<FileChannel> open = new ArrayList<>();
  private RowFile.@Nullable Writer writer;
  private int damaged;

  private record Place(FileChannel file, long position) {}

  private StoredRows(Path folder, int rowBytes) {
    this.folder = folder;
    this.rowBytes = rowBytes;
  }

  /** Opens those in {@code folder}. */
  static StoredRows open(Path folder, int rowBytes) throws IOException {
    StoredRows stored = new StoredRows(folder, rowBytes);
    for (Path file : files(folder)) {
      try {
        stored.add(file);
      } catch (IOException e) {
        stored.damaged++; // it made room for others meanwhile, or cannot be read
      }
    }
    return stored;
  }

  /** The files of rows in {@code folder}; nothing else that lies there. */
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(RowFile.SUFFIX))
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    }
  }

  private void add(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    open.add(channel);
    long whole =
        RowFile.read(
            channel,
            rowBytes,
            (example, position) -> places.put(example, new Place(channel, position)));
    damaged += whole < channel.size() ? 1 : 0;
  }

  /** How many files held something that is not whole, or still being written. */
  int damaged() {
    return damaged;
  }

  /** Whether the row of {@code example} is there. */
  boolean has(RowDigest example) {
    return places.containsKey(example);
  }

  /** The row of {@code example}. */
  Optional<ByteBuffer> find(RowDigest example) {
    Place place = places.get(example);
    if (place == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(RowFile.read(place.file(), place.position(), rowBytes));
    } catch (IOException e) {
      return Optional.empty(); // what cannot be read is computed
    }
  }

  /** Writes the rows of {@code examples}, all of them or none. */
  void append(List<RowDigest> examples, TensorValue values) throws IOException {
    RowFile.Writer to = writer;
    if (to != null && to.size() + RowFile.bytes(examples.size(), values) > LARGEST) {
      to.close();
      to = null;
    }
    if (to == null) {
      to = new RowFile.Writer(folder.resolve(UUID.randomUUID() + RowFile.SUFFIX));
      writer = to;
    }
    to.append(examples, values);
  }

  @Override
  public void close() throws IOException {
    for (FileChannel each : open) {
      each.close();
    }
    if (writer != null) {
      writer.close();
    }
  }
}
