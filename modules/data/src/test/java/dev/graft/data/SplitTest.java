package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.graph.Shape;
import dev.graft.model.BadDataException;
import dev.graft.model.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.model.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SplitTest {

  /** Examples of which example i holds the number i, with these many of each label. */
  private static Dataset examples(int... perLabel) {
    int size = Arrays.stream(perLabel).sum();
    int[] targets = new int[size];
    float[] numbers = new float[size];
    int next = 0;
    for (int label = 0; label < perLabel.length; label++) {
      for (int i = 0; i < perLabel[label]; i++) {
        numbers[next] = next;
        targets[next++] = label;
      }
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < perLabel.length; i++) {
      names.add("label" + i);
    }
    return Dataset.of(
        Map.of("x", TensorValue.of(Shape.of(size), numbers)),
        TensorValue.of(Shape.of(size), targets),
        Labels.of(names));
  }

  private static List<Float> numbers(Dataset dataset) {
    int[] all = new int[dataset.size()];
    Arrays.setAll(all, i -> i);
    List<Float> numbers = new ArrayList<>();
    for (float number : dataset.batch(all).inputs().get("x").floats()) {
      numbers.add(number);
    }
    return numbers;
  }

  @Test
  void everyExampleIsInOnePart() {
    Dataset all = examples(27, 28, 30);
    Parts parts = all.split(Split.of(60, 20, 20).seed(3));
    List<Float> together = new ArrayList<>(numbers(parts.train()));
    together.addAll(numbers(parts.validation()));
    together.addAll(numbers(parts.test()));
    assertThat(together).containsExactlyInAnyOrderElementsOf(numbers(all));
  }

  @Test
  void everyLabelIsDividedAlike() {
    Parts parts = examples(27, 28, 30).split(Split.of(60, 20, 20));
    assertThat(parts.train().perLabel()).containsExactly(16, 17, 18);
    assertThat(parts.validation().perLabel()).containsExactly(6, 6, 6);
    assertThat(parts.test().perLabel()).containsExactly(5, 5, 6);
  }

  @Test
  void theSameSeedGivesTheSameParts() {
    Dataset all = examples(20, 20);
    Split split = Split.of(60, 20, 20).seed(7);
    assertThat(numbers(all.split(split).train())).isEqualTo(numbers(all.split(split).train()));
    assertThat(numbers(all.split(split).train()))
        .isNotEqualTo(numbers(all.split(split.seed(8)).train()));
  }

  @Test
  void aSmallLabelIsInEveryPart() {
    Parts parts = examples(3, 50).split(Split.of(80, 10, 10));
    assertThat(parts.train().perLabel()).containsExactly(1, 40);
    assertThat(parts.validation().perLabel()).containsExactly(1, 5);
    assertThat(parts.test().perLabel()).containsExactly(1, 5);
  }

  @Test
  void aPartWithoutShareIsEmpty() {
    Parts parts = examples(5, 5).split(Split.of(80, 20, 0));
    assertThat(parts.test().size()).isZero();
    assertThat(parts.train().perLabel()).containsExactly(4, 4);
  }

  @Test
  void fewPerLabelLeavesTheOtherPartsAsTheyWere() {
    Dataset all = examples(20, 20);
    Parts whole = all.split(Split.of(60, 20, 20));
    Parts few = all.split(Split.of(60, 20, 20).perLabel(5));
    assertThat(few.train().perLabel()).containsExactly(5, 5);
    assertThat(numbers(few.test())).isEqualTo(numbers(whole.test()));
    assertThat(numbers(whole.train())).containsAll(numbers(few.train()));
  }

  @Test
  void aLabelWithTooFewExamplesIsNamed() {
    assertThatThrownBy(() -> examples(2, 9).split(Split.of(60, 20, 20)))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("label 'label0' has 2 different examples; at least 3 are needed");
  }

  @Test
  void aTargetWithoutLabelIsNamed() {
    assertThatThrownBy(
            () ->
                Dataset.of(
                    Map.of("x", TensorValue.of(Shape.of(2), new float[2])),
                    TensorValue.of(Shape.of(2), new int[] {0, 5}),
                    Labels.of("a", "b")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("row 1 has label 5");
  }

  @Test
  void aSplitWithoutTrainingIsRefused() {
    assertThatThrownBy(() -> Split.of(0, 50, 50)).isInstanceOf(BadRequestException.class);
  }
}
