package dev.graft.cli;

import dev.graft.error.BadRequestException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The backbones that ship with Graft: a name works wherever a model's folder does. */
final class ModelNames {

  /** Set by the launcher: the folder that holds {@code models/} and {@code testdata/}. */
  private static final String ROOT = "graft.root";

  private ModelNames() {}

  /** The folder that {@code nameOrPath} means. */
  static Path resolve(String nameOrPath) {
    Path path = Path.of(nameOrPath);
    if (Files.exists(path)) {
      return path;
    }
    Optional<Path> shipped = root().map(root -> root.resolve("models").resolve(nameOrPath));
    if (shipped.isPresent() && Files.isDirectory(shipped.get())) {
      return shipped.get();
    }
    throw new BadRequestException(
        "there is no model '"
            + nameOrPath
            + "': no such folder, and none of the backbones that ship with Graft is called that ("
            + String.join(", ", shipped())
            + ").");
  }

  /** The names of the backbones that ship. */
  static List<String> shipped() {
    Optional<Path> models = root().map(root -> root.resolve("models"));
    if (models.isEmpty() || !Files.isDirectory(models.get())) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(models.get())) {
      return entries
          .filter(entry -> Files.exists(entry.resolve("saved_model.pb")))
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file or folder of the repository that Graft runs from. */
  static Path ofRepository(String path) {
    return root()
        .map(root -> root.resolve(path))
        .filter(Files::exists)
        .orElseThrow(
            () ->
                new BadRequestException(
                    "'"
                        + path
                        + "' is not there; run this with the ./graft of a checkout of the repository."));
  }

  private static Optional<Path> root() {
    return Optional.ofNullable(System.getProperty(ROOT)).map(Path::of);
  }
}
