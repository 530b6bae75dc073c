package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows on disk: whole, or not there. */
class FeatureStoreTest {

  private static final int ROW = 2 * Float.BYTES;
  private static final int BLOCK = 16 + 2 * (16 + ROW); // bytes of a block of two rows

  @TempDir private Path folder;
  private FeatureStore store;

  @BeforeEach
  void open() {
    store = FeatureStore.in(folder.resolve("features"), 1 << 20);
  }

  private static RowDigest example(int i) {
    return new RowDigest(i, -i);
  }

  /** Rows of two examples from {@code i} on; each row holds its example's number. */
  private static boolean append(StoredRows rows, int i) throws IOException {
    float[] values = {i, i, i + 1, i + 1};
    return rows.append(List.of(example(i), example(i + 1)), TensorValue.of(Shape.of(2, 2), values));
  }

  private void keep(String key, int... examples) throws IOException {
    try (StoredRows rows = store.open(key, ROW)) {
      for (int i : examples) {
        assertThat(append(rows, i)).isTrue();
      }
    }
  }

  /** Which of the first ten examples are there, each with its own row. */
  private int[] found(String key) throws IOException {
    try (StoredRows rows = store.open(key, ROW)) {
      return IntStream.range(0, 10)
          .filter(
              i -> {
                var row = rows.find(example(i));
                row.map(bytes -> bytes.order(ByteOrder.LITTLE_ENDIAN))
                    .ifPresent(bytes -> assertThat(bytes.getFloat(4)).isEqualTo(i));
                return row.isPresent();
              })
          .toArray();
    }
  }

  private Path file(String key) throws IOException {
    try (Stream<Path> files = Files.list(store.folder().resolve(key))) {
      return files.findFirst().orElseThrow();
    }
  }

  private static void spoil(Path file, long at) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {77}), at);
    }
  }

  @Test
  void whatWasKeptIsFound() throws IOException {
    keep("a", 0, 4);
    keep("a", 6);
    assertThat(found("a")).containsExactly(0, 1, 4, 5, 6, 7);
    assertThat(found("b")).isEmpty();
    assertThat(store.size()).isEqualTo(3 * BLOCK);
  }

  /** A process that is killed leaves a part of a block behind, at most. */
  @Test
  void aTornBlockIsLeftOutAndTheRestStays() throws IOException {
    keep("a", 0, 2);
    for (long torn = BLOCK + 1; torn < 2 * BLOCK; torn += 7) {
      try (FileChannel channel = FileChannel.open(file("a"), StandardOpenOption.WRITE)) {
        channel.truncate(torn);
      }
      try (StoredRows rows = store.open("a", ROW)) {
        assertThat(rows.damaged()).isEqualTo(1);
      }
      assertThat(found("a")).containsExactly(0, 1);
      assertThat(Files.size(file("a"))).isEqualTo(BLOCK);
      Files.delete(file("a"));
      keep("a", 0, 2);
    }
  }

  @Test
  void aDamagedBlockIsNotBelieved() throws IOException {
    for (int at = 0; at < BLOCK; at += 5) {
      keep("a", 0, 2);
      spoil(file("a"), BLOCK + at);
      assertThat(found("a")).containsExactly(0, 1);
      keep("a", 2);
      assertThat(found("a")).containsExactly(0, 1, 2, 3);
      try (Stream<Path> files = Files.list(store.folder().resolve("a"))) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  void othersReadWhatIsWholeWhileItIsWritten() throws IOException {
    try (StoredRows writing = store.open("a", ROW)) {
      append(writing, 0);
      assertThat(found("a")).containsExactly(0, 1);
      Files.write(file("a"), new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
      try (StoredRows reading = store.open("a", ROW)) {
        assertThat(reading.damaged()).isZero(); // it may be a block that is being written
      }
      assertThat(Files.size(file("a"))).isEqualTo(BLOCK + 3);
    }
  }

  @Test
  void rowsOfAnotherSizeAreNotFound() throws IOException {
    keep("a", 0);
    try (StoredRows rows = store.open("a", ROW + 4)) {
      assertThat(rows.find(example(0))).isEmpty();
    }
  }

  @Test
  void whatWasNotUsedForTheLongestTimeMakesRoom() throws Exception {
    store = FeatureStore.in(folder.resolve("features"), 3 * BLOCK);
    keep("a", 0);
    Thread.sleep(20);
    keep("b", 0, 2);
    Thread.sleep(20);
    assertThat(found("a")).containsExactly(0, 1); // used again
    Thread.sleep(20);
    keep("c", 0, 2); // there is room for one more; afterwards there is not
    assertThat(store.size()).isEqualTo(5 * BLOCK);
    Thread.sleep(20);
    assertThat(found("a")).containsExactly(0, 1);
    assertThat(found("b")).isEmpty();
    assertThat(store.size()).isLessThanOrEqualTo(3 * BLOCK);
  }

  @Test
  void oneTensorTakesNoMoreThanThereIsRoomFor() throws IOException {
    store = FeatureStore.in(folder.resolve("features"), 2 * BLOCK);
    try (StoredRows rows = store.open("a", ROW)) {
      assertThat(append(rows, 0)).isTrue();
      assertThat(append(rows, 2)).isTrue();
      assertThat(append(rows, 4)).isFalse();
    }
    assertThat(found("a")).containsExactly(0, 1, 2, 3);
  }
}
