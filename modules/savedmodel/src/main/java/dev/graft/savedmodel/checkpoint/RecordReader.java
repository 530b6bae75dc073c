package dev.graft.savedmodel.checkpoint;

import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads what {@link RecordWriter} writes. */
@Internal
public final class RecordReader {

  private RecordReader() {}

  /**
   * All records of a file that fits into memory.
   *
   * @throws IOException if it cannot be read, is cut short or does not fit its checksums
   */
  public static List<ByteString> all(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<ByteString> records = new ArrayList<>();
    while (in.hasRemaining()) {
      long length = in.remaining() < 12 ? -1 : in.getLong(in.position());
      if (length < 0 || length > in.remaining() - 16) {
        throw new IOException("'" + file + "' is cut short after " + records.size() + " records");
      }
      ByteBuffer head = in.slice(in.position(), 8);
      ByteBuffer content = in.slice(in.position() + 12, (int) length);
      boolean isSound =
          in.getInt(in.position() + 8) == MaskedCrc.of(head)
              && in.getInt(in.position() + 12 + (int) length) == MaskedCrc.of(content);
      if (!isSound) {
        throw new IOException("record " + records.size() + " of '" + file + "' is damaged");
      }
      records.add(ByteString.copyFrom(content));
      in.position(in.position() + 16 + (int) length);
    }
    return records;
  }
}
