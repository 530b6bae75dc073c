package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.ContentDigest;
import dev.graft.tensor.DType;
import dev.graft.tensor.Halves;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.FaultyFileSystem;
import dev.graft.testkit.FaultyFileSystem.Fault;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows on disk: whole, or not there. */
class FeatureStoreTest {

  private static final RowForm ROW = RowForm.of(DType.FLOAT32, Shape.of(2));
  private static final int HEADER = 24;
  private static final int BLOCK = HEADER + 2 * (16 + 8); // bytes of a block of two rows
  private static final String A = "a".repeat(64);
  private static final String B = "b".repeat(64);
  private static final String C = "c".repeat(64);

  @TempDir private Path folder;
  private FeatureStore store;

  @BeforeEach
  void open() {
    store = FeatureStore.in(folder.resolve("features"), 1 << 20);
  }

  private static RowDigest example(int i) {
    return new RowDigest(new ContentDigest(i, -i));
  }

  /** Rows of two examples from {@code i} on; each row holds its example's number. */
  private static void append(StoredRows rows, int i) throws IOException {
    rows.append(examples(i), rows(i));
  }

  private static List<RowDigest> examples(int i) {
    return List.of(example(i), example(i + 1));
  }

  private static TensorValue rows(int i) {
    return TensorValue.of(Shape.of(2, 2), new float[] {i, i, i + 1, i + 1});
  }

  private StoredRows rows(String key) throws IOException {
    store.prepare(Set.of(key));
    return store.open(key, ROW);
  }

  private void keep(String key, int... examples) throws IOException {
    try (StoredRows rows = rows(key)) {
      for (int i : examples) {
        append(rows, i);
      }
    }
  }

  /** Which of the first ten examples are there, each with its own row. */
  private int[] found(String key) throws IOException {
    try (StoredRows rows = rows(key)) {
      return IntStream.range(0, 10)
          .filter(
              i -> {
                var row = rows.find(example(i));
                row.ifPresent(found -> assertThat(found.floats()).containsExactly(i, i));
                return row.isPresent();
              })
          .toArray();
    }
  }

  private Path file(String key) throws IOException {
    return StoredRows.files(store.folder().resolve(key)).get(0);
  }

  @Test
  void whatWasKeptIsFound() throws IOException {
    keep(A, 0, 4);
    keep(A, 6);
    assertThat(found(A)).containsExactly(0, 1, 4, 5, 6, 7);
    assertThat(found(B)).isEmpty();
    assertThat(store.size()).isEqualTo(3 * BLOCK);
  }

  /** A process that is killed leaves a part of a block behind, at most. */
  @Test
  void aTornBlockIsNotBelievedAndTheRestIs() throws IOException {
    keep(A, 0, 2);
    for (long torn = 2 * BLOCK - 1; torn > BLOCK; torn -= 7) {
      try (FileChannel channel = FileChannel.open(file(A), StandardOpenOption.WRITE)) {
        channel.truncate(torn);
      }
      assertThat(found(A)).containsExactly(0, 1);
    }
    keep(A, 2);
    assertThat(found(A)).containsExactly(0, 1, 2, 3);
  }

  /** Those of a torn block whose digests are whole; others are not told from new examples. */
  @Test
  void whatWasAskedForAndIsDamagedIsCounted() throws IOException {
    keep(A, 0, 2);
    try (FileChannel channel = FileChannel.open(file(A), StandardOpenOption.WRITE)) {
      channel.truncate(2 * BLOCK - 1);
    }
    try (StoredRows rows = rows(A)) {
      rows.find(example(0));
      rows.find(example(9));
      assertThat(rows.missed()).isZero();
      assertThat(rows.find(example(2))).isEmpty();
      assertThat(rows.missed()).isEqualTo(1);
    }
    keep(A, 2);
    try (StoredRows rows = rows(A)) {
      assertThat(rows.find(example(2))).isPresent();
      rows.find(example(9));
      assertThat(rows.missed()).as("once they are there again").isZero();
    }
  }

  /** Whichever of its files is opened last. */
  @Test
  void whatIsKeptOnceMoreIsFoundThoughItWasDamaged() throws IOException {
    for (String name : List.of("0.rows", "z.rows")) {
      keep(A, 0);
      try (FileChannel channel = FileChannel.open(file(A), StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[] {77}), BLOCK - 1);
      }
      Files.move(file(A), folder.resolve(name));
      keep(A, 0);
      Files.move(folder.resolve(name), store.folder().resolve(A).resolve(name));
      assertThat(found(A)).as(name).containsExactly(0, 1);
      for (Path file : StoredRows.files(store.folder().resolve(A))) {
        Files.delete(file);
      }
    }
  }

  /** Else nobody could read it. */
  @Test
  void aLargeBatchIsKeptInSeveralBlocks() throws IOException {
    RowForm large = RowForm.of(DType.FLOAT32, Shape.of(6 << 20)); // of 24 MiB
    store.prepare(Set.of(A));
    try (StoredRows rows = store.open(A, large)) {
      List<RowDigest> examples = List.of(example(0), example(1), example(2));
      rows.append(examples, TensorValue.of(Shape.of(3, 6 << 20), new float[18 << 20]));
    }
    Set<RowFile.Block> blocks = new HashSet<>();
    try (FileChannel channel = FileChannel.open(file(A))) {
      assertThat(RowFile.read(channel, large, (example, block, row) -> blocks.add(block)))
          .isEmpty();
    }
    assertThat(blocks).hasSize(2);
    try (StoredRows rows = store.open(A, large)) {
      assertThat(rows.find(example(2))).isPresent();
    }
  }

  @Test
  void aDamagedBlockIsNotBelieved() throws IOException {
    for (int at = 0; at < BLOCK; at += 5) {
      keep(B, 0, 2);
      try (FileChannel channel = FileChannel.open(file(B), StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[] {77}), BLOCK + at);
      }
      assertThat(found(B)).containsExactly(0, 1);
      Files.delete(file(B));
    }
  }

  /** A network drive may show how long a file is before what another process wrote to it. */
  @Test
  void aDamagedFileThatWasJustWrittenIsLeftToItsWriter() throws IOException {
    keep(A, 0, 2, 4);
    Path file = file(A);
    byte[] written = Files.readAllBytes(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(BLOCK), BLOCK);
    }
    assertThat(found(A)).containsExactly(0, 1);
    assertThat(file).exists();
    Files.write(file, written);
    assertThat(found(A)).containsExactly(0, 1, 2, 3, 4, 5);
  }

  /** What was written before the disk was full, or the drive away, is whole. */
  @Test
  void aWriterThatFailsLeavesWhatIsWhole() throws IOException {
    for (Fault fault : List.of(Fault.FULL, Fault.ONCE)) {
      store.prepare(Set.of(A));
      Path folder = store.folder().resolve(A);
      int third = 1 + 2 * 2 + 2; // opening it, two blocks of two writes each, and its rows
      FaultyFileSystem disk = new FaultyFileSystem(third, fault);
      try (StoredRows rows = StoredRows.open(folder, ROW);
          RowFile.Writer writer = new RowFile.Writer(disk.wrap(folder.resolve("0.rows")))) {
        assertThat(rows.has(example(0))).isFalse();
        writer.append(examples(0), rows(0), ROW);
        writer.append(examples(2), rows(2), ROW);
        assertThatThrownBy(() -> writer.append(examples(4), rows(4), ROW))
            .isInstanceOf(IOException.class);
      }
      assertThat(Files.size(file(A))).isEqualTo(2 * BLOCK);
      assertThat(found(A)).containsExactly(0, 1, 2, 3);
      Files.delete(file(A));
    }
  }

  /** Once: what is whole of it lies in another file from then on. */
  @Test
  void aDamagedFileIsReplacedByWhatIsWholeOfIt() throws IOException {
    keep(A, 0, 2, 4);
    try (FileChannel channel = FileChannel.open(file(A), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(BLOCK), BLOCK); // zeros, as after a loss of power
    }
    Files.setLastModifiedTime(file(A), FileTime.fromMillis(1000));
    try (StoredRows rows = rows(A)) {
      assertThat(rows.find(example(1))).isPresent();
      assertThat(rows.find(example(9))).isEmpty();
      assertThat(rows.missed()).as("it may have been in there").isEqualTo(1);
    }
    try (StoredRows rows = rows(A)) {
      assertThat(rows.find(example(1))).isPresent();
      assertThat(rows.find(example(9))).isEmpty();
      assertThat(rows.missed()).isZero();
    }
    assertThat(store.size()).isEqualTo(BLOCK);
    try (Stream<Path> all = Files.list(store.folder().resolve(A))) {
      assertThat(all).as("and nothing else").hasSize(1);
    }
  }

  @Test
  void othersReadWhatIsWholeWhileItIsWrittenAndAfterItIsGone() throws IOException {
    try (StoredRows writing = rows(A)) {
      append(writing, 0);
      assertThat(found(A)).containsExactly(0, 1);
      try (StoredRows reading = rows(A)) {
        append(writing, 2);
        Files.delete(file(A));
        assertThat(reading.find(example(1))).isPresent();
        assertThat(reading.find(example(2))).isEmpty();
      }
    }
  }

  /** What nobody asks for is not read, and so not held against its checksum. */
  @Test
  void rowsAreReadWhenTheyAreAskedFor() throws IOException {
    keep(A, 0, 2);
    try (FileChannel channel = FileChannel.open(file(A), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {77}), BLOCK - 1); // in the last row of the first
    }
    try (StoredRows rows = rows(A)) {
      assertThat(rows.find(example(3))).isPresent();
      assertThat(rows.missed()).isZero();
      assertThat(rows.has(example(0))).isTrue();
      assertThat(rows.find(example(0))).isEmpty();
      assertThat(rows.missed()).isEqualTo(1);
      assertThat(rows.has(example(1))).as("of the same block").isFalse();
      assertThat(rows.find(example(2))).isPresent();
    }
  }

  @Test
  void rowsMayBeKeptAsHalves() throws IOException {
    RowForm halves = ROW.as(DType.FLOAT16);
    TensorValue rows = TensorValue.of(Shape.of(2, 2), new float[] {1 / 3f, -70000, 65519, 1e-7f});
    store.prepare(Set.of(A));
    try (StoredRows kept = store.open(A, halves)) {
      kept.append(List.of(example(0), example(1)), rows);
    }
    assertThat(store.size()).isEqualTo(HEADER + 2 * (16 + 4));
    try (StoredRows kept = store.open(A, halves)) {
      assertThat(kept.find(example(0)).orElseThrow().floats())
          .containsExactly(0.33325195f, Float.NEGATIVE_INFINITY);
      assertThat(kept.find(example(1)).orElseThrow().floats())
          .containsExactly(65504, 0x1p-23f)
          .containsExactly(Rows.of(Halves.round(rows, DType.FLOAT16), new int[] {1}).floats());
    }
    try (StoredRows kept = store.open(A, RowForm.of(DType.BFLOAT16, Shape.of(2)))) {
      assertThat(kept.find(example(0))).as("of the same size").isEmpty();
    }
    assertThat(halves.toString()).isNotEqualTo(ROW.toString());
  }

  @Test
  void rowsOfAnotherSizeAreNotFound() throws IOException {
    keep(A, 0);
    try (StoredRows rows = store.open(A, RowForm.of(DType.FLOAT32, Shape.of(3)))) {
      assertThat(rows.find(example(0))).isEmpty();
    }
  }

  @Test
  void whatWasNotUsedForTheLongestTimeMakesRoom() throws IOException {
    store = FeatureStore.in(folder.resolve("features"), 3 * BLOCK);
    keep(A, 0);
    keep(B, 0, 2);
    Files.setLastModifiedTime(store.folder().resolve(B), FileTime.fromMillis(1000));
    keep(C, 0, 2);
    assertThat(store.folder().resolve(B)).doesNotExist();
    assertThat(StoredRows.files(store.folder().resolve(A))).hasSize(1);
    assertThat(store.size()).isLessThanOrEqualTo(3 * BLOCK);
  }

  /** Somebody may have named a folder that holds something else. */
  @Test
  void onlyItsOwnFoldersMakeRoom() throws IOException {
    store = FeatureStore.in(folder.resolve("features"), 0);
    Path other = Files.createDirectories(store.folder().resolve("photos"));
    Files.write(other.resolve("x.rows"), new byte[100]);
    keep(A, 0);
    Path letter = store.folder().resolve(A).resolve("letter.txt");
    Files.writeString(letter, "dear");
    keep(B, 0);
    assertThat(found(A)).isEmpty();
    assertThat(other.resolve("x.rows")).exists();
    assertThat(letter).exists();
  }

  /** Files of a gigabyte that take no room: of several networks, and used so many hours ago. */
  private List<Path> filesOf(int... hours) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int each : hours) {
      Path network = Files.createDirectories(folder.resolve("many").resolve(each > 3 ? A : B));
      Path file = network.resolve(each + RowFile.SUFFIX);
      try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
        large.setLength(1L << 30);
      }
      Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(each))));
      files.add(file);
    }
    return files;
  }

  @Test
  void theLongestUnusedMakesRoomOnAFullDisk() throws IOException {
    List<Path> files = filesOf(3, 5, 4, 0);
    long there = Files.getFileStore(folder).getUsableSpace();
    long half = 1L << 29; // more than anybody writes meanwhile
    FeatureStore full = FeatureStore.in(folder.resolve("many"), 1L << 32, there + half);
    assertThat(full.makeRoom(1, Set.of(files.get(1)))).isPositive();
    assertThat(files.stream().map(Files::exists))
        .as("what is spared and what was used just now stays, and what need not go")
        .containsExactly(true, true, false, true);
  }

  @Test
  void whatWouldNotDoStays() throws IOException {
    List<Path> files = filesOf(3, 5);
    FeatureStore full = FeatureStore.in(folder.resolve("many"), 1L << 31, 0);
    assertThat(full.makeRoom((2L << 30) + 1, Set.of())).isLessThanOrEqualTo(0);
    assertThat(files).allMatch(Files::exists);
  }
}
