package dev.graft.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** A channel of a {@link FaultyFileSystem}: each write and each force may fail. */
final class FaultyChannel extends FileChannel {

  private final FaultyFileSystem files;
  private final FileChannel real;

  FaultyChannel(FaultyFileSystem files, FileChannel real) {
    this.files = files;
    this.real = real;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    return files.write(() -> real.write(bytes), () -> real.write(half(bytes)));
  }

  @Override
  public long write(ByteBuffer[] bytes, int from, int count) throws IOException {
    return files.write(
        () -> real.write(bytes, from, count), () -> (long) real.write(half(bytes[from])));
  }

  @Override
  public int write(ByteBuffer bytes, long position) throws IOException {
    return files.write(() -> real.write(bytes, position), () -> real.write(half(bytes), position));
  }

  private static ByteBuffer half(ByteBuffer bytes) {
    return bytes.slice().limit(bytes.remaining() / 2);
  }

  @Override
  public void force(boolean metadata) throws IOException {
    files.attempt(
        () -> {
          real.force(metadata);
          return metadata;
        });
  }

  @Override
  public int read(ByteBuffer bytes) throws IOException {
    return real.read(bytes);
  }

  @Override
  public long read(ByteBuffer[] bytes, int from, int count) throws IOException {
    return real.read(bytes, from, count);
  }

  @Override
  public int read(ByteBuffer bytes, long position) throws IOException {
    return real.read(bytes, position);
  }

  @Override
  public long position() throws IOException {
    return real.position();
  }

  @Override
  public FileChannel position(long position) throws IOException {
    real.position(position);
    return this;
  }

  @Override
  public long size() throws IOException {
    return real.size();
  }

  @Override
  public FileChannel truncate(long size) throws IOException {
    real.truncate(size);
    return this;
  }

  @Override
  public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
    return real.transferTo(position, count, target);
  }

  @Override
  public long transferFrom(ReadableByteChannel source, long position, long count)
      throws IOException {
    return files.write(
        () -> real.transferFrom(source, position, count),
        () -> real.transferFrom(source, position, count / 2));
  }

  @Override
  public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
    return real.map(mode, position, size);
  }

  @Override
  public FileLock lock(long position, long size, boolean shared) throws IOException {
    return real.lock(position, size, shared);
  }

  @Override
  public FileLock tryLock(long position, long size, boolean shared) throws IOException {
    return real.tryLock(position, size, shared);
  }

  @Override
  protected void implCloseChannel() throws IOException {
    real.close();
  }
}
