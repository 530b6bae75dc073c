package dev.graft.runtime.internal.natives;

import static java.util.Objects.requireNonNull;

import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.file.Durable;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Folders and files that only this user or root can have written: what lies in them is loaded into
 * the process. Where the system has no such rights, as on Windows, all are.
 */
final class Owned {

  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-r--r--");
  private static final Path PROCESS = Path.of("/proc/self"); // whoever this process is
  private static final int ROOT = 0;

  /** How a file is called that is being written. */
  static final String TEMPORARY = ".graft-tmp-";

  private Owned() {}

  /**
   * Makes a folder, if it is not there. Several processes may do so at once.
   *
   * @throws InputOutputException if others may write to it, or have made it
   */
  static void makeFolder(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      make(folder.toAbsolutePath());
    }
    Optional<String> objection = objection(folder);
    if (objection.isPresent()) {
      throw new InputOutputException(
          folder
              + " "
              + objection.get()
              + ", so that others could have put libraries there; delete it, or name another"
              + " folder.",
          Remedy.CUDA_FOLDER);
    }
  }

  /**
   * Its rights are given as it is made: another process that came between, or a kill, would else
   * find a folder that the group may write to, as many a umask has it.
   */
  private static void make(Path folder) throws IOException {
    Path above = requireNonNull(folder.getParent(), "the root is there");
    Durable.makeFolders(above);
    try {
      if (hasRights(above)) {
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(FOLDER));
        allow(folder, FOLDER); // what a umask has taken away
      } else {
        Files.createDirectory(folder);
      }
    } catch (FileAlreadyExistsException e) {
      return; // another process was faster
    }
    if (Files.isReadable(above)) {
      Durable.syncFolder(above);
    }
  }

  /** Writes a file. */
  @FunctionalInterface
  interface Filler {
    void fill(Path file) throws IOException;
  }

  /**
   * Puts a file into a folder, whole or not at all, for all to read and this user alone to write.
   * Others may put the same there at the same time.
   */
  static void put(Path folder, String name, Filler filler) throws IOException {
    Path next = folder.resolve(TEMPORARY + UUID.randomUUID());
    try {
      filler.fill(next);
      allow(next, FILE);
      Files.move(next, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next); // moved away if all went well
    }
    Durable.syncFolder(folder);
  }

  /** Whether a file is there that is no link and that nobody else can have written. */
  static boolean isFile(Path file) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && objection(file).isEmpty();
  }

  private static void allow(Path file, Set<PosixFilePermission> rights) throws IOException {
    if (hasRights(file)) {
      Files.setPosixFilePermissions(file, rights);
    }
  }

  private static Optional<String> objection(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      return Optional.of("is a link");
    }
    if (!hasRights(file)) {
      return Optional.empty();
    }
    Map<String, Object> found =
        Files.readAttributes(file, "unix:uid,permissions", LinkOption.NOFOLLOW_LINKS);
    Object owner = found.get("uid");
    if (!Integer.valueOf(ROOT).equals(owner) && !user(file).equals(owner)) {
      return Optional.of("belongs to another user");
    }
    Set<?> rights = (Set<?>) found.get("permissions");
    return rights != null
            && (rights.contains(PosixFilePermission.GROUP_WRITE)
                || rights.contains(PosixFilePermission.OTHERS_WRITE))
        ? Optional.of("may be written to by others")
        : Optional.empty();
  }

  private static Object user(Path file) throws IOException {
    // where there is no /proc, nothing tells: the owner is taken for this user
    return Files.getAttribute(Files.exists(PROCESS) ? PROCESS : file, "unix:uid");
  }

  private static boolean hasRights(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("unix");
  }
}
