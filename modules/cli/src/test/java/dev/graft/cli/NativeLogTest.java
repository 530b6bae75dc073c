package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.testkit.ChildJava;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TensorFlow's own lines stand in nobody's way, and a command's words reach the user. */
class NativeLogTest {

  @TempDir private Path dir = Path.of("");
  private final List<String> options = new ArrayList<>(); // of Java

  /** A real SavedModel without serving_bytes: TensorFlow has loaded it when it is refused. */
  @Test
  void aFailureWhileTensorFlowRunsReachesStandardError() throws IOException, InterruptedException {
    Path home = dir.resolve("home");
    String model = "../../testdata/zoo/keras2/dense_mlp/model";
    assertThat(graft(home, "predict", "--model", model, "../../testdata/photos/animals/cat.jpg"))
        .isEqualTo(2);
    assertThat(said("stderr"))
        .startsWith("error: ")
        .contains("serving_bytes")
        .doesNotContain("mlir");
    assertThat(home.resolve("tensorflow.log")).exists();
  }

  /** Tests may run as root, who can write to any file, but not to a folder. */
  @Test
  void aLogThatCannotBeWrittenStopsNothing() throws IOException, InterruptedException {
    Path home = dir.resolve("home");
    Files.createDirectories(home.resolve("tensorflow.log"));
    assertThat(graft(home, "doctor", "--trial", "0")).as(said("stderr")).isZero();
    assertThat(said("stdout"))
        .contains(dir.resolve("graft-tensorflow-").toString(), "cannot be written", "GRAFT_HOME");
  }

  /** In a folder that everybody can write to, a link would lead to any file of the user's. */
  @Test
  void theLogForWantOfAnotherFollowsNoLink() throws IOException, InterruptedException {
    Path home = dir.resolve("home");
    Files.createDirectories(home.resolve("tensorflow.log"));
    Path treasure = Files.createDirectories(dir.resolve("treasure"));
    String user = System.getProperty("user.name");
    Files.createSymbolicLink(dir.resolve("graft-tensorflow-" + user), treasure);
    assertThat(graft(home, "doctor", "--trial", "0")).as(said("stderr")).isZero();
    assertThat(treasure).isEmptyDirectory();
    assertThat(said("stdout")).contains(dir.resolve("graft-tensorflow-").toString());
    Files.delete(dir.resolve("graft-tensorflow-" + user));
    assertThat(graft(home, "doctor", "--trial", "0")).isZero();
    assertThat(dir.resolve("graft-tensorflow-" + user + "/tensorflow.log")).exists();
  }

  @Test
  void aLogThatHasGrownBeginsAnew() throws IOException, InterruptedException {
    Path log = Files.createDirectories(dir.resolve("home")).resolve("tensorflow.log");
    Files.write(log, new byte[11 << 20]);
    assertThat(graft(dir.resolve("home"), "doctor", "--trial", "0")).isZero();
    assertThat(Files.size(log)).isLessThan(1 << 20);
    assertThat(dir.resolve("home/tensorflow.log.old")).exists();
  }

  /** As where programs may not run from the folder for temporary files. */
  @Test
  void withoutJnaOnlyTheLinesStayWhereTheyAre() throws IOException, InterruptedException {
    options.addAll(List.of("-Djna.nounpack=true", "-Djna.nosys=true"));
    assertThat(graft(dir.resolve("home"), "doctor", "--trial", "0")).as(said("stderr")).isZero();
    assertThat(said("stderr")).contains("stays on standard error", "-Djna.tmpdir=DIR");
    assertThat(said("stdout")).contains("its native library loads and runs");
  }

  @Test
  void aHomeThatCannotBeMadeStopsNothing() throws IOException, InterruptedException {
    Path file = Files.writeString(dir.resolve("file"), "");
    assertThat(graft(file.resolve("home"), "doctor", "--trial", "0")).as(said("stderr")).isZero();
    assertThat(said("stdout")).contains("GB free", "runs ", "native log");
  }

  private int graft(Path home, String... args) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("-Djava.io.tmpdir=" + dir));
    all.addAll(options);
    ProcessBuilder builder = ChildJava.running(all, Main.class, args);
    builder.environment().put("GRAFT_HOME", home.toString());
    Process graft =
        builder
            .redirectError(dir.resolve("stderr").toFile())
            .redirectOutput(dir.resolve("stdout").toFile())
            .start();
    assertThat(graft.waitFor(120, TimeUnit.SECONDS)).isTrue();
    return graft.exitValue();
  }

  private String said(String stream) throws IOException {
    return Files.readString(dir.resolve(stream), StandardCharsets.UTF_8);
  }
}
