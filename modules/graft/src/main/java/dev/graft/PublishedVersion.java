package dev.graft;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.InputOutputException;
import dev.graft.internal.gate.GateCheck;
import dev.graft.internal.place.ModelFolder;
import dev.graft.model.Signature;
import dev.graft.savedmodel.file.FolderDigest;
import dev.graft.savedmodel.file.VersionFolders;
import dev.graft.savedmodel.file.VersionLease;
import dev.graft.savedmodel.metadata.ModelMetadata;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A version that lies in a folder of versions.
 *
 * @param path its folder
 * @param published when it was published
 * @param scores how it did when it was published, by metric, what it comes down to first; empty if
 *     nobody had it scored
 * @param megabytes what its files take, a million bytes each
 * @param isInUse whether some process reads it with Graft, so that it is not removed
 */
public record PublishedVersion(
    Path path, Instant published, Map<String, Double> scores, double megabytes, boolean isInUse) {

  private static final System.Logger LOG = System.getLogger(PublishedVersion.class.getName());

  private static final JsonMapper JSON = new JsonMapper();

  public PublishedVersion {
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
  }

  /** Its number, the folder's name. */
  public long number() {
    return VersionFolders.number(path);
  }

  /**
   * All under {@code base}, the oldest first; none in a folder that has none. One that another
   * process removes meanwhile is not among them. No native code runs.
   *
   * @throws BadRequestException if {@code base} is no folder
   * @throws InputOutputException if it cannot be read
   */
  public static List<PublishedVersion> in(Path base) {
    requireNonNull(base, "base");
    if (!Files.isDirectory(base)) {
      throw empty(base);
    }
    List<PublishedVersion> all = new ArrayList<>();
    try {
      for (Path version : ModelFolder.versions(base)) {
        at(version).ifPresent(all::add);
      }
    } catch (IOException e) {
      throw unreadable(base, e);
    }
    return all;
  }

  /** None if it goes meanwhile, all of it in one step: then what was read of it counts no more. */
  private static Optional<PublishedVersion> at(Path version) throws IOException {
    try {
      PublishedVersion read =
          new PublishedVersion(
              version,
              Files.getLastModifiedTime(version.resolve("saved_model.pb")).toInstant(),
              scores(version),
              GateCheck.megabytes(version),
              VersionLease.isHeldOn(version));
      return Optional.of(read).filter(each -> Files.isDirectory(version));
    } catch (IOException | InputOutputException e) {
      if (Files.isDirectory(version)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private static List<Path> versions(Path base) {
    List<Path> versions = Files.isDirectory(base) ? ModelFolder.versions(base) : List.of();
    if (versions.isEmpty()) {
      throw empty(base);
    }
    return versions;
  }

  private static BadRequestException empty(Path base) {
    return new BadRequestException(
        "'" + base + "' holds no version; give a folder that versions were published in.");
  }

  /**
   * The signatures for features that the newest version under {@code base} has from Graft; none if
   * that is not known.
   */
  static Set<String> features(Path base) {
    Set<String> names = new TreeSet<>();
    Path file = ModelFolder.version(base).resolve(ModelMetadata.FILE);
    try {
      if (Files.exists(file)) {
        ModelMetadata.parse(Files.readString(file)).generated().stream()
            .filter(name -> name.startsWith(Signature.FEATURES))
            .forEach(names::add);
      }
    } catch (IOException | BadModelException e) {
      LOG.log(Level.DEBUG, "it is not known what '" + file + "' says", e);
    }
    return names;
  }

  private static Map<String, Double> scores(Path version) throws IOException {
    Path file = version.resolve(GateCheck.SCORES);
    return Files.exists(file)
        ? JSON.readValue(Files.readAllBytes(file), new TypeReference<Map<String, Double>>() {})
        : Map.of();
  }

  private static InputOutputException unreadable(Path base, IOException e) {
    return new InputOutputException("'" + base + "' cannot be read (" + e.getMessage() + ").", e);
  }

  /**
   * The version that a rollback of {@code base} goes to.
   *
   * @param wanted its number; none for what was there before the newest, which may itself be what a
   *     rollback gave
   */
  static Path before(Path base, Optional<Long> wanted) {
    List<Path> versions = versions(base);
    if (wanted.isPresent()) {
      return versions.stream()
          .filter(version -> version.getFileName().toString().equals("" + wanted.get()))
          .findFirst()
          .orElseThrow(() -> none(base, versions, "version " + wanted.get()));
    }
    try {
      List<String> digests = new ArrayList<>();
      for (Path version : versions) {
        digests.add(FolderDigest.of(version));
      }
      int origin = digests.isEmpty() ? 0 : digests.indexOf(digests.get(digests.size() - 1));
      if (origin == 0) {
        throw none(base, versions, "version before the newest");
      }
      return versions.get(origin - 1);
    } catch (IOException e) {
      throw unreadable(base, e);
    }
  }

  private static BadRequestException none(Path base, List<Path> versions, String what) {
    return new BadRequestException(
        "'"
            + base
            + "' has no "
            + what
            + " to go back to; it has "
            + versions.stream().map(version -> "" + version.getFileName()).toList()
            + ".");
  }
}
