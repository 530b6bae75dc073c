package dev.graft.internal.place;

import dev.graft.error.BadModelException;
import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.file.VersionFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Finds the SavedModel that a path means: the path itself, the newest version below it, or what an
 * archive holds.
 */
public final class ModelFolder {

  /** Below which archives are unpacked, where nobody says otherwise. */
  public static final Path CACHE = Path.of(System.getProperty("user.home"), ".cache", "graft");

  private static final String FILE = "saved_model.pb";

  private ModelFolder() {}

  /**
   * {@code path} if it is neither a serving base path nor an archive. Of a base path its newest
   * version, the folder with the highest number; of an archive the folder to which it is unpacked
   * below {@code cache}.
   */
  public static Path of(Path path, Path cache) {
    return version(
        ModelArchive.is(path) ? ModelArchive.unpack(path, ModelCache.under(cache)) : path);
  }

  /** {@code path}, or the version that is its newest now if it is a serving base path. */
  public static Path version(Path path) {
    if (!Files.isDirectory(path) || Files.exists(path.resolve(FILE))) {
      return path; // a SavedModel, or something that the importer refuses with reason
    }
    return newest(path).orElse(path);
  }

  /** What {@code path} is called: its last part, of a version the base path's, too. */
  public static String name(Path path) {
    int parts = path.getNameCount();
    return String.valueOf(
        parts > 1 && VersionFolders.isOne(path)
            ? path.subpath(parts - 2, parts)
            : path.getFileName());
  }

  /**
   * The SavedModel at {@code path}, for those that open it without the importer.
   *
   * @throws BadModelException if there is none
   */
  public static Path existing(Path path, Path cache) {
    Path found = of(path, cache);
    if (!Files.exists(found.resolve(FILE))) {
      throw BadModelException.inFile(
          path.toString(),
          "'"
              + path
              + "' holds no "
              + FILE
              + " and no numbered version that does. Give the folder of a SavedModel, or the folder"
              + " that holds its versions.",
          null);
    }
    return found;
  }

  /** The newest version below {@code base}, if there is one. */
  public static Optional<Path> newest(Path base) {
    List<Path> all = versions(base);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** All versions under {@code base} that hold a SavedModel, the oldest first. */
  public static List<Path> versions(Path base) {
    try {
      return VersionFolders.in(base).stream()
          .filter(version -> Files.exists(version.resolve(FILE)))
          .toList();
    } catch (IOException e) {
      throw new InputOutputException(
          "the folder '" + base + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }
}
