package dev.graft.trainer.internal.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

class SamePaddingTest {

  private static final int CHANNELS = 3;

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Zeros around a picture, and a convolution over it. */
  private record Padded(String op, int size, int window, int stride, int before, int after) {

    /** The zeros that Keras' Applications put before a convolution of stride 2: correct_pad. */
    boolean asInKeras() {
      int half = window / 2;
      return window % 2 == 1 && stride == 2 && before == half - (1 - size % 2) && after == half;
    }

    TensorRef addTo(Scope g, TensorRef picture, int[] paddings) {
      TensorRef pad = g.add("Pad", picture, g.constant(TensorValue.of(Shape.of(4, 2), paddings)));
      int filters = op.equals("Conv2D") ? 2 : 1;
      float[] weights = new float[window * window * CHANNELS * filters];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (float) Math.sin(i + 1);
      }
      Shape filter = Shape.of(window, window, CHANNELS, filters);
      return g.op(op)
          .input(pad)
          .input(g.constant(TensorValue.of(filter, weights)))
          .attr("strides", Attrs.ints(1, stride, stride, 1))
          .attr("padding", "VALID")
          .output();
    }

    TensorRef addTo(Scope g, TensorRef picture) {
      return addTo(g, picture, new int[] {0, 0, before, after, before, after, 0, 0});
    }
  }

  private static List<Padded> all(int size) {
    List<Padded> all = new ArrayList<>();
    for (String op : List.of("Conv2D", "DepthwiseConv2dNative")) {
      for (int window = 1; window <= 5; window++) {
        for (int stride = 1; stride <= 3; stride++) {
          for (int before = 0; before <= 2; before++) {
            for (int after = 0; after <= 2; after++) {
              all.add(new Padded(op, size, window, stride, before, after));
            }
          }
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 6, 7, 8})
  void givesTheSameToTheLastBit(int size) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "test");
    Shape shape = Shape.of(Shape.UNKNOWN, size, size, CHANNELS);
    TensorRef picture = editor.placeholder("picture", DataType.DT_FLOAT, shape);
    List<Padded> all = all(size);
    List<TensorRef> answers = all.stream().map(padded -> padded.addTo(g, picture)).toList();
    Graph before = editor.build();
    Graph after = SamePadding.in(before, List.of(picture));
    float[] pixels = new float[2 * size * size * CHANNELS];
    Random random = new Random(1);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextFloat() - 0.5f;
    }
    Map<TensorRef, TensorValue> fed = Map.of(picture, TensorValue.of(shape.dim(0, 2), pixels));
    try (GraphSession plain = runtime.session(before);
        GraphSession same = runtime.session(after)) {
      List<TensorValue> wanted = plain.run(fed, answers, List.of());
      List<TensorValue> found = same.run(fed, answers, List.of());
      for (int i = 0; i < answers.size(); i++) {
        Padded padded = all.get(i);
        assertThat(found.get(i).shape()).as("%s", padded).isEqualTo(wanted.get(i).shape());
        assertThat(found.get(i).floats()).as("%s", padded).isEqualTo(wanted.get(i).floats());
        if (padded.asInKeras()) {
          assertThat(isSame(after, answers.get(i))).as("%s", padded).isTrue();
        }
      }
    }
    assertThat(answers).anySatisfy(answer -> assertThat(isSame(after, answer)).isTrue());
    assertThat(answers).anySatisfy(answer -> assertThat(isSame(after, answer)).isFalse());
  }

  private static boolean isSame(Graph graph, TensorRef answer) {
    return graph.node(answer.node()).getAttrOrThrow("padding").getS().toStringUtf8().equals("SAME");
  }

  @Test
  void leavesWhatItCannotKnowOrMustNotTouch() {
    Padded padded = new Padded("DepthwiseConv2dNative", 6, 3, 2, 0, 1);
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "test");
    TensorRef known = picture(editor, 6);
    TensorRef plain = padded.addTo(g, known);
    TensorRef unknown = padded.addTo(g, picture(editor, Shape.UNKNOWN));
    TensorRef channels = padded.addTo(g, picture(editor, 6, 2), new int[] {0, 0, 0, 1, 0, 1, 1, 0});
    TensorRef batch = padded.addTo(g, known, new int[] {1, 0, 0, 1, 0, 1, 0, 0});
    TensorRef given = padded.addTo(g, known);
    TensorRef pad = Nodes.dataInput(editor.node(given.node()), 0);
    Graph after = SamePadding.in(editor.build(), List.of(known, pad));

    assertThat(isSame(after, plain)).isTrue();
    assertThat(List.of(unknown, channels, batch, given)).noneMatch(each -> isSame(after, each));
  }

  private static TensorRef picture(GraphEditor editor, long size) {
    return picture(editor, size, CHANNELS);
  }

  private static TensorRef picture(GraphEditor editor, long size, int channels) {
    Shape shape = Shape.of(Shape.UNKNOWN, size, size, channels);
    return editor.placeholder(editor.uniqueName("picture"), DataType.DT_FLOAT, shape);
  }
}
