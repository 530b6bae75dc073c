package dev.graft.trainer.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.error.InputOutputException;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.savedmodel.checkpoint.TensorBundleWriter;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However the newest checkpoint is damaged, the one before it is taken, and that is said. */
class DamagedCheckpointTest {

  private static final Checkpoint FIRST = numbered(1);
  private static final Checkpoint SECOND = numbered(2);

  @TempDir private Path folder;
  private final List<String> said = new ArrayList<>();

  private static Checkpoint numbered(int number) {
    TensorValue weights = TensorValue.of(Shape.of(2), new float[] {number, 1});
    LoopState loop =
        new LoopState(
            new StepForm(Precision.FLOAT32, Kernels.PRODUCTS),
            10 + number,
            new Counters(number, number, number, number),
            Optional.of(new LossScale(0x1p-3 * number, number, 2L)),
            0.5,
            1,
            ImmutableList.of(0.25),
            0.25,
            0.25,
            1,
            ImmutableMap.of("w", weights),
            ImmutableMap.of("w", weights, "w/m", weights));
    return new Checkpoint(
        new RunIdentity("model", "data", "recipe", "machine"),
        number,
        -1,
        ImmutableList.of("a decision"),
        ImmutableMap.of("v", weights),
        Optional.of(loop));
  }

  @BeforeEach
  void writeTwo() {
    Checkpoints.in(folder).open().save(FIRST);
    Checkpoints.in(folder).open().save(SECOND);
  }

  private Optional<String> newest() {
    said.clear();
    return Checkpoints.in(folder).open().newest(said::add).map(DamagedCheckpointTest::words);
  }

  /** All that it holds. */
  private static String words(Checkpoint checkpoint) {
    LoopState loop = checkpoint.loop().orElseThrow();
    return checkpoint
        + Stream.of(checkpoint.trained(), loop.best(), loop.values())
            .flatMap(values -> values.values().stream())
            .map(value -> Arrays.toString(value.floats()))
            .toList()
            .toString();
  }

  private void assertThatTheFirstIsTaken(String damage) {
    assertThat(newest()).as(damage).contains(words(FIRST));
    assertThat(said).as(damage).hasSize(1);
    assertThat(said.get(0))
        .as(damage)
        .contains("checkpoint " + folder.resolve("2"), "damaged", "the one before it is taken");
  }

  /** What cannot be read for now may be whole, and would be deleted if it counted as damaged. */
  @ParameterizedTest
  @ValueSource(strings = {"training.index", "training.data-00000-of-00001"})
  void aDiskThatFailsIsNoDamage(String name) throws IOException {
    Path file = folder.resolve("2").resolve(name);
    Files.delete(file);
    Files.createDirectory(file); // as good as a disk that fails: reading it is an IOException
    assertThatThrownBy(this::newest)
        .isInstanceOf(InputOutputException.class)
        .hasMessageContainingAll(folder.resolve("2").toString(), "cannot be read", "resume");
    assertThat(said).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"training.index", "training.data-00000-of-00001"})
  void byAnyLengthOrByte(String name) throws IOException {
    Path file = folder.resolve("2").resolve(name);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThatTheFirstIsTaken(name + " cut after " + length);
    }
    int noticed = 0;
    for (int i = 0; i < whole.length; i++) {
      byte[] other = whole.clone();
      other[i] ^= 0x55;
      Files.write(file, other);
      String found = newest().orElseThrow();
      assertThat(found)
          .as("%s with another byte at %d", name, i)
          .isEqualTo(words(said.isEmpty() ? SECOND : FIRST));
      noticed += said.size();
    }
    assertThat(noticed).isGreaterThan(whole.length * 3 / 4); // some bytes mean nothing
    Files.delete(file);
    assertThatTheFirstIsTaken(name + " deleted");
    Files.write(file, whole);
    assertThat(newest()).contains(words(SECOND));
  }

  @Test
  void byBeingNoFolder() throws IOException {
    Files.createDirectory(folder.resolve("3"));
    assertThat(newest()).contains(words(SECOND));
    assertThat(said).hasSize(1);
    Files.writeString(folder.resolve("4"), "no folder");
    assertThat(newest()).contains(words(SECOND));
    assertThat(said).hasSize(2);
  }

  /** Read as one of now, it would begin its stage anew without a word. */
  @Test
  void oneOfAnEarlierVersionIsPassedOverAloud() {
    Path prefix = folder.resolve("earlier");
    try (TensorBundleWriter out = TensorBundleWriter.create(prefix)) {
      out.add("loop/step", TensorValue.scalar(7L));
      out.finish();
    }
    assertThatThrownBy(() -> Checkpoint.read(prefix))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("an earlier version of Graft");
  }
}
