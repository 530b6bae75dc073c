package dev.graft.internal.place;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import dev.graft.error.BadModelException;
import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.file.VersionFolders;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A SavedModel in a {@code .zip}, {@code .tar} or {@code .tar.gz}. It is unpacked once, into a
 * folder of {@link ModelCache} that is named by the archive's content; the weights stay there,
 * since a model refers to them.
 *
 * <p>Refused are entries that lead out of that folder, links and devices, the same file twice, and
 * archives that hold far more than their size lets expect.
 */
final class ModelArchive {

  private static final String MODEL = "saved_model.pb";
  private static final long MOST_OF_HEADERS = 1 << 20; // bytes before an entry

  private final Path archive;
  private final Limits limits;
  private long packed;
  private long bytes;
  private int entries;

  /**
   * What an archive may hold.
   *
   * @param entries files and folders
   * @param bytes all files together
   * @param ratio how many times the archive's own size, once it is more than {@code free}
   * @param free bytes that are never too many
   */
  record Limits(int entries, long bytes, int ratio, long free) {
    static final Limits STANDARD = new Limits(100_000, 64L << 30, 200, 1L << 30);
  }

  private ModelArchive(Path archive, Limits limits) {
    this.archive = archive;
    this.limits = limits;
  }

  /** Whether {@code path} is an archive that may hold a SavedModel. */
  static boolean is(Path path) {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    byte[] head = head(path);
    return isZip(head) ? holdsModel(path) : isGzip(head) || isTar(head);
  }

  /** The folder of the SavedModel in {@code archive}, unpacked now or before. */
  static Path unpack(Path archive, ModelCache cache) {
    return unpack(archive, cache, Limits.STANDARD);
  }

  static Path unpack(Path archive, ModelCache cache, Limits limits) {
    try {
      String digest =
          MoreFiles.asByteSource(archive).hash(Hashing.sha256()).toString().substring(0, 32);
      ModelArchive packed = new ModelArchive(archive, limits);
      return packed.model(cache.folder(digest, packed::into)).orElseThrow();
    } catch (IOException e) {
      throw damaged(archive, String.valueOf(e.getMessage()), e);
    }
  }

  private void into(Path parent) throws IOException {
    Path folder = Files.createDirectory(parent.resolve(baseName()));
    packed = Files.size(archive);
    if (isZip(head(archive))) {
      zip(folder);
    } else {
      tar(folder);
    }
    if (model(parent).isEmpty()) {
      throw damaged(archive, "it holds no " + MODEL, null);
    }
  }

  /** {@code mobilenet} for {@code mobilenet.tar.gz}: what the model is called. */
  private String baseName() {
    String name = String.valueOf(archive.getFileName());
    String base = name.replaceFirst("(?i)\\.(zip|tar|tgz|tar\\.gz)$", "");
    return base.isEmpty() || base.startsWith(".") ? "model" : base;
  }

  private void zip(Path folder) throws IOException {
    try (ZipFile zip = ZipFile.builder().setPath(archive).get()) {
      Enumeration<ZipArchiveEntry> all = zip.getEntries();
      while (all.hasMoreElements()) {
        ZipArchiveEntry entry = all.nextElement();
        if (entry.isUnixSymlink()) {
          throw link(entry.getName());
        }
        if (!zip.canReadEntryData(entry)) {
          throw damaged(
              archive, "'" + entry.getName() + "' is encrypted or packed unusually", null);
        }
        Path target = target(folder, entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          try (InputStream in = zip.getInputStream(entry)) {
            write(in, target, entry.getName());
          }
        }
      }
    }
  }

  private void tar(Path folder) throws IOException {
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
        InputStream plain = isGzip(head(archive)) ? gunzip(file) : file;
        BoundedStream bounded = new BoundedStream(plain);
        TarArchiveInputStream tar = new TarArchiveInputStream(bounded)) {
      while (true) {
        bounded.allow(MOST_OF_HEADERS); // a name or an attribute is collected in memory
        TarArchiveEntry entry = tar.getNextEntry();
        bounded.allow(Long.MAX_VALUE);
        if (entry == null) {
          return;
        }
        if (entry.isPaxHeader() || entry.isGlobalPaxHeader()) {
          continue;
        }
        if (isSpecial(entry)) {
          throw link(entry.getName());
        }
        Path target = target(folder, entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          write(tar, target, entry.getName());
        }
      }
    }
  }

  private static boolean isSpecial(TarArchiveEntry entry) {
    return entry.isSymbolicLink()
        || entry.isLink()
        || entry.isCharacterDevice()
        || entry.isBlockDevice()
        || entry.isFIFO();
  }

  private static InputStream gunzip(InputStream in) throws IOException {
    return GzipCompressorInputStream.builder()
        .setInputStream(in)
        .setDecompressConcatenated(true)
        .get();
  }

  /** Where {@code name} goes; fails if that is outside {@code folder}. */
  private Path target(Path folder, String name) {
    if (++entries > limits.entries()) {
      throw damaged(archive, "it holds more than " + limits.entries() + " entries", null);
    }
    boolean strange =
        name.startsWith("/")
            || name.indexOf('\\') >= 0
            || name.indexOf(0) >= 0
            || name.matches("[A-Za-z]:.*")
            || Stream.of(name.split("/", -1)).anyMatch(".."::equals);
    try {
      Path target = folder.resolve(strange ? "" : name).normalize();
      if (!strange && target.startsWith(folder)) {
        return target;
      }
    } catch (InvalidPathException e) {
      throw damaged(archive, "it holds a file called '" + name + "'", e);
    }
    throw BadModelException.inFile(
        archive.toString(),
        "the archive '"
            + archive
            + "' holds '"
            + name
            + "', which leads out of the folder that it is unpacked to; it is refused.",
        null);
  }

  private void write(InputStream in, Path target, String name) throws IOException {
    Path parent = target.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
      byte[] buffer = new byte[1 << 16];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        bytes += count;
        boolean bomb = bytes > limits.free() && bytes / limits.ratio() > packed;
        if (bytes > limits.bytes() || bomb) {
          throw damaged(
              archive,
              String.format(
                  Locale.ROOT,
                  "its %,d bytes unpack to more than %,d, as no model does",
                  packed,
                  bytes),
              null);
        }
        out.write(buffer, 0, count);
      }
    } catch (FileAlreadyExistsException e) {
      throw damaged(archive, "it holds '" + name + "' twice", e);
    }
  }

  /**
   * The folder of the SavedModel in {@code folder}: the one nearest to the top, of versions beside
   * each other the newest.
   */
  private Optional<Path> model(Path folder) throws IOException {
    List<Path> found;
    try (Stream<Path> files = Files.walk(folder, 8)) {
      found =
          files
              .filter(file -> file.endsWith(MODEL) && Files.isRegularFile(file))
              .map(Path::getParent)
              .sorted(Comparator.comparing(Path::getNameCount).thenComparing(path -> path))
              .toList();
    }
    List<Path> nearest =
        found.stream().filter(path -> path.getNameCount() == found.get(0).getNameCount()).toList();
    if (nearest.size() < 2) {
      return nearest.stream().findFirst();
    }
    Path base = nearest.get(0).resolveSibling("");
    boolean versions =
        nearest.stream()
            .allMatch(path -> path.resolveSibling("").equals(base) && VersionFolders.isOne(path));
    if (!versions) {
      throw damaged(
          archive,
          "it holds several models, "
              + String.join(
                  ", ", nearest.stream().map(path -> "'" + folder.relativize(path) + "'").toList())
              + "; unpack it, and give the folder of one",
          null);
    }
    return Optional.of(ModelFolder.version(base));
  }

  private static byte[] head(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(512);
    } catch (IOException e) {
      throw new InputOutputException("'" + path + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }

  private static boolean isZip(byte[] head) {
    return head.length > 4 && head[0] == 'P' && head[1] == 'K' && head[2] == 3 && head[3] == 4;
  }

  private static boolean isGzip(byte[] head) {
    return head.length > 2 && head[0] == 0x1f && head[1] == (byte) 0x8b;
  }

  private static boolean isTar(byte[] head) {
    return head.length == 512
        && new String(head, 257, 5, StandardCharsets.ISO_8859_1).equals("ustar");
  }

  /** Zips are many things; a {@code .keras} file is one. */
  private static boolean holdsModel(Path path) {
    try (ZipFile zip = ZipFile.builder().setPath(path).get()) {
      Enumeration<ZipArchiveEntry> all = zip.getEntries();
      while (all.hasMoreElements()) {
        String name = all.nextElement().getName();
        if (name.equals(MODEL) || name.endsWith("/" + MODEL)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw damaged(path, String.valueOf(e.getMessage()), e);
    }
  }

  private BadModelException link(String name) {
    return BadModelException.inFile(
        archive.toString(),
        "the archive '"
            + archive
            + "' holds '"
            + name
            + "', a link or device; only files and folders are unpacked.",
        null);
  }

  private static BadModelException damaged(Path archive, String what, @Nullable Throwable cause) {
    return BadModelException.inFile(
        archive.toString(), "the archive '" + archive + "' cannot be used: " + what + ".", cause);
  }
}
