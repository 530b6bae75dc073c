package dev.graft.savedmodel.checkpoint;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The checksum of LevelDB and TensorFlow files: CRC-32C, rotated and offset so that the checksum of
 * data that holds checksums stays meaningful (leveldb/util/crc32c.h).
 */
final class MaskedCrc {

  private static final int DELTA = 0xa282ead8;

  private MaskedCrc() {}

  /** The masked checksum of {@code bytes} from position to limit; the buffer is left as it is. */
  static int of(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return mask(crc);
  }

  /** The masked form of a checksum. */
  static int mask(CRC32C crc) {
    return Integer.rotateRight((int) crc.getValue(), 15) + DELTA;
  }
}
