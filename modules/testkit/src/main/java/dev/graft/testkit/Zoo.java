package dev.graft.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The small SavedModels under {@code testdata/zoo}, saved by real Keras and TensorFlow, with the
 * values that TensorFlow computes with them. What the files hold is told in the README there.
 */
public final class Zoo {
  /** Read once: a few dozen kilobytes of JSON each, and every parametrized test asks for them. */
  private static final List<ZooModel> MODELS = read();

  private Zoo() {}

  /** All models, by vintage and name. */
  public static List<ZooModel> models() {
    return MODELS;
  }

  /** The models that a test has to do with; fails if there is none, so that no test is idle. */
  public static List<ZooModel> models(Predicate<ZooModel> wanted) {
    List<ZooModel> models = MODELS.stream().filter(wanted).toList();
    if (models.isEmpty()) {
      throw new IllegalArgumentException("the zoo holds no such model");
    }
    return models;
  }

  /** One model by its path in the zoo, for example {@code keras2/lstm}. */
  public static ZooModel model(String path) {
    return MODELS.stream()
        .filter(model -> model.toString().equals(path))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("the zoo holds no '" + path + "' of " + MODELS));
  }

  /**
   * Unpacks a SavedModel of {@code testdata/packed} that is too large to lie there as it is.
   *
   * @param folder where to; its name is that of the model
   */
  public static Path unpacked(String name, Path folder) {
    Path model = folder.resolve(name);
    try (FileSystem packed =
        FileSystems.newFileSystem(Checkout.path("testdata/packed/" + name + ".zip"))) {
      Checkout.copy(packed.getPath("/"), model);
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException("'" + name + "' cannot be unpacked", e);
    }
  }

  private static List<ZooModel> read() {
    Path zoo = Checkout.path("testdata/zoo");
    try (Stream<Path> files = Files.find(zoo, 3, (file, a) -> file.endsWith("golden.json"))) {
      return files.sorted().map(file -> ZooModel.read(file.resolveSibling("."))).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("the zoo cannot be read: " + zoo, e);
    }
  }
}
