package dev.graft.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.Graft;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProbeInputsTest {

  /** Keras refuses words that it does not know where a layer has num_oov_indices=0. */
  @Test
  void wordsAreOfTheVocabularyThatTheyAreLookedUpIn() {
    Model model = Graft.load(Zoo.model("keras2/string_lookup_classifier").savedModel());
    List<List<String>> guesses =
        new ProbeInputs(model, model.servingSignature())
            .inputs()
            .limit(2)
            .map(ProbeInputsTest::words)
            .toList();
    List<String> vocabulary =
        new InputUses(model, model.servingSignature().inputs().values().iterator().next().tensor())
            .vocabulary().orElseThrow().strings().stream().map(ByteString::toStringUtf8).toList();
    assertThat(vocabulary).isNotEmpty();
    assertThat(guesses.get(0)).containsAnyElementsOf(vocabulary);
    assertThat(vocabulary).containsAll(guesses.get(1));
    assertThat(guesses.get(0)).anyMatch(word -> !vocabulary.contains(word));
  }

  private static List<String> words(Map<String, TensorValue> inputs) {
    return inputs.values().iterator().next().strings().stream()
        .map(ByteString::toStringUtf8)
        .toList();
  }

  @Test
  void splitsOfARaggedTensorFitItsValues() {
    Model model = Graft.load(Zoo.model("tfsave/ragged_module").savedModel());
    List<TensorSpec> specs = List.copyOf(model.servingSignature().inputs().values());
    Signature serving = model.servingSignature();
    Signature renamed =
        new Signature(
            serving.name(),
            serving.method(),
            ImmutableMap.of("values", specs.get(0), "row_splits", specs.get(1)),
            serving.outputs(),
            serving.targets());
    Map<String, TensorValue> inputs =
        new ProbeInputs(model, renamed).inputs().findFirst().orElseThrow();
    TensorValue splits = inputs.get("row_splits");
    TensorValue values = inputs.get("values");
    assertThat(splits).isNotNull();
    assertThat(values).isNotNull();
    double[] ends = splits.asDoubles();
    assertThat(ends[0]).isZero();
    assertThat(ends[ends.length - 1]).isEqualTo((double) values.shape().dim(0));
  }
}
