package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.TensorAssert;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pass over the examples that is killed loses the block that it was at, and nothing else. */
class KilledPassTest {

  private static final Parts PARTS = SmallTraining.parts();

  @TempDir private Path folder;

  /** Again and again, each time until all is there, in another folder. */
  @Tag("nightly")
  @Test
  void thirtyTimesNothingIsComputedTwiceButABlock() throws Exception {
    {
      FeaturePass never = pass(folder.resolve("never"));
      Random random = new Random(5);
      for (int kills = 0, run = 0; kills < 30; run++) {
        Path features = folder.resolve("run" + run);
        boolean over = false;
        while (!over && kills < 30) {
          Path log = folder.resolve(kills + " of " + run + ".log");
          over = !isKilled(start(features, log), log, random);
          kills += over ? 0 : 1;
          assertThat(kept(features)).isGreaterThanOrEqualTo(done(Files.readAllLines(log)));
        }
        long before = kept(features);
        FeaturePass rest = pass(features);
        assertThat(rest.reused()).isEqualTo(before);
        same(never.features().train(), rest.features().train());
        same(never.features().validation(), rest.features().validation());
      }
    }
  }

  @Test
  void twoAtOnceGiveWhatOneGives() throws Exception {
    Path features = folder.resolve("both");
    Process one = start(features, folder.resolve("one.log"));
    Process other = start(features, folder.resolve("other.log"));
    assertThat(one.waitFor(2, TimeUnit.MINUTES) && other.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(one.exitValue() + other.exitValue()).isZero();
    {
      FeaturePass kept = pass(features);
      assertThat(kept.reused()).isEqualTo(size());
      same(pass(folder.resolve("alone")).features().train(), kept.features().train());
    }
  }

  private static int size() {
    return PARTS.train().size() + PARTS.validation().size();
  }

  private static FeaturePass pass(Path features) {
    Watch quiet = Watch.of(event -> {}, () -> {});
    return FeaturePass.of(features, SmallTraining.MODEL, PARTS, quiet);
  }

  private static void same(Dataset a, Dataset b) {
    a.all()
        .named()
        .forEach(
            (name, rows) -> TensorAssert.assertThat(b.all().named().get(name)).isIdenticalTo(rows));
  }

  /** Kills it some blocks after it began; false where it came to its end before. */
  private static boolean isKilled(Process child, Path log, Random random) throws Exception {
    int after = random.nextInt(4);
    while (child.isAlive()
        && Files.readAllLines(log).stream().filter(KilledPassTest::isBlock).count() <= after) {
      Thread.sleep(2);
    }
    Thread.sleep(random.nextInt(20));
    boolean alive = child.isAlive();
    child.destroyForcibly().waitFor();
    assertThat(alive || child.exitValue() == 0).as(Files.readString(log)).isTrue();
    return alive;
  }

  private static boolean isBlock(String line) {
    return line.startsWith("done ");
  }

  /** How many examples a process said to be done. */
  private static long done(List<String> log) {
    return log.stream()
        .filter(KilledPassTest::isBlock)
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
        .max()
        .orElse(0);
  }

  /** Of how many examples the rows of all tensors are there. */
  private static long kept(Path features) throws IOException {
    if (!Files.isDirectory(features)) {
      return 0;
    }
    long fewest = size();
    try (Stream<Path> tensors = Files.list(features)) {
      for (Path tensor : tensors.toList()) {
        Set<RowDigest> rows = new HashSet<>();
        try (Stream<Path> files = Files.list(tensor)) {
          for (Path file : files.toList()) {
            try (FileChannel channel = FileChannel.open(file)) {
              RowFile.read(channel, form(file), (example, block, row) -> add(rows, example, block));
            }
          }
        }
        fewest = Math.min(fewest, rows.size());
      }
    }
    return fewest;
  }

  private static void add(Set<RowDigest> rows, RowDigest example, RowFile.Block block) {
    try {
      block.all();
      rows.add(example);
    } catch (IOException e) {
      // it is torn
    }
  }

  private static RowForm form(Path file) throws IOException {
    ByteBuffer start = ByteBuffer.wrap(Files.readAllBytes(file));
    int rowBytes = start.remaining() < 12 ? 0 : start.getInt(8);
    return RowForm.of(DType.FLOAT32, Shape.of(rowBytes / Float.BYTES));
  }

  private static Process start(Path features, Path log) throws IOException {
    return ChildJava.running(
            List.of("-XX:TieredStopAtLevel=1"), // lives too briefly for more
            KilledPassTest.class,
            features.toString())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  /** The process that is killed. */
  public static void main(String[] arguments) {
    TrainingListener teller =
        TrainingListener.to(
            Progress.class, progress -> System.out.println("done " + progress.done()));
    Watch watch = Watch.of(teller, KilledPassTest::rest);
    FeaturePass.of(Path.of(arguments[0]), SmallTraining.MODEL, PARTS, watch);
  }

  /** So that there is time to be killed in. */
  private static void rest() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
