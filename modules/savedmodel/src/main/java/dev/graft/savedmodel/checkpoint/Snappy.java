package dev.graft.savedmodel.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.commons.compress.compressors.snappy.SnappyCompressorInputStream;

/** Blocks compressed with Snappy, as some checkpoints' indexes hold them. */
final class Snappy {

  private Snappy() {}

  /**
   * The content of a raw Snappy block, which begins with its size.
   *
   * @param largest what its size may be
   * @throws IllegalArgumentException saying what is wrong with it
   */
  static ByteBuffer decompress(ByteBuffer block, int largest) {
    byte[] bytes = new byte[block.remaining()];
    block.duplicate().get(bytes);
    long size = SortedTable.varint(ByteBuffer.wrap(bytes));
    if (size < 0 || size > largest) {
      throw new IllegalArgumentException("one of its blocks unfolds to " + size + " bytes");
    }
    // what it refers back to may lie anywhere in the block
    int window = Math.max(1, (int) size);
    try (var in = new SnappyCompressorInputStream(new ByteArrayInputStream(bytes), window)) {
      byte[] content = in.readNBytes((int) size);
      if (content.length < size) {
        throw new IllegalArgumentException("one of its compressed blocks is cut short");
      }
      return ByteBuffer.wrap(content);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException("one of its compressed blocks is damaged", e);
    }
  }
}
