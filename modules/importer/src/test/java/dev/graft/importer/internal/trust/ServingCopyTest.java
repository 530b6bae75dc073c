package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What TensorFlow's loader is given answers as the untouched file does, to the bit. */
@Tag("slow")
class ServingCopyTest {

  @TempDir private Path scratch = Path.of("");

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static List<ZooModel> models() {
    return Zoo.models(
        // TensorFlow's C++ loader refuses it: its asset is listed twice
        model -> !model.toString().equals("tf1/tf1_table_legacy_init"));
  }

  @ParameterizedTest
  @MethodSource("models")
  void answersAsTheUntouchedFileDoes(ZooModel zoo) {
    Map<List<String>, List<ZooModel.Case>> byTags =
        zoo.facts().cases().stream()
            .filter(wanted -> "session".equals(wanted.loader()))
            .collect(Collectors.groupingBy(c -> c.tags() == null ? zoo.facts().tags() : c.tags()));
    byTags.forEach(
        (tags, cases) -> {
          ImportOptions options = ImportOptions.defaults().tags(tags.toArray(String[]::new));
          Model model = SavedModelImporter.load(zoo.savedModel(), options);
          assertThat(model.leftOut()).isEmpty();
          LoadableBundle copy =
              LoadableBundle.of(zoo.savedModel(), options, scratch.resolve(String.join("-", tags)));
          assertThat(copy.path()).isNotEqualTo(zoo.savedModel());
          try (SavedModelSession untouched =
                  runtime.loadSavedModel(zoo.savedModel(), Set.copyOf(tags));
              SavedModelSession given = runtime.loadSavedModel(copy.path(), copy.tags())) {
            cases.forEach(wanted -> compare(zoo, wanted, model, untouched, given));
          }
        });
  }

  private static void compare(
      ZooModel zoo,
      ZooModel.Case wanted,
      Model model,
      SavedModelSession untouched,
      SavedModelSession given) {
    Signature signature = model.signatures().get(wanted.signature());
    Map<String, TensorValue> inputs = new TreeMap<>();
    zoo.golden()
        .under(wanted.name() + "/input/")
        .forEach(
            (name, value) ->
                inputs.put(name, ZooModel.fitting(value, signature.inputs().get(name).dtype())));
    Map<String, TensorValue> expected = untouched.call(wanted.signature(), inputs);
    Map<String, TensorValue> actual = given.call(wanted.signature(), inputs);
    assertThat(actual).containsOnlyKeys(expected.keySet());
    if (zoo.facts().deterministic()) {
      expected.forEach(
          (name, value) -> TensorAssert.assertThat(actual.get(name)).isIdenticalTo(value));
    }
  }

  /** In a zip nothing can be linked to: weights and assets are copied out of it. */
  @Test
  void isCopiedWhereLinksCannotBeMade() throws IOException {
    Path model = Zoo.model("keras2/vocabulary_file").savedModel();
    Path zip = scratch.resolve("model.zip");
    try (FileSystem archive = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      Path inside = archive.getPath("/model");
      try (Stream<Path> files = Files.walk(model)) {
        for (Path file : files.toList()) {
          Path to = inside.resolve(model.relativize(file).toString());
          if (Files.isDirectory(file)) {
            Files.createDirectories(to);
          } else {
            Files.copy(file, to);
          }
        }
      }
      LoadableBundle copy =
          LoadableBundle.of(inside, ImportOptions.defaults(), scratch.resolve("copy"));
      try (SavedModelSession untouched = runtime.loadSavedModel(model, Set.of("serve"));
          SavedModelSession given = runtime.loadSavedModel(copy.path(), copy.tags())) {
        assertThat(given.signatures().keySet()).isEqualTo(untouched.signatures().keySet());
      }
      assertThat(Files.isSymbolicLink(copy.path().resolve("variables"))).isFalse();
      assertThat(copy.path().resolve("assets/colours.txt")).isRegularFile();
    }
  }
}
