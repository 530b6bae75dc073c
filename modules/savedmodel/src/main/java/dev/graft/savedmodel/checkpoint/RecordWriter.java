package dev.graft.savedmodel.checkpoint;

import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/**
 * Writes TensorFlow's record format (TFRecord), which event files and warm-up files have: for each
 * record its length, the masked CRC-32C of the length, the bytes, and their masked CRC-32C.
 */
@Internal
public final class RecordWriter {

  private final WritableByteChannel out;

  /** Writes to {@code out}, which stays the caller's to close. */
  public RecordWriter(WritableByteChannel out) {
    this.out = out;
  }

  /** Appends one record. */
  public void write(byte[] record) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(16 + record.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(record.length);
    bytes.putInt(MaskedCrc.of(bytes.slice(0, 8)));
    bytes.put(record);
    bytes.putInt(MaskedCrc.of(ByteBuffer.wrap(record)));
    bytes.flip();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
