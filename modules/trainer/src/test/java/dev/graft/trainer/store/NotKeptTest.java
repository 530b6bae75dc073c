package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.features.Frontier;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** What is not of one example alone, or is no number, is computed each time. */
class NotKeptTest {

  private static final Watch QUIET = Watch.of(event -> {}, () -> {});
  private static final int ROWS = 8;

  @TempDir private Path folder;

  /** Takes the mean of a batch from each row of it, or of each row. */
  private static TensorRef centred(GraphEditor editor, TensorRef x, int axis) {
    TensorRef along = editor.constant("axis", TensorValue.scalar(axis));
    TensorRef mean = editor.op("Mean").input(x).input(along).output();
    TensorRef column = editor.constant("column", TensorValue.of(Shape.of(2), new int[] {-1, 1}));
    TensorRef taken = axis == 0 ? mean : editor.op("Reshape").input(mean).input(column).output();
    return editor.op("Sub").name("y").input(x).input(taken).output();
  }

  /** Of how many examples nothing was run the second time. */
  private long reused(int axis, float last) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    TensorRef y = centred(editor, x, axis);
    Graph graph = editor.build();
    Model model = Model.builder("m", graph, new Provenance.Origin("test", "", "", "", 0)).build();
    InputBinding entry =
        new InputBinding(
            graph,
            ImmutableMap.of("x", x),
            Optional.empty(),
            ImmutableList.of(x),
            Optional.empty());
    float[] values = new float[2 * ROWS];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    values[values.length - 1] = last;
    Dataset data =
        Dataset.of(
            Map.of("x", TensorValue.of(Shape.of(ROWS, 2), values)),
            TensorValue.of(Shape.of(ROWS, 1), new float[ROWS]));
    RuntimeOptions options = RuntimeOptions.defaults();
    long reused = 0;
    try (TensorFlowRuntime runtime =
        TensorFlowRuntime.open(options.withFeatures(options.features().in(folder)))) {
      for (int time = 0; time < 2; time++) {
        try (Features features = Features.open(runtime, model, entry, List.of(y), ROWS / 2)) {
          features.keptIn(Frontier.of(entry), QUIET);
          features.of(data, new Pace(QUIET, Progress.Phase.FEATURES, "examples", ROWS, 1));
          reused = features.counts().reused();
        }
      }
    }
    return reused;
  }

  @Test
  void rowsThatDependOnOthersAreNot() {
    assertThat(reused(1, 15)).isEqualTo(ROWS);
    assertThat(reused(0, 15)).isZero();
  }

  /** Training says something about it, and would not if it were found. */
  @Test
  void aBatchWithWhatIsNoNumberIsNot() {
    assertThat(reused(1, Float.NaN)).isEqualTo(ROWS / 2);
  }
}
