package dev.graft.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/** Keras has no kappa: worked out by hand. */
class KappaTest {

  private static final Metric KAPPA = new Kappa();
  private static final TensorRef X = new TensorRef("x", 0);

  /** The example of scikit-learn's cohen_kappa_score: 4 of 6 are right, 15 of 36 by chance. */
  @Test
  void itIsWhatIsRightBeyondChance() {
    int[] actual = {2, 0, 2, 2, 0, 1};
    int[] answered = {0, 0, 2, 2, 0, 2};
    double byHand = (4 / 6.0 - 15 / 36.0) / (1 - 15 / 36.0);
    assertThat(of(actual, answered)).isCloseTo(byHand, within(1e-12));
    assertThat(byHand).isCloseTo(0.42857142857142855, within(1e-12));
  }

  @Test
  void alwaysTheFrequentLabelIsWorthNothing() {
    int[] actual = {0, 0, 0, 0, 0, 0, 0, 1};
    assertThat(of(actual, new int[8])).isZero();
    assertThat(of(actual, actual)).isEqualTo(1);
    assertThat(of(new int[8], new int[8])).as("chance alone is always right").isZero();
  }

  @Test
  void worseThanChanceIsBelowZero() {
    assertThat(of(new int[] {0, 1, 0, 1}, new int[] {1, 0, 1, 0})).isEqualTo(-1);
  }

  @Test
  void itIsOfHeadsThatGiveOneLabel() {
    assertThat(Metrics.of(head(Head.Kind.SINGLE_LABEL, X)).stream().map(Metric::name))
        .contains("kappa");
    assertThat(Metrics.of(head(Head.Kind.MULTI_LABEL, X)).stream().map(Metric::name))
        .doesNotContain("kappa");
    assertThat(KAPPA.isSmallerBetter()).isFalse();
  }

  private static Head head(Head.Kind kind, TensorRef logits) {
    return new Head("head", kind, Optional.empty(), logits, logits, logits, 3);
  }

  /** Of the answers in batches of two, whose sums are added up. */
  private static double of(int[] actual, int[] answered) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.unknown());
    TensorRef y = editor.placeholder("y", DataType.DT_INT32, Shape.unknown());
    Head head = head(Head.Kind.SINGLE_LABEL, x);
    List<TensorRef> sums =
        KAPPA.sums(new Judged(new Scope(editor, "g"), List.of(head), List.of(y)));
    List<double[]> all = new ArrayList<>();
    sums.forEach(each -> all.add(new double[3]));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(editor.build())) {
      for (int i = 0; i < actual.length; i += 2) {
        float[] logits = new float[6];
        logits[answered[i]] = 1;
        logits[3 + answered[i + 1]] = 1;
        List<TensorValue> found =
            session.run(
                Map.of(
                    x, TensorValue.of(Shape.of(2, 3), logits),
                    y, TensorValue.of(Shape.of(2), new int[] {actual[i], actual[i + 1]})),
                sums,
                List.of());
        for (int sum = 0; sum < sums.size(); sum++) {
          double[] more = found.get(sum).asDoubles();
          for (int label = 0; label < more.length; label++) {
            all.get(sum)[label] += more[label];
          }
        }
      }
    }
    return KAPPA.of(all);
  }
}
