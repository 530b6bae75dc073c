package dev.graft.cli;

import dev.graft.LoadOptions;
import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/**
 * Where the lines go that TensorFlow's own code writes: {@code $GRAFT_HOME/tensorflow.log}, or a
 * file for temporary ones where that cannot be written.
 */
final class NativeLogFile {

  private static final long MOST = 10 << 20; // bytes
  private static final Set<PosixFilePermission> ONLY_MINE =
      PosixFilePermissions.fromString("rwx------");

  private NativeLogFile() {}

  /** {@code $GRAFT_HOME}, by default {@code ~/.cache/graft}. */
  static Path home() {
    return Optional.ofNullable(System.getenv("GRAFT_HOME"))
        .map(Path::of)
        .orElseGet(LoadOptions.defaults()::cache);
  }

  /** The log in {@link #home()}. */
  static Path wanted() {
    return home().resolve("tensorflow.log");
  }

  /** The log that there is, made if it was not there, begun anew where it has grown large. */
  static Path path() {
    try {
      Files.createDirectories(home());
      return writable(wanted());
    } catch (IOException e) {
      return temporary();
    }
  }

  private static Path writable(Path log) throws IOException {
    if (Files.isRegularFile(log) && Files.size(log) > MOST) {
      Files.move(
          log, log.resolveSibling("tensorflow.log.old"), StandardCopyOption.REPLACE_EXISTING);
    }
    // only opening it tells: rights, disks that are read-only, a folder of this name
    Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    return log;
  }

  /**
   * A log in a folder for temporary files, to which others may write: so in a folder of its own, by
   * the user's name where that is the user's alone, since a link there would lead to any file.
   */
  private static Path temporary() {
    String user = System.getProperty("user.name");
    Path folder = Path.of(System.getProperty("java.io.tmpdir"), "graft-tensorflow-" + user);
    try {
      Path own = isOwn(folder) ? folder : Files.createTempDirectory("graft-tensorflow-");
      return writable(own.resolve("tensorflow.log"));
    } catch (IOException e) {
      throw new BadRequestException(
          "TensorFlow's log can be written neither to '"
              + wanted()
              + "' nor in '"
              + folder
              + "' ("
              + e.getMessage()
              + "); set GRAFT_HOME to a folder that can be written.",
          e);
    }
  }

  /** Whether {@code folder} is no link, and nobody else can write to it; it is made if need be. */
  private static boolean isOwn(Path folder) throws IOException {
    if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(folder); // of Windows, where the folder is the user's already
      return true;
    }
    try {
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(ONLY_MINE));
    } catch (FileAlreadyExistsException e) {
      // from before, or somebody else's
    }
    PosixFileAttributes found =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    Path probe = Files.createTempFile("graft", null); // whoever this process is
    try {
      return found.isDirectory()
          && found.permissions().equals(ONLY_MINE)
          && found.owner().equals(Files.getOwner(probe));
    } finally {
      Files.delete(probe);
    }
  }
}
