package dev.graft.surgeon.internal.picture;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.fitInputs;
import static dev.graft.surgeon.edit.Edits.prepareInput;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.surgeon.Models;
import dev.graft.surgeon.Preparation;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FitInputsTest {

  private static InputSpec fitted(Model model) {
    Model after = model.with(fitInputs());
    assertThat(after.inputs()).hasSize(1);
    return after.inputs().get(0);
  }

  @Test
  void theShippedBackboneTakesBytesAsFloats() {
    InputSpec input = fitted(Models.efficientNetLite0());
    assertThat(input.range())
        .hasValueSatisfying(
            range -> {
              assertThat(range.low()).isEqualTo(0);
              assertThat(range.high()).isEqualTo(255);
              assertThat(range.reason()).contains("x * 0.007813 - 0.9922");
            });
    assertThat(input.channels()).isEqualTo(InputSpec.Channels.RGB);
  }

  @ParameterizedTest
  @CsvSource({
    "keras2/uint8_image, 0, 255, it takes bytes",
    "keras3/uint8_image, 0, 255, it takes bytes",
    "keras2_export/efficientnet_mini, 0, 255, the graph begins with",
    "keras3/image_preprocessing, 0, 255, the graph begins with",
  })
  void theGraphTells(String zoo, float low, float high, String reason) {
    InputSpec.Range range = fitted(Models.zoo(zoo)).range().orElseThrow();
    assertThat(range.low()).isEqualTo(low);
    assertThat(range.high()).isEqualTo(high);
    assertThat(range.reason()).contains(reason);
  }

  @Test
  void whatIsNotKnownStaysUnknown() {
    Model model = Models.zoo("keras2/mobilenetv2_mini");
    assertThat(fitted(model).range()).isEmpty();
    Model told =
        model.with(
            describeInput(-1, 1, InputSpec.Channels.RGB, InputSpec.Resize.CROP), fitInputs());
    assertThat(told.inputs().get(0).range().orElseThrow().low()).isEqualTo(-1);
    assertThat(told.inputs().get(0).resize()).isEqualTo(InputSpec.Resize.CROP);
  }

  @Test
  void preprocessInputGoesIntoTheGraph() {
    Model model = Models.zoo("keras2/mobilenetv2_mini");
    Model after = model.with(prepareInput(Preparation.CAFFE));
    assertThat(after.servingSignature()).isEqualTo(model.servingSignature());
    InputArithmetic arithmetic = InputArithmetic.after(after, after.inputs().get(0).tensor(), 3);
    assertThat(arithmetic.reversed()).isTrue();
    assertThat(arithmetic.offset()[0]).isCloseTo(-103.939, Offset.offset(1e-4));
    assertThat(arithmetic.suited().orElseThrow().high()).isEqualTo(255);
  }
}
