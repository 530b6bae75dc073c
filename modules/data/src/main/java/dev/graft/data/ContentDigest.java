package dev.graft.data;

import dev.graft.error.Internal;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What stands for some bytes: the first half of their SHA-256.
 *
 * @param high its first eight bytes
 * @param low those after them
 */
@Internal
public record ContentDigest(long high, long low) {

  /** How many bytes it takes. */
  public static final int BYTES = 2 * Long.BYTES;

  /** That of {@code bytes}. */
  public static ContentDigest of(ByteBuffer... bytes) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    for (ByteBuffer part : bytes) {
      digest.update(part.duplicate());
    }
    return read(ByteBuffer.wrap(digest.digest()));
  }

  /** Reads one. */
  public static ContentDigest read(ByteBuffer in) {
    return new ContentDigest(in.getLong(), in.getLong());
  }

  /** Writes it. */
  public void write(ByteBuffer out) {
    out.putLong(high).putLong(low);
  }
}
