package dev.graft.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the poms say holds of them. */
class PomsTest {

  private static final Path ROOT = Path.of(System.getProperty("graft.root"));

  /** The name that a module-info of an application requires is that of the module's packages. */
  @Test
  void everyJarHasAModuleName() throws IOException {
    List<Path> modules;
    try (Stream<Path> all = Files.list(ROOT.resolve("modules"))) {
      modules = all.filter(each -> Files.isDirectory(each.resolve("src/main/java"))).toList();
    }
    assertThat(modules).hasSizeGreaterThan(10);
    for (Path module : modules) {
      String name = module.getFileName().toString();
      String expected = name.equals("graft") ? "dev.graft" : "dev.graft." + name;
      assertThat(Files.readString(module.resolve("pom.xml")))
          .as(name)
          .contains("<automatic.module>" + expected + "</automatic.module>");
    }
  }

  /** Its comment once named signatures that it did not make. */
  @Test
  void theReleaseProfileAddsWhatItSays() throws IOException {
    String pom = Files.readString(ROOT.resolve("pom.xml"));
    String profile = pom.substring(pom.indexOf("What a release adds"));
    profile = profile.substring(0, profile.indexOf("</profile>"));
    assertThat(profile)
        .contains("poms without the parent")
        .contains("flatten-maven-plugin")
        .doesNotContain("gpg", "maven-source-plugin");
    assertThat(pom).contains("maven-source-plugin");
  }

  /** Who takes natives by hand copies their versions from there. */
  @Test
  void theGuideForServicesNamesTheNativesThatFit() throws IOException {
    String pom = Files.readString(ROOT.resolve("pom.xml"));
    String guide = Files.readString(ROOT.resolve("docs/embedding.md"));
    String tensorflow = property(pom, "tensorflow.version");
    String javacpp = property(pom, "javacpp.version");
    String cuda = property(pom, "cuda.version");
    assertThat(guide)
        .contains("org.tensorflow:tensorflow-core-native:" + tensorflow + ":linux-x86_64")
        .contains("org.bytedeco:javacpp:" + javacpp + ":linux-x86_64")
        .contains("org.bytedeco:cuda:" + cuda + ":linux-x86_64-redist")
        .contains("<version>" + tensorflow + "</version>", "<version>" + javacpp + "</version>");
  }

  private static String property(String pom, String name) {
    String tag = "<" + name + ">";
    int begin = pom.indexOf(tag) + tag.length();
    return pom.substring(begin, pom.indexOf('<', begin));
  }
}
