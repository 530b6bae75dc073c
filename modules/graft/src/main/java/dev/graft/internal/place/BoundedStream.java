package dev.graft.internal.place;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Fails where more is read of it than is allowed at that time. */
final class BoundedStream extends FilterInputStream {

  private long left = Long.MAX_VALUE;

  BoundedStream(InputStream in) {
    super(in);
  }

  /** Lets so many bytes be read from now on. */
  void allow(long bytes) {
    left = bytes;
  }

  private long counted(long count) throws IOException {
    left -= Math.max(0, count);
    if (left < 0) {
      throw new IOException("the header of an entry takes more than any name does");
    }
    return count;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    counted(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] bytes, int from, int count) throws IOException {
    return (int) counted(super.read(bytes, from, count));
  }

  @Override
  public long skip(long count) throws IOException {
    return counted(super.skip(count));
  }

  @Override
  public boolean markSupported() {
    return false; // what is read twice would count twice
  }
}
