package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

@Tag("slow")
class BrokenPicturesTest {

  /** TensorFlow itself says RESOURCE_EXHAUSTED here, as it does for a picture beyond the memory. */
  @Test
  @Tag("nightly")
  void aPictureThatMemoryHasNoRoomForIsNotCalledDamaged() {
    Path photos = Checkout.path("testdata/photos/animals").getParent();
    Dataset pictures = Dataset.imageFolder(photos);
    GraphEditor editor = Graph.empty().edit();
    TensorRef size = editor.placeholder("size", DataType.DT_INT64, Shape.of(1));
    TensorRef zero = editor.constant("zero", TensorValue.scalar(0f));
    TensorRef huge = editor.op("Fill").input(size).input(zero).output();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(editor.build());
        PreparedRun run = session.prepare(List.of(size), List.of(huge), List.of())) {
      TensorValue much = TensorValue.of(Shape.of(1), new long[] {1L << 48});
      assertThatThrownBy(
              () -> BrokenPictures.in(pictures, new int[] {0, 1}, p -> run.run(List.of(much))))
          .isInstanceOf(ExhaustedException.class);
    }
  }

  @Test
  void tenAreNamedAndAllAreCounted() {
    List<String> broken = IntStream.range(0, 13).mapToObj(i -> i + ".jpg").toList();
    assertThat(BrokenPictures.exception(broken))
        .hasMessageContainingAll("13 pictures", "  0.jpg", "  9.jpg", "and 3 more")
        .hasMessageNotContaining("10.jpg");
  }
}
