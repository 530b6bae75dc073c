package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.ChildJava;
import dev.graft.testkit.TensorAssert;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Features that were computed once are not computed again, and are the same. */
class StoredFeaturesTest {

  private static final Parts PARTS = SmallTraining.parts();

  @TempDir private Path folder;
  private final List<String> said = new ArrayList<>();

  private Path store() {
    return folder.resolve("features");
  }

  private FeaturePass pass(Model model, Parts parts, Path store) {
    Watch watch =
        Watch.of(TrainingListener.to(Decision.class, each -> said.add(each.sentence())), () -> {});
    return FeaturePass.of(store, model, parts, watch);
  }

  private static void same(Dataset a, Dataset b) {
    a.all()
        .named()
        .forEach(
            (name, rows) -> TensorAssert.assertThat(b.all().named().get(name)).isIdenticalTo(rows));
  }

  private static int size(Parts parts) {
    return parts.train().size() + parts.validation().size();
  }

  @Test
  void theSecondTimeNothingIsRun() {
    FeaturePass first = pass(SmallTraining.MODEL, PARTS, store());
    assertThat(first.reused()).isZero();
    FeaturePass second = pass(SmallTraining.MODEL, PARTS, store());
    assertThat(second.reused()).isEqualTo(size(PARTS));
    same(first.features().train(), second.features().train());
    same(first.features().validation(), second.features().validation());
    assertThat(said).isEmpty();
  }

  /** In another order, and in another part. */
  @Test
  void onlyWhatIsNewIsRun() {
    int[] some = IntStream.range(0, 20).map(i -> 19 - i).toArray();
    Parts few = new Parts(PARTS.train().subset(some), PARTS.train().subset(some), PARTS.test());
    assertThat(pass(SmallTraining.MODEL, few, store()).reused()).isLessThanOrEqualTo(20);
    FeaturePass all = pass(SmallTraining.MODEL, PARTS, store());
    assertThat(all.reused()).isEqualTo(20);
    FeaturePass none = pass(SmallTraining.MODEL, PARTS, folder.resolve("none"));
    for (String name : none.features().train().inputNames()) {
      double[] expected = none.features().train().all().named().get(name).asDoubles();
      assertThat(all.features().train().all().named().get(name).asDoubles())
          .usingComparatorWithPrecision(1e-6)
          .containsExactly(expected);
    }
  }

  @Test
  void aChangedExampleIsAnother() {
    pass(SmallTraining.MODEL, PARTS, store());
    TensorValue pixels = PARTS.train().input("x").range(0, 30, Rows.NOTHING);
    float[] changed = pixels.floats().clone();
    changed[5] += 1;
    Dataset train =
        PARTS
            .train()
            .subset(IntStream.range(0, 30).toArray())
            .withInputs(Map.of("x", RowTable.of(TensorValue.of(pixels.shape(), changed))));
    FeaturePass second =
        pass(SmallTraining.MODEL, new Parts(train, PARTS.validation(), PARTS.test()), store());
    assertThat(second.reused()).isEqualTo(30 - 1 + PARTS.validation().size());
  }

  @Test
  void otherWeightsBelowAreAnotherNetwork() {
    pass(SmallTraining.MODEL, PARTS, store());
    Variable first = SmallTraining.MODEL.variables().get(0);
    TensorValue value = new VariableValues().of(first);
    float[] changed = value.floats().clone();
    changed[0] += 1e-3f;
    Model other =
        SmallTraining.MODEL.withValues(
            ImmutableMap.of(first.name(), TensorValue.of(value.shape(), changed)));
    assertThat(pass(other, PARTS, store()).reused()).isZero();
  }

  @Tag("slow")
  @Test
  void otherKernelsAreAnotherNetwork() throws Exception {
    pass(SmallTraining.MODEL, PARTS, store());
    Watch quiet = Watch.of(event -> {}, () -> {});
    RuntimeOptions unfused = RuntimeOptions.defaults().fusion(false);
    assertThat(FeaturePass.of(store(), SmallTraining.MODEL, PARTS, quiet, unfused).reused())
        .isZero();
    assertThat(reusedElsewhere("")).isEqualTo("reused " + size(PARTS));
    assertThat(reusedElsewhere("SSE41")).isEqualTo("reused 0");
  }

  /** What a process finds whose kernels may take no other instructions, if they are named. */
  private String reusedElsewhere(String instructions) throws Exception {
    ProcessBuilder child =
        ChildJava.running(
            List.of("-XX:TieredStopAtLevel=1"), StoredFeaturesTest.class, store().toString());
    if (!instructions.isEmpty()) {
      child.environment().put("ONEDNN_MAX_CPU_ISA", instructions);
    }
    Process process = child.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said.strip();
  }

  /** That process. */
  public static void main(String[] arguments) {
    Watch quiet = Watch.of(event -> {}, () -> {});
    FeaturePass pass = FeaturePass.of(Path.of(arguments[0]), SmallTraining.MODEL, PARTS, quiet);
    System.out.println("reused " + pass.reused());
  }

  @Test
  void whatCannotBeKeptCostsASentence() throws IOException {
    Files.writeString(folder.resolve("file"), "");
    Path broken = folder.resolve("file").resolve("features");
    FeaturePass pass = pass(SmallTraining.MODEL, PARTS, broken);
    assertThat(pass.features().train().size()).isEqualTo(PARTS.train().size());
    assertThat(said).singleElement().asString().contains("not kept", "file", "room on its disk");
  }

  @Test
  void whatIsDamagedIsComputedAgainAndSaid() throws IOException {
    FeaturePass first = pass(SmallTraining.MODEL, PARTS, store());
    Random random = new Random(3);
    try (Stream<Path> files = Files.walk(store())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate((long) (channel.size() * random.nextDouble()));
        }
      }
    }
    FeaturePass second = pass(SmallTraining.MODEL, PARTS, store());
    assertThat(second.reused()).isBetween(0L, (long) size(PARTS) - 1);
    assertThat(said).singleElement().asString().contains("damaged", "computed again");
    same(first.features().train(), second.features().train());
    assertThat(pass(SmallTraining.MODEL, PARTS, store()).reused()).isEqualTo(size(PARTS));
  }

  /** What one kill left lies there for good, and costs one sentence. */
  @Test
  void whatIsTornIsSaidOfOnce() throws IOException {
    int[] some = IntStream.range(0, 20).toArray();
    Parts few = new Parts(PARTS.train().subset(some), PARTS.validation(), PARTS.test());
    pass(SmallTraining.MODEL, few, store());
    try (Stream<Path> files = Files.walk(store())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(channel.size() - 1);
        }
      }
    }
    assertThat(pass(SmallTraining.MODEL, few, store()).reused()).isLessThan(size(few));
    assertThat(said).hasSize(1);
    assertThat(pass(SmallTraining.MODEL, few, store()).reused()).isEqualTo(size(few));
    assertThat(pass(SmallTraining.MODEL, PARTS, store()).reused()).isEqualTo(size(few));
    assertThat(said).as("not where all is there again, nor for what is new").hasSize(1);
  }

  @Test
  void whatWasDamagedAndComputedAgainIsFound() throws IOException {
    pass(SmallTraining.MODEL, PARTS, store());
    try (Stream<Path> files = Files.walk(store())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.write(ByteBuffer.wrap(new byte[] {77, 77}), channel.size() - 5);
        }
      }
    }
    assertThat(pass(SmallTraining.MODEL, PARTS, store()).reused()).isLessThan(size(PARTS));
    assertThat(pass(SmallTraining.MODEL, PARTS, store()).reused()).isEqualTo(size(PARTS));
    assertThat(said).hasSize(1);
  }
}
