package dev.graft.savedmodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.compressors.snappy.SnappyCompressorOutputStream;
import org.junit.jupiter.api.Test;

/** Tables written byte by byte, as strangers may write them. */
class SortedTableTest {

  /** One entry of a block: how much of its key is the last one's, the rest of it, its value. */
  private record Entry(int shared, byte[] rest, byte[] value) {}

  private static Entry entry(String key, String value) {
    return new Entry(0, key.getBytes(), value.getBytes());
  }

  /** A file in the making. */
  private static final class Table {
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    /** Adds a block, and gives where it is as an index says it. */
    byte[] block(List<Entry> entries, boolean compressed) {
      ByteArrayOutputStream plain = new ByteArrayOutputStream();
      for (Entry entry : entries) {
        varint(plain, entry.shared());
        varint(plain, entry.rest().length);
        varint(plain, entry.value().length);
        plain.writeBytes(entry.rest());
        plain.writeBytes(entry.value());
      }
      plain.writeBytes(little(0)); // the only restart point
      plain.writeBytes(little(1));
      return raw(
          compressed ? snappy(plain.toByteArray()) : plain.toByteArray(), compressed ? 1 : 0);
    }

    byte[] raw(byte[] block, int type) {
      ByteArrayOutputStream handle = new ByteArrayOutputStream();
      varint(handle, file.size());
      varint(handle, block.length);
      ByteBuffer checked = ByteBuffer.allocate(block.length + 1).put(block).put((byte) type).flip();
      file.writeBytes(checked.array());
      file.writeBytes(little(MaskedCrc.of(checked)));
      return handle.toByteArray();
    }

    Map<ByteString, ByteString> read(byte[]... blocks) {
      List<Entry> index = new ArrayList<>();
      for (byte[] block : blocks) {
        index.add(new Entry(0, new byte[] {(byte) index.size()}, block));
      }
      byte[] meta = block(List.of(), false);
      byte[] at = block(index, false);
      ByteBuffer footer = ByteBuffer.allocate(SortedTable.FOOTER).order(ByteOrder.LITTLE_ENDIAN);
      footer.put(meta).put(at).putLong(SortedTable.FOOTER - 8, SortedTable.MAGIC);
      file.writeBytes(footer.array());
      return SortedTable.read(ByteBuffer.wrap(file.toByteArray()));
    }
  }

  private static byte[] little(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static void varint(ByteArrayOutputStream to, long value) {
    long rest = value;
    while (rest >= 0x80) {
      to.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }

  private static byte[] snappy(byte[] plain) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (var out = new SnappyCompressorOutputStream(packed, plain.length)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  @Test
  void plainAndCompressedBlocks() {
    Table table = new Table();
    List<Entry> many = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) { // more than a window of Snappy's
      many.add(entry("layer/with/a/long/name/kernel" + (10_000 + i), "the same value again"));
    }
    byte[] plain = table.block(List.of(entry("a", "1")), false);
    byte[] packed = table.block(many, true);
    Map<ByteString, ByteString> entries = table.read(plain, packed);
    assertThat(entries).hasSize(5_001);
    assertThat(entries.get(ByteString.copyFromUtf8("layer/with/a/long/name/kernel14999")))
        .isEqualTo(ByteString.copyFromUtf8("the same value again"));
  }

  @Test
  void aBlockThatUnfoldsToTooMuch() {
    Table table = new Table();
    byte[] packed = table.raw(new byte[] {-1, -1, -1, -1, 7, 0}, 1); // says that it has 2 GB
    assertThatThrownBy(() -> table.read(packed)).hasMessageContaining("unfolds to 2147483647");
  }

  @Test
  void aCompressedBlockThatIsDamaged() {
    Table table = new Table();
    byte[] packed = table.raw(new byte[] {40, 1, 2, 3}, 1);
    assertThatThrownBy(() -> table.read(packed))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("compressed blocks");
  }

  /** Each key is the last one and a byte more: three bytes of file for a megabyte of keys. */
  @Test
  void keysThatGrow() {
    Table table = new Table();
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      entries.add(new Entry(i, new byte[] {'x'}, new byte[0]));
    }
    byte[] block = table.block(entries, false);
    assertThatThrownBy(() -> table.read(block)).hasMessageContaining("longer than");
  }

  @Test
  void keysThatAreManyAndLong() {
    Table table = new Table();
    List<Entry> entries = new ArrayList<>();
    entries.add(entry("x".repeat(4_000), ""));
    for (int i = 0; i < 20_000; i++) {
      entries.add(new Entry(3_990, String.valueOf(100_000 + i).getBytes(), new byte[0]));
    }
    byte[] block = table.block(entries, false);
    assertThatThrownBy(() -> table.read(block)).hasMessageContaining("entries take more than");
  }

  @Test
  void oneBlockManyTimes() {
    Table table = new Table();
    byte[] block = table.block(List.of(entry("a", "x".repeat(100_000))), false);
    byte[][] again = new byte[100][];
    Arrays.fill(again, block);
    assertThatThrownBy(() -> table.read(again)).hasMessageContaining("overlap");
  }

  /** TensorFlow takes the first that it comes upon, a map the last. */
  @Test
  void keysOutOfOrderOrTwice() {
    Table table = new Table();
    byte[] later = table.block(List.of(entry("b", "1")), false);
    byte[] earlier = table.block(List.of(entry("a", "2")), false);
    assertThatThrownBy(() -> table.read(later, earlier)).hasMessageContaining("out of order");
    Table twice = new Table();
    byte[] block = twice.block(List.of(entry("a", "1"), entry("a", "2")), false);
    assertThatThrownBy(() -> twice.read(block)).hasMessageContaining("there twice");
  }
}
