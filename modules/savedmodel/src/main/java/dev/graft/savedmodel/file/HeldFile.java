package dev.graft.savedmodel.file;

import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A file that one holder has at a time: nobody else in this process, in whatever class loader, and
 * no other process, until it is closed or the process ends, however that ends. Nothing is guessed
 * by names of hosts and numbers of processes, which containers share.
 *
 * <p>The system's lock of a file belongs to the process, and closing <em>any</em> channel of that
 * file gives it up. So a file that is held in this JVM is not even opened a second time: what is
 * held stands among the system properties, which all class loaders share.
 */
@Internal
public final class HeldFile implements AutoCloseable {

  private static final String PROPERTY = "dev.graft.held.";

  /** Of files that are locked in this JVM although no property says so; closing would unlock. */
  private static final Queue<FileChannel> LEFT_OPEN = new ConcurrentLinkedQueue<>();

  private final Path file;
  private final String property;
  private final FileChannel channel;
  private final boolean isSure;

  private HeldFile(Path file, String property, FileChannel channel, boolean isSure) {
    this.file = file;
    this.property = property;
    this.channel = channel;
    this.isSure = isSure;
  }

  /**
   * Takes hold of {@code file}, which is made if it is not there; its folder has to be. Empty if
   * somebody else holds it.
   *
   * @throws IOException if the file cannot be opened for writing
   */
  public static Optional<HeldFile> of(Path file) throws IOException {
    return of(file, StandardOpenOption.CREATE);
  }

  /** As {@link #of}, of a file that is there; also empty if it is not. */
  public static Optional<HeldFile> ofExisting(Path file) throws IOException {
    try {
      return of(file, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static Optional<HeldFile> of(Path file, StandardOpenOption how) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    Path name = absolute.getFileName();
    if (folder == null || name == null) {
      throw new IOException(file + " is no file");
    }
    String property = PROPERTY + folder.toRealPath().resolve(name);
    if (System.getProperties().putIfAbsent(property, "") != null) {
      return Optional.empty();
    }
    Lock lock = Lock.TAKEN;
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, how, StandardOpenOption.WRITE);
      lock = lock(channel);
      if (lock != Lock.TAKEN && !Files.exists(file)) {
        lock = Lock.TAKEN; // its last holder has deleted it since it was opened here
      }
      return lock == Lock.TAKEN
          ? Optional.empty()
          : Optional.of(new HeldFile(file, property, channel, lock == Lock.SURE));
    } catch (OverlappingFileLockException e) {
      LEFT_OPEN.add(channel);
      channel = null;
      return Optional.empty();
    } finally {
      if (lock == Lock.TAKEN) {
        if (channel != null) {
          channel.close();
        }
        System.getProperties().remove(property);
      }
    }
  }

  private enum Lock {
    SURE,
    TAKEN,
    NOT_POSSIBLE
  }

  private static Lock lock(FileChannel channel) {
    try {
      return channel.tryLock() != null ? Lock.SURE : Lock.TAKEN;
    } catch (IOException e) {
      return Lock.NOT_POSSIBLE; // on this disk
    }
  }

  /**
   * Whether the system vouches for it. On a disk where nothing can be locked, such as some network
   * disks, others may hold it as well.
   */
  public boolean isSure() {
    return isSure;
  }

  /** Deletes the file, which others may take hold of then, and lets it go. */
  public void delete() throws IOException {
    try {
      Files.deleteIfExists(file); // while it is held: who gets it now finds that it is gone
    } finally {
      close();
    }
  }

  /**
   * Has the file deleted when the process ends, after all that runs at its end ({@code
   * Runtime.addShutdownHook}), as an application's own closing; it is held until then.
   */
  void deleteAtExit() {
    file.toFile().deleteOnExit();
  }

  /** Lets it go. May be called again. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      channel.close();
      System.getProperties().remove(property);
    }
  }
}
