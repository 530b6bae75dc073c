package dev.graft.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
}
