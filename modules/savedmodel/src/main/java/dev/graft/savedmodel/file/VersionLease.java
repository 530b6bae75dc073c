package dev.graft.savedmodel.file;

import dev.graft.error.Internal;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Says to all processes that somebody reads a version, so that it is not removed: a file beside it,
 * {@code .graft-use-N-x.lock}, held until it is closed or the process ends. Any number may be held
 * on one version.
 *
 * <p>Who removes one holds {@code .graft-removal-N.lock} and then looks for leases; who reads one
 * takes a lease and then looks for that. So at least one of two that meet sees the other and gives
 * way, and no version goes while it is read.
 */
@Internal
public final class VersionLease implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(VersionLease.class.getName());

  private static final Pattern FILE =
      Pattern.compile("\\.graft-(use-(\\d{1,18})-[0-9a-f]{16}|removal-\\d{1,18})\\.lock");

  /** The age from which on a lease counts no more where a disk does not vouch for locks. */
  private static final Duration OLD = Duration.ofDays(2);

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Set<VersionLease> OPEN = ConcurrentHashMap.newKeySet();

  static { // a process that ends as it should leaves nothing behind, and what ends it may still
    // read
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> OPEN.forEach(VersionLease::closeAtExit), "graft-leases"));
  }

  private final @Nullable HeldFile file;

  private VersionLease(@Nullable HeldFile file) {
    this.file = file;
    if (file != null) {
      OPEN.add(this);
    }
  }

  /** One on nothing. */
  public static VersionLease none() {
    return new VersionLease(null);
  }

  /**
   * A lease on {@code version}; on nothing if that is not called as versions are, or nothing can be
   * written beside it: who cannot write says nothing to others.
   *
   * @throws NoSuchFileException if it is just being removed
   */
  public static VersionLease on(Path version) throws NoSuchFileException {
    Path whole = version.toAbsolutePath().normalize();
    Path base = whole.getParent();
    String name = String.valueOf(whole.getFileName());
    if (base == null
        || !VersionFolders.isOne(whole)
        || version.getFileSystem() != FileSystems.getDefault()
        || !Files.isWritable(base)) {
      return none();
    }
    VersionLease lease;
    boolean goes;
    try {
      lease = new VersionLease(held(base, name));
    } catch (IOException e) {
      LOG.log(Level.INFO, "nobody is told that " + version + " is read: " + e.getMessage());
      return none();
    }
    Path removal = removal(base, name);
    try {
      Optional<HeldFile> remover =
          Files.exists(removal) ? HeldFile.ofExisting(removal) : Optional.empty();
      goes = Files.exists(removal) && remover.isEmpty();
      if (remover.isPresent()) { // of one that was killed
        remover.get().delete();
      }
    } catch (AccessDeniedException e) {
      goes = true; // another user is at it
    } catch (IOException e) {
      goes = false; // it cannot be told; what is missing is found when it is read
    }
    if (goes) {
      lease.close();
      throw new NoSuchFileException(version.toString(), null, "it is just being removed");
    }
    return lease;
  }

  private static HeldFile held(Path base, String name) throws IOException {
    while (true) { // one that clears away may be faster
      byte[] random = new byte[8];
      RANDOM.nextBytes(random);
      String file = ".graft-use-" + name + "-" + HexFormat.of().formatHex(random) + ".lock";
      Optional<HeldFile> held = HeldFile.of(base.resolve(file));
      if (held.isPresent()) {
        return held.get();
      }
    }
  }

  private static Path removal(Path base, String name) {
    return base.resolve(".graft-removal-" + name + ".lock");
  }

  /** What who removes a version holds meanwhile; none if another is at it. */
  public static Optional<HeldFile> removing(Path version) throws IOException {
    return HeldFile.of(version.resolveSibling(".graft-removal-" + version.getFileName() + ".lock"));
  }

  /** Whether somebody holds a lease on {@code version}. */
  public static boolean isHeldOn(Path version) throws IOException {
    String name = String.valueOf(version.getFileName());
    boolean isHeld = false;
    try (Stream<Path> all = Files.list(version.resolveSibling(".").normalize())) {
      for (Path file : all.toList()) {
        Matcher lease = FILE.matcher(file.getFileName().toString());
        if (lease.matches() && name.equals(lease.group(2))) {
          isHeld |= !isStale(file);
        }
      }
    }
    return isHeld;
  }

  /** Clears {@code file} away if it is one of these and nobody holds it; whether it is one. */
  public static boolean clearAway(Path file) throws IOException {
    if (!FILE.matcher(file.getFileName().toString()).matches()) {
      return false;
    }
    var unused = isStale(file);
    return true;
  }

  /** Whether nobody holds {@code file}, which is gone then. */
  private static boolean isStale(Path file) throws IOException {
    Optional<HeldFile> mine;
    try {
      mine = HeldFile.ofExisting(file);
    } catch (AccessDeniedException e) { // another user's: nobody can tell, so it counts
      return false;
    }
    if (mine.isEmpty()) {
      return !Files.exists(file);
    }
    try (HeldFile held = mine.get()) {
      boolean isStale =
          held.isSure()
              || Files.getLastModifiedTime(file).toInstant().isBefore(Instant.now().minus(OLD));
      if (isStale) {
        held.delete();
      }
      return isStale;
    }
  }

  private void closeAtExit() {
    if (file != null) {
      file.deleteAtExit();
    }
  }

  /** Lets the version go. May be called again. */
  @Override
  public void close() {
    if (file != null && OPEN.remove(this)) {
      try {
        file.delete();
      } catch (IOException e) { // the next who looks clears it away
        LOG.log(Level.DEBUG, "a lease cannot be deleted", e);
      }
    }
  }
}
