package dev.graft.trainer.internal.mixed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/** Halves at once give what all rows give; where they cannot, all rows are run. */
class HalvedRunTest {

  private static final TensorRef X = TensorRef.of("x");

  /** What comes of seven rows that hold 0 to 13, twice. */
  private static TensorValue of(Shape fed, BiFunction<GraphEditor, TensorRef, TensorRef> network) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder(X.node(), DataType.DT_FLOAT, fed);
    TensorRef y = network.apply(editor, x);
    float[] values = new float[14];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    List<TensorValue> rows = List.of(TensorValue.of(Shape.of(7, 2), values));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(editor.build())) {
      HalvedRun run = new HalvedRun(session.prepare(List.of(x), List.of(y), List.of()), true);
      TensorValue once = run.apply(rows).get(0);
      assertThat(run.apply(rows).get(0).floats()).containsExactly(once.floats());
      return once;
    }
  }

  private static TensorRef number(GraphEditor editor, int value) {
    return editor.constant("number", TensorValue.scalar(value));
  }

  @Test
  void halvesAreInTheOrderOfTheirRows() {
    TensorValue found = of(Shape.of(-1, 2), (editor, x) -> editor.op("Square").input(x).output());
    assertThat(found.shape()).isEqualTo(Shape.of(7, 2));
    assertThat(found.floats())
        .containsExactly(0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121, 144, 169);
  }

  /** Which shows that halves are run: the largest of a half, less than that of all. */
  @Test
  void eachHalfIsARunOfItsOwn() {
    TensorValue found =
        of(
            Shape.of(-1, 2),
            (editor, x) -> {
              TensorRef most = editor.op("Max").input(x).input(number(editor, 0)).output();
              return editor.op("Sub").input(x).input(most).output();
            });
    assertThat(found.floats()).containsExactly(-4, -4, -2, -2, 0, 0, -6, -6, -4, -4, -2, -2, 0, 0);
  }

  @Test
  void whatTakesBatchesOfOneSizeIsRunAsItIs() {
    TensorValue found =
        of(
            Shape.of(-1, 2),
            (editor, x) -> {
              TensorRef seven =
                  editor.constant("shape", TensorValue.of(Shape.of(2), new int[] {7, 2}));
              return editor.op("Reshape").input(x).input(seven).output();
            });
    assertThat(found.shape()).isEqualTo(Shape.of(7, 2));
  }

  @Test
  void whatHasNoRowForEachIsRunAsItIs() {
    TensorValue found =
        of(
            Shape.of(-1, 2),
            (editor, x) -> editor.op("Sum").input(x).input(number(editor, 0)).output());
    assertThat(found.floats()).containsExactly(42, 49);
  }

  /** As it does without halves. */
  @Test
  void whatFailsFails() {
    assertThatThrownBy(
            () ->
                of(
                    Shape.of(-1, 2),
                    (editor, x) -> {
                      TensorRef five =
                          editor.constant("shape", TensorValue.of(Shape.of(1), new int[] {5}));
                      return editor.op("Reshape").input(x).input(five).output();
                    }))
        .isInstanceOf(TensorFlowException.class);
  }
}
