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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** Where there is no room nothing is kept, which is said once. */
class FullStoreTest {

  private static final List<RowDigest> EXAMPLES =
      List.of(new RowDigest(new ContentDigest(1, 2)), new RowDigest(new ContentDigest(3, 4)));
  private static final List<RowDigest> OTHERS =
      List.of(new RowDigest(new ContentDigest(5, 6)), new RowDigest(new ContentDigest(7, 8)));
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
