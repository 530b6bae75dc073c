package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.score.Evaluator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** An answer that is no number is none of the labels, and right about nothing. */
class NoAnswerTest extends HeadsFixture {
  private static final int LOST = 20; // examples of which the network makes no number

  @Test
  void isNotTheFirstLabel() {
    Evaluation before = score(HeadSpec.singleLabel(SIGN), Answers.oneOf(SIGN, POSITIVE), 0);
    Evaluation after = score(HeadSpec.singleLabel(SIGN), Answers.oneOf(SIGN, POSITIVE), LOST);
    assertThat(given(after)).isEqualTo(COUNT - LOST).isEqualTo(given(before) - LOST);
    assertThat(after.loss()).isNaN();
    assertThat(after.confusion().stream().flatMapToInt(NoAnswerTest::counts).sum())
        .isEqualTo(COUNT - LOST);
    assertThat((double) after.correct() / COUNT).isEqualTo(after.accuracy());
    assertThat(after.predicted()).filteredOn(label -> label < 0).hasSize(LOST);
  }

  @Test
  void isNotTheAbsenceOfEachLabel() {
    Evaluation none = score(HeadSpec.multiLabel(TRAITS), traits(), COUNT);
    assertThat(none.accuracy()).isZero();
    assertThat(given(none)).isZero();
  }

  private static IntStream counts(List<Integer> row) {
    return row.stream().mapToInt(Integer::intValue);
  }

  private static int given(Evaluation scores) {
    return scores.perClass().stream().mapToInt(LabelScore::given).sum();
  }

  private static Evaluation score(HeadSpec head, Answers answers, int lost) {
    float[] x = X.clone();
    for (int i = 0; i < lost * WIDTH; i++) {
      x[i] = i % 2 == 0 ? Float.MAX_VALUE : -Float.MAX_VALUE; // sums of both are no numbers
    }
    Dataset data =
        Dataset.of(Map.of(INPUT.name(), TensorValue.of(Shape.of(COUNT, WIDTH), x)), answers);
    return Evaluator.evaluate(runtime, model(head), data);
  }
}
