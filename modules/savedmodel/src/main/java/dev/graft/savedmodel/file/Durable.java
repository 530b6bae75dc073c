package dev.graft.savedmodel.file;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Files that survive a power cut once these methods have returned. */
@Internal
public final class Durable {

  private static final boolean WINDOWS =
      System.getProperty("os.name", "").startsWith("Windows"); // opens no folders

  private Durable() {}

  /** Makes a file with this content, which must not exist yet. */
  public static void write(Path file, byte[] content) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
  }

  /**
   * Makes a folder, if it is not there, and all above it; those that are new are entered in their
   * parents for good. A link to one will do: {@link Files#createDirectories} refuses that up to
   * Java 17.0.13 (JDK-8294193).
   *
   * @return the folders that were made, deepest first
   */
  @CanIgnoreReturnValue
  public static List<Path> makeFolders(Path dir) throws IOException {
    List<Path> made = new ArrayList<>();
    for (Path at = dir.toAbsolutePath(); at != null && !Files.exists(at); at = at.getParent()) {
      made.add(at);
    }
    try {
      if (!Files.isDirectory(dir)) {
        Files.createDirectories(dir);
      }
      for (Path folder : made) {
        Path parent = folder.getParent();
        if (parent != null && Files.isReadable(parent)) { // a folder to write to need not be
          syncFolder(parent);
        }
      }
    } catch (IOException e) {
      takeAway(made);
      throw e;
    }
    return made;
  }

  private static void takeAway(List<Path> made) {
    try {
      for (Path folder : made) {
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      // somebody has put something in; what is told is the failure that led here
    }
  }

  /** Forces the entries of a folder to the disk. */
  public static void syncFolder(Path dir) throws IOException {
    if (WINDOWS) {
      return;
    }
    try (FileChannel folder = FileChannel.open(dir, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  /** Forces the entries of a folder and of all folders in it to the disk. */
  public static void syncFolders(Path dir) throws IOException {
    List<Path> folders;
    try (Stream<Path> all = Files.walk(dir)) {
      folders = all.filter(Files::isDirectory).toList();
    }
    for (Path folder : folders) {
      syncFolder(folder);
    }
  }

  /**
   * Puts this content in the place of a file, whole or not at all: who reads it meanwhile, or after
   * a power cut, finds the old content or the new one.
   */
  public static void replace(Path file, byte[] content) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".writing");
    Files.deleteIfExists(next); // of one that was killed
    write(next, content);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      syncFolder(folder);
    }
  }

  /** Deletes a folder with all that is in it. */
  public static void delete(Path dir) throws IOException {
    Files.walkFileTree(
        dir,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
