package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.ChildJava;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A long training takes no more memory than a short one: native memory, Java's heap and what is
 * open stay flat. One batch that is not freed in each step would be 90 MiB after 500 of them.
 */
@EnabledOnOs(OS.LINUX)
class SteadyMemoryTest {

  private static final Model ALL_TRAINS = SmallTraining.MODEL.with(unfreeze(Where.all()));
  private static final int BATCH = 256;
  private static final int WARM_UP = 100;

  /** What is in use, in MiB, and how many native things are open. */
  private record Usage(long resident, long heap, int open) {

    static Usage now(TensorFlowRuntime runtime) {
      System.gc();
      Runtime java = Runtime.getRuntime();
      long heap = java.totalMemory() - java.freeMemory() >> 20;
      try {
        String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
        long resident = Long.parseLong(pages) * 4096 >> 20;
        return new Usage(resident - (java.totalMemory() >> 20), heap, runtime.openHandles().size());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void staysFlatOver500Steps() {
    check(500);
  }

  /** In a process of its own: what other tests left to the allocator hides what a step keeps. */
  @Tag("nightly")
  @Test
  void staysFlatOver10000Steps(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("log");
    Process child =
        ChildJava.running(List.of("-Xmx512m"), SteadyMemoryTest.class, "10000")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(child.waitFor()).as(Files.readString(log)).isZero();
  }

  /** The process that takes so many steps. */
  public static void main(String[] arguments) {
    check(Integer.parseInt(arguments[0]));
  }

  private static void check(int steps) {
    FineTune settings = FineTune.top().batch(BATCH).microBatch(BATCH);
    Parts parts = examples().split(Split.of(80, 10, 10));
    int perEpoch = (parts.train().size() + BATCH - 1) / BATCH;
    FineTune whole = settings.epochs((WARM_UP + steps) / perEpoch + 1).patience(Integer.MAX_VALUE);
    List<Usage> usages = new ArrayList<>();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        MeasuredLoop loop =
            MeasuredLoop.open(
                Computing.exactly(runtime), ALL_TRAINS, whole, parts.train(), parts.validation())) {
      loop.run(
          TrainingListener.to(
              Step.class,
              step -> {
                if (step.number() == WARM_UP || step.number() == WARM_UP + steps) {
                  usages.add(Usage.now(runtime));
                }
              }),
          () -> {});
    }
    Usage before = usages.get(0);
    Usage after = usages.get(1);
    assertThat(after.resident() - before.resident()).as("%s to %s", before, after).isLessThan(48);
    assertThat(after.heap() - before.heap()).as("%s to %s", before, after).isLessThan(16);
    assertThat(after.open()).isEqualTo(before.open());
  }

  /** Those of {@link SmallTraining}, many times. */
  private static Dataset examples() {
    Dataset few = SmallTraining.examples();
    int times = 11;
    float[] pixels = few.all().named().get("x").floats();
    int[] labels = few.answers().values().iterator().next().values().ints();
    float[] allPixels = new float[times * pixels.length];
    int[] allLabels = new int[times * labels.length];
    for (int i = 0; i < times; i++) {
      System.arraycopy(pixels, 0, allPixels, i * pixels.length, pixels.length);
      System.arraycopy(labels, 0, allLabels, i * labels.length, labels.length);
    }
    return Dataset.of(
        Map.of("x", TensorValue.of(Shape.of(allLabels.length, 8, 8, 3), allPixels)),
        TensorValue.of(Shape.of(allLabels.length), allLabels),
        SmallTraining.LABELS);
  }
}
