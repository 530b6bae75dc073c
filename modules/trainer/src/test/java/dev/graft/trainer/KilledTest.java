package dev.graft.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.runtime.TensorFlowRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training that is killed loses one step at most, and ends to the bit as if it had not been. The
 * processes that are killed write a checkpoint after every step, so that most kills fall into the
 * writing of one, and other threads keep the machine busy meanwhile.
 */
class KilledTest {

  private static final Recipe RECIPE = SmallTraining.recipe(8);
  private static final Pattern STEP = Pattern.compile("step (\\d+)");
  private static final Pattern FROM = Pattern.compile("goes on from .* step (\\d+) of .*");

  @TempDir private Path folder;

  @Test
  void onceIsSurvived() throws Exception {
    survives(1);
  }

  @Tag("nightly")
  @Test
  void thirtyTimesAreSurvived() throws Exception {
    survives(30);
  }

  private void survives(int kills) throws Exception {
    String uninterrupted;
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      uninterrupted = SmallTraining.digest(train(runtime).model());
    }
    Random random = new Random();
    int survived = 0;
    Path checkpoints = folder.resolve("checkpoints");
    for (int run = 0; survived < kills; run++) {
      if (run % 6 == 5) {
        checkpoints = folder.resolve("checkpoints" + run); // or it would be over
      }
      Path log = folder.resolve(run + ".log");
      Process child = start(checkpoints, log);
      await(child, log, "step");
      Thread.sleep(random.nextInt(250));
      survived += child.isAlive() ? 1 : 0;
      child.destroyForcibly().waitFor();
      checkNothingIsLost(checkpoints, Files.readAllLines(log));
    }
    Path log = folder.resolve("last.log");
    assertThat(start(checkpoints, log).waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(Files.readAllLines(log)).as("of the resumed run").contains(uninterrupted);
  }

  private static Run train(TensorFlowRuntime runtime, Callback... callbacks) {
    return Trainer.fit(runtime, SmallTraining.MODEL, SmallTraining.parts(), RECIPE, callbacks);
  }

  /**
   * The newest whole checkpoint is of the last step that was seen to be done, or the one before.
   */
  private static void checkNothingIsLost(Path checkpoints, List<String> log) {
    Checkpoint last = Checkpoints.in(checkpoints).newest(s -> {}).orElseThrow();
    long seen = 0;
    for (String line : log) {
      Matcher step = STEP.matcher(line);
      Matcher from = FROM.matcher(line);
      if (step.matches() || from.matches()) {
        seen = Long.parseLong(step.matches() ? step.group(1) : from.group(1));
      }
    }
    boolean betweenStretches = last.loop().isEmpty();
    long saved = last.loop().map(LoopState::step).orElse(0L);
    assertThat(betweenStretches || saved >= seen - 1)
        .as("step %d was done, and the checkpoint is of step %d\n%s", seen, saved, log)
        .isTrue();
  }

  private static void await(Process child, Path log, String word)
      throws IOException, InterruptedException {
    long limit = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    while (child.isAlive() && System.nanoTime() < limit) {
      if (Files.readString(log).contains(word)) {
        return;
      }
      Thread.sleep(5);
    }
    assertThat(Files.readString(log)).contains(word);
  }

  private static Process start(Path checkpoints, Path log) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1", // lives too briefly for more
            "-cp",
            System.getProperty("java.class.path"),
            "-Dgraft.root=" + System.getProperty("graft.root", ""),
            KilledTest.class.getName(),
            checkpoints.toString())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  /** The process that is killed. */
  public static void main(String[] arguments) {
    Thread busy =
        new Thread(
            () -> {
              while (true) {
                Thread.onSpinWait();
              }
            });
    busy.setDaemon(true);
    busy.start();
    Callback teller =
        new Callback() {
          @Override
          public void onProgress(Progress progress) {
            if (progress.phase() == Progress.Phase.FINE_TUNE) {
              System.out.println("step " + progress.done());
            }
          }

          @Override
          public void onDecision(String sentence) {
            System.out.println(sentence);
          }
        };
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Checkpoints checkpoints = Checkpoints.in(Path.of(arguments[0])).everySteps(1);
      System.out.println(SmallTraining.digest(train(runtime, teller, checkpoints).model()));
    }
  }
}
