package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** What is not of one example alone, or is no number, is computed each time. */
class NotKeptTest {

  private static final int ROWS = 8;

  @TempDir private Path folder;
  private final List<String> said = new ArrayList<>();
  private final Watch watch = Watch.of(SmallTraining.noting(said), () -> {});

  /** Takes the mean (or so) of a batch from each row of it, or of each row. */
  private static TensorRef centred(GraphEditor editor, TensorRef x, String op, int axis) {
    TensorRef along = editor.constant("axis", TensorValue.scalar(axis));
    TensorRef mean = editor.op(op).input(x).input(along).output();
    TensorRef column = editor.constant("column", TensorValue.of(Shape.of(2), new int[] {-1, 1}));
    TensorRef taken = axis == 0 ? mean : editor.op("Reshape").input(mean).input(column).output();
    return editor.op("Sub").name("y").input(x).input(taken).output();
  }

  private static TensorRef network(GraphEditor editor, int axis) {
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    return centred(editor, x, "Mean", axis);
  }

  private static Dataset data(int rows, float last) {
    float[] values = new float[2 * rows];
    for (int i = 0; i < values.length; i++) {
      values[i] = i * i;
    }
    values[values.length - 1] = last;
    return Dataset.of(
        Map.of("x", TensorValue.of(Shape.of(rows, 2), values)),
        TensorValue.of(Shape.of(rows, 1), new float[rows]));
  }

  /** Of how many examples of the last data nothing was run, after one run over each before. */
  private long reused(int axis, int atOnce, Dataset... times) {
    GraphEditor editor = Graph.empty().edit();
    return reused(network(editor, axis), editor, atOnce, times);
  }

  private long reused(TensorRef y, GraphEditor editor, int atOnce, Dataset... times) {
    Graph graph = editor.build();
    TensorRef x = TensorRef.of("x");
    Model model = Model.builder("m", graph, new Provenance.Origin("test", "", "", "", 0)).build();
    InputBinding entry =
        new InputBinding(
            graph,
            ImmutableMap.of("x", x),
            Optional.empty(),
            ImmutableList.of(x),
            Optional.empty());
    RuntimeOptions options = RuntimeOptions.defaults();
    long reused = 0;
    try (TensorFlowRuntime runtime =
        TensorFlowRuntime.open(options.features(options.features().in(folder)))) {
      for (Dataset data : times) {
        try (Features features = new Features(runtime, model, entry, List.of(y), atOnce)) {
          features.keptIn(Frontier.of(entry), watch);
          Pace pace = new Pace(watch, Progress.Phase.FEATURES, "examples", data.size(), 1);
          features.of(data, pace);
          reused = features.counts().reused();
        }
      }
    }
    return reused;
  }

  @Test
  void rowsThatDependOnOthersAreNot() {
    Dataset data = data(ROWS, 15);
    assertThat(reused(1, ROWS / 2, data, data)).isEqualTo(ROWS);
    assertThat(said).isEmpty();
    assertThat(reused(0, ROWS / 2, data, data)).isZero();
    assertThat(said).hasSize(2).allMatch(each -> each.contains("which of them are run at once"));
  }

  /** As where texts are padded to the longest: most of them do not show it. */
  @Test
  void rowsThatDependOnASingleOneOfEitherHalfAreNot() {
    for (String op : List.of("Max", "Min")) { // the numbers rise: of the last example, of the first
      GraphEditor editor = Graph.empty().edit();
      TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
      TensorRef y = centred(editor, x, op, 0);
      Dataset data = data(ROWS, 15 * 15);
      assertThat(reused(y, editor, ROWS / 2, data, data)).as(op).isZero();
    }
    assertThat(said).hasSize(4).allMatch(each -> each.contains("which of them are run at once"));
  }

  /** The first is run once more, beside the second. */
  @Test
  void examplesThatAreRunAloneAreKeptIfTheyGiveTheSameBesideOthers() {
    Dataset data = data(ROWS, 15);
    assertThat(reused(1, 1, data, data)).isEqualTo(ROWS);
    assertThat(reused(0, 1, data, data)).isZero();
  }

  @Test
  void aSingleNewExampleIsKept() {
    Dataset more = data(ROWS + 1, 7);
    assertThat(reused(1, ROWS, data(ROWS, 225), more, more)).isEqualTo(ROWS + 1);
  }

  @Test
  void aSingleNewExampleThatComesBeforeTheOthersIsKept() {
    Dataset all = data(3, 7);
    Dataset newFirst = all.subset(new int[] {2, 0, 1});
    assertThat(reused(1, 1, all.subset(new int[] {0, 1}), newFirst, newFirst)).isEqualTo(3);
  }

  /** Alone it does not show whether it would give the same beside others. */
  @Test
  void aSingleExampleIsNotWhereNothingElseIsThere() {
    Dataset one = data(1, 1);
    assertThat(reused(1, 1, one, one)).isZero();
  }

  /** Training says something about it, and would not if it were found. */
  @Test
  void aBatchWithWhatIsNoNumberIsNot() {
    Dataset data = data(ROWS, Float.NaN);
    assertThat(reused(1, ROWS / 2, data, data)).isEqualTo(ROWS / 2);
  }

  /** A GPU whose process trains in TF32 beside; said once, not for each batch. */
  @Test
  void whatIsNotExactIsNotAndThatIsSaid() {
    TensorRef x = TensorRef.of("x");
    GraphEditor editor = Graph.empty().edit();
    TensorRef y = network(editor, 1);
    FrozenDigest network = new FrozenDigest(SmallTraining.MODEL, editor.build(), List.of(x));
    RowForm row = RowForm.of(DType.FLOAT32, Shape.of(2));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        StoredFeatures stored =
            StoredFeatures.open(
                    FeatureStore.in(folder), runtime, network, Map.of(y, row), said::add)
                .orElseThrow()) {
      assertThat(stored.areExact(runtime.exactness())).isTrue();
      assertThat(said).isEmpty();
      assertThat(stored.areExact(() -> false)).isFalse();
      assertThat(stored.areExact(() -> false)).isFalse();
      assertThat(said).singleElement().asString().contains("TF32", "not kept");
    }
  }

  @Test
  void whatDependsOnChanceIsNotAndThatIsSaid() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    TensorRef shape = editor.op("Shape").input(x).output();
    TensorRef chance =
        editor.op("RandomUniform").input(shape).attr("dtype", Attrs.of(DataType.DT_FLOAT)).output();
    FrozenDigest network = new FrozenDigest(SmallTraining.MODEL, editor.build(), List.of(x));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      RowForm row = RowForm.of(DType.FLOAT32, Shape.of(2));
      FeatureStore store = FeatureStore.in(folder);
      assertThat(StoredFeatures.open(store, runtime, network, Map.of(chance, row), said::add))
          .isEmpty();
      assertThat(said).singleElement().asString().contains("not kept", "chance");
      RowForm unknown = RowForm.of(DType.FLOAT32, Shape.unknown());
      assertThat(StoredFeatures.open(store, runtime, network, Map.of(x, unknown), said::add))
          .isEmpty();
      assertThat(said).hasSize(2).last().asString().contains("not kept", "known size");
    }
  }
}
