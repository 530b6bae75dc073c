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
  private static final int BLOCK = 24 + 2 * (16 + 8); // bytes

  @TempDir private Path folder;
  private final List<String> said = new ArrayList<>();

  /** Keeps two rows twice, under other names; how many of them are found. */
  private long kept(FeatureStore store) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    TensorRef y = editor.op("Relu").input(x).output();
    FrozenDigest network = new FrozenDigest(SmallTraining.MODEL, editor.build(), List.of(x));
    Map<TensorRef, RowForm> forms = Map.of(y, RowForm.of(DType.FLOAT32, Shape.of(2)));
    Map<TensorRef, TensorValue> rows = Map.of(y, TensorValue.of(Shape.of(2, 2), new float[4]));
    List<RowDigest> others =
        List.of(new RowDigest(new ContentDigest(5, 6)), new RowDigest(new ContentDigest(7, 8)));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      try (StoredFeatures in =
          StoredFeatures.open(store, runtime, network, forms, said::add).orElseThrow()) {
        in.put(EXAMPLES, rows);
        in.put(others, rows);
      }
      try (StoredFeatures in =
          StoredFeatures.open(store, runtime, network, forms, said::add).orElseThrow()) {
        return EXAMPLES.stream().filter(each -> in.find(each).isPresent()).count()
            + others.stream().filter(each -> in.find(each).isPresent()).count();
      }
    }
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

  @Test
  void aDiskThatIsNearlyFullIsLeftToOthers() {
    FeatureStore store = FeatureStore.in(folder.resolve("features"), 1 << 20, Long.MAX_VALUE);
    assertThat(kept(store)).isZero();
    assertThat(said).singleElement().asString().contains("no more features", "disk");
  }
}
