package dev.graft.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The types that an application sees: a list that is kept in the repository and grows by decision.
 */
class PublicTypesTest {

  private static final Path LIST =
      Path.of(System.getProperty("graft.root"))
          .resolve(
              "modules/architecture/src/test/resources/dev/graft/architecture/public-types.txt");

  /** Written anew with {@code -Dgraft.write=true}, when the door has been widened on purpose. */
  @Test
  void theyAreThoseOfTheList() throws IOException {
    List<String> types =
        House.GRAFT.stream().filter(House::isApi).map(JavaClass::getName).sorted().toList();
    if (Boolean.getBoolean("graft.write")) {
      Files.writeString(LIST, String.join("\n", types) + "\n");
    }
    assertThat(types).isEqualTo(Files.readAllLines(LIST));
  }

  /** Those that no example has use for; exceptions, which nobody makes, are not asked after. */
  private static final Map<String, String> NOT_SHOWN =
      Map.of(
          "dev.graft.error.Internal", "marks what is no API",
          "dev.graft.job.HeadOrigin", "told by an event, for a page of results",
          "dev.graft.micrometer.ServingMetrics", "for a registry, which the examples have none of",
          "dev.graft.model.Initializer", "of a source of values, which edits make",
          "dev.graft.surgeon.Edit", "to write further edits, whose graphs are Graft's own affair",
          "dev.graft.surgeon.Padding", "a sentence for who publishes models of texts",
          "dev.graft.surgeon.Preparation", "a pixel range in numbers, where no name fits",
          "dev.graft.words.Words", "an enum's name for people, as the command line has it");

  /** A nested type is its owner's part. The list of those left out may only get shorter. */
  @Test
  void eachOccursInAnExample() {
    Set<String> shown =
        House.GRAFT.stream()
            .filter(House.ofModule("examples"))
            .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
            .map(dependency -> dependency.getTargetClass().getBaseComponentType().getName())
            .map(name -> name.replaceFirst("\\$.*", ""))
            .collect(Collectors.toSet());
    assertThat(
            House.GRAFT.stream()
                .filter(type -> House.isApi(type) && type.isTopLevelClass())
                .map(JavaClass::getName)
                .filter(name -> !name.endsWith("Exception"))
                .filter(name -> !shown.contains(name)))
        .containsExactlyInAnyOrderElementsOf(NOT_SHOWN.keySet());
  }
}
