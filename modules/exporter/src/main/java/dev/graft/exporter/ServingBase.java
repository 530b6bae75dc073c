package dev.graft.exporter;

import com.google.common.hash.Hashing;
import dev.graft.model.BadRequestException;
import dev.graft.model.Durable;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder that a server watches: one folder for each version, named by its number, and nothing
 * else but hidden files. A new version is made beside them under a name that no server takes for a
 * version, and appears whole by one rename.
 */
final class ServingBase {

  private static final Pattern VERSION = Pattern.compile("\\d{1,18}");
  private static final Pattern TEMPORARY =
      Pattern.compile("\\.graft-tmp-([0-9a-f]{8})-(\\d+)-[0-9a-f]{8}");

  /** The temporary folders that threads of this process work in. */
  private static final Set<String> ACTIVE = ConcurrentHashMap.newKeySet();

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Path base;
  private final List<Path> made; // the base and folders above it that were not there, deepest first

  private ServingBase(Path base, List<Path> made) {
    this.base = base;
    this.made = made;
  }

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
    List<Path> made = new ArrayList<>();
    for (Path at = path.toAbsolutePath(); at != null && !Files.exists(at); at = at.getParent()) {
      made.add(at);
    }
    Durable.makeFolders(path);
    ServingBase serving = new ServingBase(path, made);
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
    Matcher temporary = TEMPORARY.matcher(name);
    if (temporary.matches()) {
      if (isAbandoned(name, temporary.group(1), temporary.group(2))) {
        clearAway(entry);
      }
      return;
    }
    boolean isVersion = VERSION.matcher(name).matches() && Files.isDirectory(entry);
    // What is hidden is a file manager's or a network disk's; servers pass over it, too.
    if (!isVersion && !name.startsWith(".")) {
      throw new BadRequestException(
          "'"
              + base
              + "' holds '"
              + name
              + "', which is no version; versions are folders named by a number. Give an empty"
              + " folder, or one that holds versions only.");
    }
  }

  /** What cannot be deleted, or is being deleted by another, harms nobody under its hidden name. */
  private static void clearAway(Path leftover) {
    try {
      Durable.delete(leftover);
    } catch (IOException e) {
      // the next one may do it
    }
  }

  private static boolean isAbandoned(String name, String host, String process) {
    if (!host.equals(host()) || ACTIVE.contains(name)) {
      return false;
    }
    long pid = new BigInteger(process).longValue();
    return pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty();
  }

  /** This machine, since process numbers mean nothing on another that shares the folder. */
  private static String host() {
    String name;
    try {
      name = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      name = "";
    }
    return Hashing.sha256().hashString(name, StandardCharsets.UTF_8).toString().substring(0, 8);
  }

  /** Makes a folder to build the next version in. */
  Path temporary() throws IOException {
    byte[] random = new byte[4];
    RANDOM.nextBytes(random);
    String name =
        String.join(
            "-",
            ".graft-tmp",
            host(),
            Long.toString(ProcessHandle.current().pid()),
            HexFormat.of().formatHex(random));
    Path folder = base.resolve(name);
    ACTIVE.add(name); // before another thread can see the folder
    try {
      return Files.createDirectories(folder); // the base too: a run that failed may have taken it
    } catch (IOException e) {
      ACTIVE.remove(name);
      throw e;
    }
  }

  /** Makes {@code temporary} the next version, at once and for good; gives its number. */
  long commit(Path temporary) throws IOException {
    Durable.syncFolders(temporary);
    while (true) {
      long number = newest() + 1;
      Path version = base.resolve(Long.toString(number));
      try {
        Files.move(temporary, version, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        if (Files.exists(version) && Files.exists(temporary)) {
          continue; // somebody else has just published this number
        }
        throw e;
      }
      Durable.syncFolder(base);
      return number;
    }
  }

  private long newest() throws IOException {
    return entries().stream()
        .map(entry -> entry.getFileName().toString())
        .filter(name -> VERSION.matcher(name).matches())
        .mapToLong(Long::parseLong)
        .max()
        .orElse(0);
  }

  /**
   * Forgets {@code temporary} and clears it away if it is still there; so are folders that were
   * made for it and hold nothing.
   */
  void discard(Path temporary) {
    ACTIVE.remove(temporary.getFileName().toString());
    try {
      if (Files.exists(temporary)) {
        Durable.delete(temporary);
      }
      for (Path folder : made) {
        Files.deleteIfExists(folder);
      }
    } catch (DirectoryNotEmptyException e) {
      // A version is in it.
    } catch (IOException e) {
      // The next run clears it away; what is told is the failure that led here.
    }
  }
}
