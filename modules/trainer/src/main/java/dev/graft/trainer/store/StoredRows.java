package dev.graft.trainer.store;

import com.google.common.io.ByteStreams;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one tensor that are on disk, by example: those that were there when it was opened.
 * What is appended is for whoever opens them later, in this process or another.
 */
final class StoredRows implements AutoCloseable {

  private static final long LARGEST = 1L << 30; // bytes of a file
  private static final String PART = ".part";

  /** How long a folder that is written to may look unused; the longest unused makes room. */
  private static final Duration A_WHILE = Duration.ofSeconds(30);

  /** How long ago a file was last written that is damaged, and not being written. */
  private static final Duration SETTLED = Duration.ofMinutes(1);

  private final Path folder;
  private final RowForm form;
  private final Map<RowDigest, Place> places = new HashMap<>();
  private final Map<FileChannel, Path> open = new HashMap<>();
  private final Set<Path> used = new HashSet<>(); // files of which rows were found, or written
  private final Set<Path> damaged = new HashSet<>();
  private final Set<RowFile.Block> broken = new HashSet<>();
  private RowFile.@Nullable Block last; // whose rows are at hand: they are asked for in order
  private ByteBuffer lastRows = ByteBuffer.allocate(0);
  private RowFile.@Nullable Writer writer;
  private Instant touched = Instant.now();
  private boolean lost; // rows of whoever knows which examples
  private int missed;

  /** Where the row of an example is, and where else: what is damaged is written once more. */
  private record Place(RowFile.Block block, int row, @Nullable Place other) {}

  private StoredRows(Path folder, RowForm form) {
    this.folder = folder;
    this.form = form;
  }

  /** Opens those in {@code folder}. */
  static StoredRows open(Path folder, RowForm form) throws IOException {
    StoredRows stored = new StoredRows(folder, form);
    for (Path file : files(folder)) {
      try {
        stored.add(file);
      } catch (NoSuchFileException e) {
        // it made room for others meanwhile
      } catch (IOException e) {
        stored.lost = true;
      }
    }
    return stored;
  }

  /** The files of rows in {@code folder}; nothing else that lies there. */
  static List<Path> files(Path folder) throws IOException {
    return files(folder, RowFile.SUFFIX);
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(suffix))
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    }
  }

  /** Those, and what a process left that was killed while it replaced one of them. */
  static List<Path> allFiles(Path folder) throws IOException {
    return Stream.concat(files(folder).stream(), files(folder, PART).stream()).toList();
  }

  private void add(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    open.put(channel, file);
    OptionalLong whole =
        RowFile.read(
            channel,
            form,
            (example, block, row) ->
                places.compute(example, (key, other) -> new Place(block, row, other)));
    if (whole.isPresent()) {
      lost = true;
      damaged.add(file);
      if (!isRecent(file)) {
        replace(file, whole.getAsLong());
      }
    }
  }

  /** Whether somebody may be writing it: a network drive may show its size before what is in it. */
  private static boolean isRecent(Path file) throws IOException {
    Instant changed = Files.getLastModifiedTime(file).toInstant();
    return changed.isAfter(Instant.now().minus(SETTLED));
  }

  /** Leaves of a damaged file what is whole, in one of its own, so that nobody else finds it so. */
  private void replace(Path file, long whole) {
    Path own = folder.resolve(UUID.randomUUID() + PART);
    try {
      try (InputStream damaged = Files.newInputStream(file)) {
        Files.copy(ByteStreams.limit(damaged, whole), own);
      }
      Files.delete(file); // of those who find it damaged at once, one goes on
      if (whole > 0) {
        Files.move(own, folder.resolve(UUID.randomUUID() + RowFile.SUFFIX));
      }
    } catch (IOException e) {
      // another's folder, a full disk, or another was faster
    } finally {
      own.toFile().delete();
    }
  }

  /** How many rows were asked for that are not there since something was not whole. */
  int missed() {
    return missed;
  }

  /** Whether the row of {@code example} is there, as far as it is known. */
  boolean has(RowDigest example) {
    Place place = places.get(example);
    while (place != null && broken.contains(place.block())) {
      place = place.other();
    }
    if (place != null) {
      use(place);
    }
    return place != null;
  }

  /** The row of {@code example}. */
  Optional<TensorValue> find(RowDigest example) {
    Place first = places.get(example);
    for (Place place = first; place != null; place = place.other()) {
      if (!broken.contains(place.block())) {
        try {
          TensorValue row = form.row(read(place));
          use(place);
          return Optional.of(row);
        } catch (IOException e) {
          broken.add(place.block()); // what cannot be read is elsewhere, or computed
        }
      }
    }
    missed += first != null || lost ? 1 : 0;
    return Optional.empty();
  }

  /** Marks the file that holds {@code place} as used now: others look for what nobody needs. */
  private void use(Place place) {
    Path file = Objects.requireNonNull(open.get(place.block().channel()));
    if (used.add(file) && !damaged.contains(file)) { // else it would seem to be written for ever
      FeatureStore.touch(file);
    }
  }

  /** The files of which rows were found or written. */
  Set<Path> used() {
    return used;
  }

  private ByteBuffer read(Place place) throws IOException {
    RowFile.Block block = place.block();
    if (!block.isChecked()) {
      lastRows = block.all();
      last = block;
    }
    return block == last
        ? lastRows.slice(place.row() * form.bytes(), form.bytes())
        : block.row(place.row(), form.bytes());
  }

  /** Writes the rows of {@code examples}. */
  void append(List<RowDigest> examples, TensorValue values) throws IOException {
    RowFile.Writer to = writer;
    if (to != null && to.size() + RowFile.bytes(examples.size(), form) > LARGEST) {
      to.close();
      to = null;
    }
    if (to == null) {
      Path file = folder.resolve(UUID.randomUUID() + RowFile.SUFFIX);
      to = new RowFile.Writer(file);
      writer = to;
      used.add(file);
    }
    to.append(examples, values, form);
    if (Duration.between(touched, Instant.now()).compareTo(A_WHILE) > 0) {
      touched = Instant.now();
      FeatureStore.touch(folder);
    }
  }

  @Override
  public void close() throws IOException {
    for (FileChannel each : open.keySet()) {
      each.close();
    }
    if (writer != null) {
      writer.close();
    }
  }
}
