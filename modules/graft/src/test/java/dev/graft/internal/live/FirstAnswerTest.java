package dev.graft.internal.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadModelException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class FirstAnswerTest {

  private static final ServedFacts NO_FACTS = new ServedFacts(ImmutableMap.of(), ImmutableSet.of());

  private static final float NAN = Float.NaN;

  private final List<Long> sizes = new ArrayList<>(); // of the runs

  private FirstAnswer first(long batch, UnaryOperator<Map<String, TensorValue>> call) {
    TensorSpec spec = new TensorSpec(TensorRef.parse("x"), DType.FLOAT32, Shape.of(batch, 2));
    Signature signature =
        Signature.predict(
            "serving_default", ImmutableMap.of("x", spec), ImmutableMap.of("y", spec));
    ServedSignature way =
        ServedSignature.of(
            Map.of("serving_default", signature), NO_FACTS, Optional.empty(), "here");
    return new FirstAnswer(
        new Feed(way),
        new Readout(way, NO_FACTS),
        inputs -> {
          sizes.add(inputs.get("x").shape().dim(0));
          return call.apply(inputs);
        });
  }

  private static Map<String, TensorValue> echo(Map<String, TensorValue> inputs) {
    return Map.of("y", inputs.get("x"));
  }

  private static Map<String, TensorValue> of(float value) {
    return Map.of("x", TensorValue.of(Shape.of(1, 2), new float[] {value, value}));
  }

  /** So that the first clients who come together do not wait either. */
  @Test
  void itIsAskedInTheSizeOfItsBatches() {
    assertThat(first(-1, FirstAnswerTest::echo).required(Optional.empty(), 8)).isPresent();
    assertThat(sizes).containsExactly(1L, 8L);
    sizes.clear();
    assertThat(first(-1, FirstAnswerTest::echo).ifAny(Optional.empty())).isPresent();
    assertThat(sizes).containsExactly(1L);
    sizes.clear();
    assertThat(first(4, FirstAnswerTest::echo).required(Optional.empty(), 8)).isPresent();
    assertThat(sizes).containsExactly(4L); // the only one there is
  }

  /** It is asked about them one by one then. */
  @Test
  void whatAnswersOneNeedNotAnswerSeveralAtOnce() {
    FirstAnswer single = first(-1, inputs -> Map.of("y", one()));
    assertThat(single.required(Optional.empty(), 8)).isPresent();
    assertThat(sizes).containsExactly(1L, 8L);
  }

  private static TensorValue one() {
    return TensorValue.of(Shape.of(1, 2), new float[] {1, 2});
  }

  @Test
  void itsOwnRequestComesBeforeABlank() {
    FirstAnswer answer = first(-1, FirstAnswerTest::echo);
    assertThat(answer.required(Optional.of(of(3)), 1).orElseThrow().floats()).containsExactly(3, 3);
    assertThat(answer.ifAny(Optional.of(of(Float.NaN)))).isPresent();
  }

  /** Divides by how far the two numbers lie apart: nothing is wrong with such a model. */
  private static Map<String, TensorValue> perDistance(Map<String, TensorValue> inputs) {
    float[] x = inputs.get("x").floats();
    float distance = Math.abs(x[0] - x[1]);
    for (int i = 0; i < x.length; i++) {
      x[i] = (x[i] - x[i % 2]) / distance;
    }
    return Map.of("y", TensorValue.of(inputs.get("x").shape(), x));
  }

  @Test
  void whatAnswersUniformNumbersWithNoneIsAskedAboutNoise() {
    FirstAnswer answer = first(-1, FirstAnswerTest::perDistance);
    assertThat(answer.required(Optional.empty(), 1).orElseThrow().floats()).doesNotContain(NAN);
    assertThat(answer.required(Optional.of(of(3)), 8).orElseThrow().floats()).doesNotContain(NAN);
    assertThat(sizes).containsExactly(1L, 1L, 1L, 1L, 8L);
  }

  /** Which numbers it takes nobody knows, unless it brings some along. */
  @Test
  void whatAnswersNothingWithNumbersIsRefusedByItsOwnRequest() {
    FirstAnswer answer = first(-1, inputs -> Map.of("y", of(NAN).get("x")));
    assertThatThrownBy(() -> answer.required(Optional.of(of(3)), 1))
        .isInstanceOf(BadModelException.class)
        .hasMessageContaining("'y' is no number (NaN)");
    assertThat(answer.required(Optional.empty(), 1)).isEmpty();
  }
}
