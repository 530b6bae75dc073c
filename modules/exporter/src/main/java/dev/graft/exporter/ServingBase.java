package dev.graft.exporter;

import com.google.common.hash.Hashing;
import dev.graft.error.BadRequestException;
import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.file.HeldFile;
import dev.graft.savedmodel.file.VersionFolders;
import dev.graft.savedmodel.file.VersionLease;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder that a server watches: one folder for each version, named by its number, and nothing
 * else but what is hidden or a server's own. A new version is made beside them under a name that no
 * server takes for a version, and appears whole by one rename.
 *
 * <p>Who makes a version holds a file of its own beside the temporary folder, {@code
 * .graft-tmp-x.lock}, since the folder becomes the version. A leftover is cleared away by who gets
 * hold of that file: its maker is gone then, whatever the host and the process were called.
 */
final class ServingBase {

  private static final System.Logger LOG = System.getLogger(ServingBase.class.getName());

  /** With the number of a process in its name: made before there were locks. */
  private static final Pattern TEMPORARY =
      Pattern.compile("(\\.graft-tmp-([0-9a-f]{8})(-\\d+)?-[0-9a-f]{8,16})(\\.lock)?");

  /**
   * The age from which on leftovers go that no lock speaks for: those of other hosts, since not
   * every network disk hands locks on, and those without one.
   */
  private static final Duration OLD = Duration.ofDays(2);

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path base;
  private final List<Path> made; // the base and folders above it that were not there, deepest first

  private ServingBase(Path base, List<Path> made) {
    this.base = base;
    this.made = made;
  }

  /**
   * A folder to build a version in.
   *
   * @param folder the folder
   * @param lock what tells others that somebody is at work in it
   */
  record Temporary(Path folder, HeldFile lock) {}

  /**
   * The base at {@code path}, made if it is not there; {@link #discard} takes it away again if
   * nothing came of it. What killed runs have left is cleared away.
   *
   * @throws BadRequestException if it holds anything that is neither a version nor hidden
   */
  static ServingBase at(Path path) throws IOException {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new BadRequestException(
          "'" + path + "' is a file; give a folder to publish versions in.");
    }
    ServingBase serving = new ServingBase(path, Durable.makeFolders(path));
    for (Path entry : serving.entries()) {
      serving.check(entry);
    }
    return serving;
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> all = Files.list(base)) {
      return all.sorted().toList();
    }
  }

  private void check(Path entry) throws IOException {
    String name = entry.getFileName().toString();
    if (VersionLease.clearAway(entry)) {
      return;
    }
    Matcher temporary = TEMPORARY.matcher(name);
    if (temporary.matches()) {
      clearAway(base.resolve(temporary.group(1)), temporary.group(2));
      return;
    }
    boolean isVersion = VersionFolders.isOne(entry) && Files.isDirectory(entry);
    if (!isVersion && !isPassedOver(name) && isStillThere(entry)) {
      throw new BadRequestException(
          "'"
              + base
              + "' holds '"
              + name
              + "', which is no version; versions are folders named by a number. Give an empty"
              + " folder, or one that holds versions only.");
    }
  }

  /** Another process may have removed an old version since the base was listed. */
  private static boolean isStillThere(Path entry) {
    return Files.exists(entry, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * What is hidden is a file manager's or a network disk's, {@code lost+found} that of a disk of
   * its own, and {@code models.config} and its like TensorFlow Serving's. No server takes them for
   * versions.
   */
  private static boolean isPassedOver(String name) {
    return name.startsWith(".") || name.equals("lost+found") || name.endsWith(".config");
  }

  /**
   * Clears {@code leftover} away if nobody is at work in it. What cannot be deleted, or is being
   * deleted by another, harms nobody under its hidden name.
   */
  private static void clearAway(Path leftover, String host) {
    try {
      Path lock = lock(leftover);
      boolean isOld = isOld(leftover); // before this touches anything
      if (!Files.exists(lock)) { // which is never made here: that would be a sign of work
        if (isOld) {
          delete(leftover);
        }
        return;
      }
      Optional<HeldFile> held = HeldFile.ofExisting(lock);
      if (held.isEmpty()) {
        return;
      }
      try (HeldFile mine = held.get()) {
        boolean speaks = mine.isSure() && host.equals(host());
        if (Files.exists(leftover)) {
          if (!speaks && !isOld) {
            return;
          }
          delete(leftover);
        }
        mine.delete();
      }
    } catch (IOException e) { // the next one may do it
      LOG.log(
          Level.WARNING, "cannot clear away " + leftover + ", left by a run that was killed", e);
    }
  }

  private static void delete(Path leftover) throws IOException {
    Durable.delete(leftover);
    LOG.log(Level.INFO, "{0}, left by a run that was killed, is cleared away", leftover);
  }

  private static Path lock(Path temporary) {
    return temporary.resolveSibling(temporary.getFileName() + ".lock");
  }

  /** Whether nothing directly in {@code folder} has changed for long, nor does while it is seen. */
  private static boolean isOld(Path folder) throws IOException {
    Instant limit = Instant.now().minus(OLD);
    try (Stream<Path> all = Files.walk(folder, 1)) {
      for (Path path : all.toList()) {
        if (Files.getLastModifiedTime(path).toInstant().isAfter(limit)) {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (UncheckedIOException e) {
      if (e.getCause() instanceof NoSuchFileException) {
        return false;
      }
      throw e.getCause();
    }
  }

  /** This machine, as far as a name tells. */
  private static String host() {
    String name;
    try {
      name = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      name = "";
    }
    return Hashing.sha256().hashString(name, StandardCharsets.UTF_8).toString().substring(0, 8);
  }

  /** Makes a folder to build the next version in, held until {@link #discard}. */
  Temporary temporary() throws IOException {
    while (true) {
      byte[] random = new byte[8];
      RANDOM.nextBytes(random);
      String name = String.join("-", ".graft-tmp", host(), HexFormat.of().formatHex(random));
      Path folder = base.resolve(name);
      Durable.makeFolders(base); // a run that failed may have taken it
      Optional<HeldFile> lock = HeldFile.of(lock(folder)); // before another can see the folder
      if (lock.isPresent()) {
        try {
          return new Temporary(Files.createDirectory(folder), lock.get());
        } catch (IOException e) {
          discard(new Temporary(folder, lock.get())); // maybe made and reported as failed
          throw e;
        }
      }
    }
  }

  /**
   * Makes {@code temporary} the next version, at once and for good; gives its number. From the
   * rename on there is a version, and nothing that happens then is a failure.
   *
   * @param before gets the version's folder before each attempt
   * @param remarks gets what was not as it should be
   */
  long commit(Temporary temporary, Consumer<Path> before, List<String> remarks) throws IOException {
    Path folder = temporary.folder();
    Durable.syncFolders(folder);
    while (true) {
      long number = newest() + 1;
      Path version = base.resolve(Long.toString(number));
      before.accept(version);
      try {
        Files.move(folder, version, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        boolean isThere = Files.exists(version);
        if (isThere && Files.exists(folder)) {
          continue; // somebody else has just published this number
        }
        if (!isThere || Files.exists(folder)) {
          throw e;
        } // else it was done and reported as failed, as network disks do
      }
      try {
        Durable.syncFolder(base);
      } catch (IOException e) {
        remarks.add(
            "the disk did not confirm the entry of version "
                + number
                + " ("
                + e.getMessage()
                + "): after a power cut it may be gone");
      }
      return number;
    }
  }

  /** The greatest number that is taken, be it by a version or by what is none. */
  private long newest() throws IOException {
    return entries().stream()
        .filter(VersionFolders::isOne)
        .mapToLong(VersionFolders::number)
        .max()
        .orElse(0);
  }

  /** All versions, the oldest first. */
  List<Path> versions() throws IOException {
    return VersionFolders.in(base);
  }

  /**
   * Lets go of {@code temporary} and clears it away if it is still there; so are folders that were
   * made for it and hold nothing.
   */
  void discard(Temporary temporary) {
    try (HeldFile lock = temporary.lock()) {
      if (Files.exists(temporary.folder())) {
        Durable.delete(temporary.folder());
      }
      lock.delete();
      for (Path folder : made) {
        Files.deleteIfExists(folder);
      }
    } catch (DirectoryNotEmptyException e) {
      // A version is in it.
    } catch (IOException e) { // what is told is the failure that led here
      LOG.log(Level.WARNING, "cannot clear away " + temporary.folder() + "; the next run does", e);
    }
  }
}
