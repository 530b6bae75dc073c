package dev.graft.runtime.internal.natives;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import dev.graft.error.InputOutputException;
import dev.graft.runtime.internal.natives.CudaJar.Packed;
import dev.graft.savedmodel.file.HeldFile;
import dev.graft.savedmodel.file.Interrupts;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Makes files of what a jar holds, once for all processes: in a folder that is named by the
 * content, each library written under another name, held against its checksum, forced to the disk
 * and only then given its own. So what was unpacked before a kill stays, and the next process goes
 * on behind it. A file's time is made of its checksum, so that one that somebody has written to
 * since is noticed without being read. What others than this user and root could have put there is
 * not trusted.
 *
 * @param root the folder below which they go
 * @param told who hears how far it is
 */
record Unpacking(Path root, Consumer<String> told) {

  private static final String LOCK = ".lock";
  private static final int CHUNK = 1 << 20; // bytes
  private static final long TELL_EVERY = 10_000_000_000L; // ns
  private static final long LOOK_EVERY = 100; // ms
  private static final double GIGA = 1e9;

  /** Where times begin; and they are even: not every disk knows earlier or finer ones. */
  private static final long EPOCH = 946_684_800; // seconds, the year 2000

  /**
   * The files of a jar, in its order, unpacked if they are not there whole.
   *
   * @throws InputOutputException if they cannot be written, or the jar is damaged
   */
  ImmutableList<Path> files(CudaJar jar) {
    Path folder = root.resolve(jar.digest());
    try {
      Owned.makeFolder(folder);
      if (!lacking(jar, folder).isEmpty()) {
        try (HeldFile lock = alone(folder)) {
          if (lock.isSure()) {
            removeLeftovers(folder);
          }
          unpack(lacking(jar, folder), jar, folder); // another may have been at work before
        }
      }
    } catch (IOException e) {
      throw failure(e, "CUDA cannot be unpacked to " + folder + " (" + e.getMessage() + ")");
    }
    return jar.libraries().stream()
        .map(each -> folder.resolve(each.name()))
        .collect(ImmutableList.toImmutableList());
  }

  /** Whether a file that seems whole is not: it is read for that, and deleted if so. */
  boolean isDamaged(CudaJar jar, Path file) {
    Packed packed =
        jar.libraries().stream()
            .filter(each -> file.endsWith(each.name()))
            .findFirst()
            .orElseThrow();
    try {
      if (MoreFiles.asByteSource(file).hash(Hashing.crc32()).padToLong() == packed.crc()) {
        return false;
      }
      Files.delete(file);
      return true;
    } catch (IOException e) {
      throw failure(e, file + " cannot be read (" + e.getMessage() + ")");
    }
  }

  private static List<Packed> lacking(CudaJar jar, Path folder) {
    return jar.libraries().stream()
        .filter(each -> !isWhole(each, folder.resolve(each.name())))
        .toList();
  }

  private static boolean isWhole(Packed library, Path file) {
    try {
      return Owned.isFile(file)
          && Files.size(file) == library.size()
          && Files.getLastModifiedTime(file).to(TimeUnit.SECONDS) == time(library);
    } catch (IOException e) {
      return false; // not there
    }
  }

  private static long time(Packed library) {
    return EPOCH + 2 * (library.crc() & 0xfff_ffff);
  }

  /** Waits until no other process is at work there. */
  private HeldFile alone(Path folder) throws IOException {
    Optional<HeldFile> held = HeldFile.of(folder.resolve(LOCK));
    if (held.isEmpty()) {
      told.accept("another process unpacks CUDA to " + folder + "; this one waits for it");
    }
    while (held.isEmpty()) {
      try {
        Thread.sleep(LOOK_EVERY);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw cancelled(e);
      }
      held = HeldFile.of(folder.resolve(LOCK));
    }
    return held.get();
  }

  /** Of processes that were killed. */
  private static void removeLeftovers(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      for (Path each : all.toList()) {
        if (String.valueOf(each.getFileName()).startsWith(Owned.TEMPORARY)) {
          Files.deleteIfExists(each);
        }
      }
    }
  }

  private void unpack(List<Packed> lacking, CudaJar jar, Path folder) throws IOException {
    long needed = lacking.stream().mapToLong(Packed::size).sum();
    long free = Files.getFileStore(folder).getUsableSpace();
    if (needed > free) {
      throw new InputOutputException(
          String.format(
              Locale.ROOT,
              "CUDA's libraries take %.1f GB more in %s, where %.1f GB are free; free some, or have"
                  + " them unpacked elsewhere.",
              needed / GIGA,
              folder,
              free / GIGA),
          Remedy.CUDA_FOLDER);
    }
    Told progress = new Told(needed, folder);
    for (Packed each : lacking) {
      Owned.put(
          folder,
          each.name(),
          next -> {
            write(each, jar, next, progress);
            Files.setLastModifiedTime(next, FileTime.from(time(each), TimeUnit.SECONDS));
          });
    }
  }

  private void write(Packed library, CudaJar jar, Path file, Told progress) throws IOException {
    CRC32 crc = new CRC32();
    long size = 0;
    try (InputStream in = library.open();
        FileChannel out =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] chunk = new byte[CHUNK];
      for (int read = read(in, chunk, jar); read >= 0; read = read(in, chunk, jar)) {
        ByteBuffer bytes = ByteBuffer.wrap(chunk, 0, read);
        while (bytes.hasRemaining()) {
          out.write(bytes);
        }
        crc.update(chunk, 0, read);
        size += read;
        progress.more(read);
      }
      out.force(true);
    }
    if (size != library.size() || crc.getValue() != library.crc()) {
      throw damaged(jar, library.name() + " has another checksum than its directory says", null);
    }
  }

  /** Reading fails for other reasons than writing. */
  private static int read(InputStream in, byte[] chunk, CudaJar jar) throws IOException {
    try {
      return in.read(chunk);
    } catch (IOException e) {
      if (Interrupts.areCauseOf(e)) {
        throw e;
      }
      throw damaged(jar, String.valueOf(e.getMessage()), e);
    }
  }

  private static InputOutputException damaged(
      CudaJar jar, String how, @Nullable IOException cause) {
    String words = jar.jar() + " is damaged (" + how + "); delete it, and have it fetched again.";
    return cause == null ? new InputOutputException(words) : new InputOutputException(words, cause);
  }

  static RuntimeException failure(IOException cause, String what) {
    return Interrupts.areCauseOf(cause)
        ? cancelled(cause)
        : new InputOutputException(
            what + "; make room there or make it writable, or have it unpacked elsewhere.",
            cause,
            Remedy.CUDA_FOLDER);
  }

  /** What was unpacked so far stays. */
  private static CancellationException cancelled(Exception cause) {
    return Interrupts.cancelled("unpacking CUDA was interrupted (Thread.interrupt)", cause);
  }

  /** Says now and then how far it is. */
  private final class Told {
    private final long total;
    private final Path folder;
    private long done;
    private long last = System.nanoTime();

    private Told(long total, Path folder) {
      this.total = total;
      this.folder = folder;
      told.accept(
          String.format(
              Locale.ROOT,
              "CUDA is unpacked to %s, once: %.1f GB, a minute or two",
              folder,
              total / GIGA));
    }

    private void more(int bytes) {
      done += bytes;
      if (done == total || System.nanoTime() - last > TELL_EVERY) {
        last = System.nanoTime();
        told.accept(
            String.format(
                Locale.ROOT, "CUDA: %.1f of %.1f GB are unpacked", done / GIGA, total / GIGA));
      }
    }
  }
}
