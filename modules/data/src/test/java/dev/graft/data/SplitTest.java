package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
    TensorValue x = dataset.batch(all).named().get("x");
    for (int i = 0; i < all.length; i++) {
      numbers.add(x.floats()[i * (x.floats().length / all.length)]);
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
  void aRareLabelIsLearnedFromOnly() {
    Parts parts = examples(2, 9, 1, 12).split(Split.of(60, 20, 20));
    assertThat(parts.train().perLabel()).containsExactly(2, 5, 1, 7);
    assertThat(parts.validation().perLabel()).containsExactly(0, 2, 0, 3);
    assertThat(parts.test().perLabel()).containsExactly(0, 2, 0, 2);
    assertThat(parts.notes())
        .containsExactly(
            "2 labels, 'label0', 'label2', have fewer than 3 different examples and are learned from"
                + " only: no score tells how well");
    assertThat(examples(2, 9, 9).split(Split.of(60, 20, 20)).notes().get(0))
        .startsWith("label 'label0', has fewer than 3");
    assertThat(examples(9, 9).split(Split.of(60, 20, 20)).notes()).isEmpty();
  }

  @Test
  void whereAllLabelsAreRareThereIsNothingToScore() {
    assertThatThrownBy(() -> examples(2, 2).split(Split.of(60, 20, 20)))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("no label has more than 2 different examples; at least 3 are needed");
  }

  /** 30 different examples, each of them there three times. */
  private static Dataset repeated() {
    int[] targets = new int[90];
    float[] numbers = new float[180];
    for (int i = 0; i < 90; i++) {
      targets[i] = i % 30 / 15;
      numbers[2 * i] = i % 30;
      numbers[2 * i + 1] = -1;
    }
    List<ByteString> texts =
        IntStream.range(0, 90).mapToObj(i -> ByteString.copyFromUtf8("t" + i % 30 / 2)).toList();
    return Dataset.of(
        Map.of(
            "x", TensorValue.of(Shape.of(90, 2), numbers),
            "text", TensorValue.strings(Shape.of(90), texts)),
        TensorValue.of(Shape.of(90), targets),
        Labels.of("a", "b"));
  }

  @Test
  void equalExamplesInMemoryStayOnOneSide() {
    Dataset all = repeated();
    assertThat(all.duplicates()).isEqualTo(60);
    assertThat(all.contentGroups()).startsWith(0, 1, 2).endsWith(27, 28, 29);
    for (int seed = 0; seed < 5; seed++) {
      Parts parts = all.split(Split.of(60, 20, 20).seed(seed));
      assertThat(parts.train().size()).isEqualTo(54);
      assertThat(numbers(parts.train())).doesNotContainAnyElementsOf(numbers(parts.validation()));
      assertThat(numbers(parts.train())).doesNotContainAnyElementsOf(numbers(parts.test()));
      Dataset computed =
          parts
              .train()
              .withInputs(Map.of("y", RowTable.of(TensorValue.of(Shape.of(54), new float[54]))));
      assertThat(computed.contentGroups())
          .as("what is computed of them is told apart as they are")
          .isEqualTo(parts.train().contentGroups());
    }
  }

  @Test
  void asManyOfEachLabelAsAskedForWhereExamplesRepeat() {
    Dataset all = repeated();
    Parts few = all.split(Split.of(60, 20, 20).perLabel(5));
    assertThat(few.train().perLabel()).containsExactly(5, 5);
    assertThat(numbers(few.train()))
        .doesNotContainAnyElementsOf(numbers(few.test()))
        .doesNotContainAnyElementsOf(numbers(few.validation()));
  }

  @Test
  void anExampleUnderTwoLabelsIsNamed() {
    Dataset torn =
        Dataset.of(
            Map.of("x", TensorValue.of(Shape.of(8), new float[] {1, 2, 3, 4, 5, 6, 7, 1})),
            TensorValue.of(Shape.of(8), new int[] {0, 0, 0, 0, 1, 1, 1, 1}),
            Labels.of("a", "b"));
    assertThat(torn.split(Split.of(1, 1, 1)).notes())
        .containsExactly(
            "duplicates are kept on one side",
            "the same example stands under two labels: row 0 = row 7; correct one");
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

  /** Whoever always says that label has all right. */
  @Test
  void aScoreOnOneLabelAloneIsRefused() {
    for (Dataset lopsided : List.of(examples(2, 9), examples(2, 9, 1))) {
      assertThatThrownBy(() -> lopsided.split(Split.of(60, 20, 20)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("only one of ", "at least 3 of two labels", "Add some");
    }
    assertThat(examples(2, 9).split(Split.of(80, 20, 0)).validation().perLabel())
        .as("two are enough for two parts")
        .containsExactly(1, 2);
    assertThat(examples(2, 9).split(Split.of(100, 0, 0)).train().size()).isEqualTo(11);
  }
}
