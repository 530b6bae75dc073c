package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.ContentDigest;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.SmallTraining;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** Where there is no room nothing is kept, which is said once. */
class FullStoreTest {

  private static final List<RowDigest> EXAMPLES =
      List.of(new RowDigest(new ContentDigest(1, 2)), new RowDigest(new ContentDigest(3, 4)));
  private static final List<RowDigest> OTHERS =
      List.of(new RowDigest(new ContentDigest(5, 6)), new RowDigest(new ContentDigest(7, 8)));
  private static final List<RowDigest> MORE =
      List.of(new RowDigest(new ContentDigest(9, 1)), new RowDigest(new ContentDigest(9, 2)));
  private static final TensorRef Y = new TensorRef("y", 0);
  private static final FrozenDigest NETWORK = network();
  private static final Map<TensorRef, RowForm> FORMS =
      Map.of(Y, RowForm.of(DType.FLOAT32, Shape.of(2)));
  private static final Map<TensorRef, TensorValue> ROWS =
      Map.of(Y, TensorValue.of(Shape.of(2, 2), new float[4]));
  private static final int BLOCK = 24 + 2 * (16 + 8); // bytes

  @TempDir private Path folder;
  private final List<String> said = new ArrayList<>();

  private static FrozenDigest network() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    editor.op("Relu").name(Y.node()).input(x).output();
    return new FrozenDigest(SmallTraining.MODEL, editor.build(), List.of(x));
  }

  /** Keeps two rows twice, under other names; how many of them are found. */
  private long kept(FeatureStore store) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      try (StoredFeatures in = opened(store, runtime)) {
        in.put(EXAMPLES, ROWS);
        in.put(OTHERS, ROWS);
      }
      try (StoredFeatures in = opened(store, runtime)) {
        return EXAMPLES.stream().filter(each -> in.find(each).isPresent()).count()
            + OTHERS.stream().filter(each -> in.find(each).isPresent()).count();
      }
    }
  }

  private StoredFeatures opened(FeatureStore store, TensorFlowRuntime runtime) {
    return StoredFeatures.open(store, runtime, NETWORK, FORMS, said::add).orElseThrow();
  }

  @Test
  void whereThereIsRoomAllIsKept() {
    assertThat(kept(FeatureStore.in(folder.resolve("features")))).isEqualTo(4);
    assertThat(said).isEmpty();
  }

  @Test
  void aStoreThatIsFullSaysSo() {
    assertThat(kept(FeatureStore.in(folder.resolve("features"), BLOCK))).isEqualTo(2);
    assertThat(said).singleElement().asString().contains("no more features", "all that it may");
  }

  /** Of the same network on other data: rows that no run has used lately make room. */
  @Test
  void whatAnotherRunOfTheSameNetworkDoesNotUseMakesRoom() throws IOException {
    FeatureStore store = FeatureStore.in(folder.resolve("features"), 2 * BLOCK);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      for (List<RowDigest> each : List.of(EXAMPLES, OTHERS)) {
        try (StoredFeatures in = opened(store, runtime)) {
          in.put(each, ROWS);
        }
      }
      age(store);
      try (StoredFeatures reading = opened(store, runtime);
          StoredFeatures in = opened(store, runtime)) {
        assertThat(in.find(EXAMPLES.get(0))).isPresent();
        in.put(MORE, ROWS);
        assertThat(reading.find(OTHERS.get(0))).as("by whoever has opened it").isPresent();
      }
      assertThat(store.size()).isEqualTo(2 * BLOCK);
      assertThat(said).isEmpty();
      try (StoredFeatures in = opened(store, runtime)) {
        assertThat(in.find(EXAMPLES.get(0))).as("in a file that was used").isPresent();
        assertThat(in.find(OTHERS.get(0))).isEmpty();
        assertThat(in.find(MORE.get(0))).isPresent();
        age(store); // a long run needs what it has found at its beginning in the next one, too
        in.put(OTHERS, ROWS);
      }
      assertThat(said).singleElement().asString().contains("no more features");
      assertThat(store.size()).isEqualTo(2 * BLOCK);
    }
  }

  /** As if nobody had used any of it for a day. */
  private static void age(FeatureStore store) throws IOException {
    FileTime dayAgo = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
    try (Stream<Path> all = Files.walk(store.folder())) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(file, dayAgo);
      }
    }
  }

  /** Each was told of all the room when it began. */
  @Test
  void twoAtOnceKeepNoMoreThanOneMay() {
    FeatureStore store = FeatureStore.in(folder.resolve("features"), 2 * BLOCK);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        StoredFeatures one = opened(store, runtime);
        StoredFeatures other = opened(store, runtime)) {
      one.put(EXAMPLES, ROWS);
      other.put(EXAMPLES, ROWS);
      one.put(OTHERS, ROWS);
      other.put(OTHERS, ROWS);
    }
    assertThat(store.size()).isEqualTo(2 * BLOCK);
    assertThat(said).hasSize(2).allSatisfy(each -> assertThat(each).contains("all that it may"));
  }

  @Test
  void aDiskThatIsNearlyFullIsLeftToOthers() {
    FeatureStore store = FeatureStore.in(folder.resolve("features"), 1 << 20, Long.MAX_VALUE);
    assertThat(kept(store)).isZero();
    assertThat(said).singleElement().asString().contains("no more features", "disk");
  }
}
