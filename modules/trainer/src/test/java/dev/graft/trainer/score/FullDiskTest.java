package dev.graft.trainer.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.condition.OS.WINDOWS;

import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.testkit.ChildJava;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.io.TempDir;

/** What is kept for speed costs no score where files cannot grow. */
class FullDiskTest {

  @TempDir private Path dir;

  /** As on a disk that fills: no file of that process gets larger than a block of the shell's. */
  private List<String> limited(String work) throws Exception {
    ProcessBuilder limited =
        ChildJava.running(
            List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"), // the latter writes a file
            FullDiskTest.class,
            dir.resolve("features").toString(),
            work);
    limited.command().addAll(0, List.of("sh", "-c", "ulimit -f 1; exec \"$@\"", "sh"));
    Process child = limited.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    List<String> lines =
        new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    assertThat(child.waitFor()).as("%s", lines).isZero();
    return lines;
  }

  @DisabledOnOs(value = WINDOWS, disabledReason = "no shell sets a limit")
  @Test
  void aDiskThatFillsCostsASentenceAndWhatWasKept() throws Exception {
    double loss = loss(new RuntimeOptions.Features(0.5, Optional.empty()));
    List<String> lines = limited("score");
    assertThat(lines).last().isEqualTo("loss " + loss);
    assertThat(lines).filteredOn(each -> each.contains("features are not kept in")).hasSize(1);
    assertThat(lines).filteredOn(each -> each.contains("all is computed from the exam")).hasSize(1);
    assertThat(rows(dir.resolve("features"))).isEmpty();
  }

  @DisabledOnOs(value = WINDOWS, disabledReason = "no shell sets a limit")
  @Test
  void aHeadIsLearnedFromMemoryWhereTheFileForItsFeaturesFails() throws Exception {
    double loss = trained(new RuntimeOptions.Features(0.5, Optional.empty()));
    List<String> lines = limited("train");
    assertThat(lines).last().isEqualTo("loss " + loss);
    assertThat(lines).filteredOn(each -> each.contains("again, into Java's memory")).hasSize(1);
  }

  private static List<Path> rows(Path store) throws IOException {
    try (Stream<Path> files = Files.walk(store)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private static double loss(RuntimeOptions.Features features, TrainingListener... listeners) {
    RuntimeOptions options = RuntimeOptions.defaults().features(features);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
      return Evaluator.evaluate(
              runtime,
              SmallTraining.MODEL,
              SmallTraining.examples(),
              SmallTraining.options(Recipe.headOnly(), listeners))
          .loss();
    }
  }

  private static double trained(RuntimeOptions.Features features, TrainingListener... listeners) {
    RuntimeOptions options = RuntimeOptions.defaults().features(features);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
      return Trainer.fit(
              runtime,
              SmallTraining.MODEL,
              SmallTraining.BLOCKS,
              SmallTraining.parts(),
              SmallTraining.options(Recipe.headOnly(), listeners))
          .validation()
          .loss();
    }
  }

  /** The process with the limit; it has no memory for features. */
  public static void main(String[] arguments) {
    TrainingListener teller =
        TrainingListener.to(Decision.class, each -> System.out.println(each.sentence()));
    Path store = Path.of(arguments[0]);
    RuntimeOptions.Features none = new RuntimeOptions.Features(0, Optional.of(store));
    boolean trains = arguments[1].equals("train");
    System.out.println("loss " + (trains ? trained(none, teller) : loss(none, teller)));
  }
}
