package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadModelException;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model's file that is a pipe would be waited for without a word. */
class PipesTest {

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "saved_model.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001"
      })
  void aPipeIsRefused(String name) throws Exception {
    Path model = Zoo.model("keras2/dense_mlp").savedModel();
    Checkout.copy(model, folder);
    Path pipe = folder.resolve(name);
    Files.delete(pipe);
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () ->
            assertThatThrownBy(() -> Graft.load(folder))
                .isInstanceOf(BadModelException.class)
                .hasMessageContaining(pipe + "' is no file but a folder, pipe or device"));
  }
}
