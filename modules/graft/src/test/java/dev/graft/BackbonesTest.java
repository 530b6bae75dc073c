package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that come in jars. */
class BackbonesTest {

  private static final String RESOURCES = "META-INF/graft/backbones/";

  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"efficientnet-lite0", "efficientnet-lite1"})
  void aShippedOneIsWhatTheRepositoryHolds(String name) throws IOException {
    Path folder = Backbones.named(name, dir);
    Path original = Checkout.path("models/" + name);
    for (String file : new String[] {"saved_model.pb", "variables/variables.index", "LICENSE"}) {
      assertThat(folder.resolve(file)).hasSameBinaryContentAs(original.resolve(file));
    }
    assertThat(Backbones.named(name, dir)).isEqualTo(folder);
    Model model = Graft.load(folder);
    assertThat(model.variables()).hasSameSizeAs(Graft.load(original).variables());
  }

  @Test
  void whatIsNotThereIsNamedWithItsArtifact() {
    assertThatThrownBy(() -> Backbones.named("resnet50", dir))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("dev.graft:graft-backbone-resnet50");
    assertThatThrownBy(() -> Backbones.named("../efficientnet-lite0", dir))
        .isInstanceOf(BadRequestException.class);
  }

  /** Of a jar that somebody else made. */
  @Test
  void filesThatAreNotWhatTheCardSaysAreRefused() throws IOException {
    String digest = "0".repeat(64);
    assertDamaged("wrong", "\"saved_model.pb\": {\"bytes\": 3, \"sha256\": \"" + digest + "\"}");
    assertDamaged("longer", "\"saved_model.pb\": {\"bytes\": 1, \"sha256\": \"" + digest + "\"}");
    assertDamaged("missing", "\"other\": {\"bytes\": 3, \"sha256\": \"" + digest + "\"}");
    assertDamaged("outside", "\"../../../x\": {\"bytes\": 3, \"sha256\": \"" + digest + "\"}");
    assertThat(dir.resolve("cache/models")).isEmptyDirectory();
    assertThat(dir.resolve("cache")).isDirectoryNotContaining("glob:**x");
  }

  private void assertDamaged(String name, String files) throws IOException {
    Path jar = dir.resolve(name + ".jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      put(zip, name + "/card.json", "{\"files\": {" + files + "}}");
      put(zip, name + "/saved_model.pb", "abc");
    }
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      thread.setContextClassLoader(loader);
      assertThatThrownBy(() -> Backbones.named(name, dir.resolve("cache")))
          .isInstanceOf(BadModelException.class)
          .hasMessageContaining("is not what its card says");
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static void put(ZipOutputStream zip, String name, String text) throws IOException {
    zip.putNextEntry(new ZipEntry(RESOURCES + name));
    zip.write(text.getBytes(StandardCharsets.UTF_8));
    zip.closeEntry();
  }
}
