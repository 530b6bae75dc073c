package dev.graft.surgeon.internal.picture;

import static dev.graft.surgeon.edit.Edits.anySizeInput;
import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.encodedInput;
import static dev.graft.surgeon.edit.Edits.greyFirstKernel;
import static dev.graft.surgeon.edit.Edits.greyInput;
import static dev.graft.surgeon.edit.Edits.prepareInput;
import static dev.graft.surgeon.edit.Edits.uint8Input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.picture.DecodeGraph;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.Models;
import dev.graft.surgeon.Preparation;
import dev.graft.surgeon.edit.Replay;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.TensorAssert;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapted inputs give the answers that the pictures gave when prepared by hand. */
class AdaptInputTest {

  private static final Model MODEL =
      Models.zoo("keras2/cnn_plain")
          .with(describeInput(-1, 1, InputSpec.Channels.RGB, InputSpec.Resize.STRETCH));

  private static TensorValue answer(Model model, TensorValue pixels) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model)) {
      String input = model.inputs().get(0).name();
      return session
          .call(model.servingSignature(), Map.of(input, pixels))
          .values()
          .iterator()
          .next();
    }
  }

  private static int side() {
    return (int) MODEL.inputs().get(0).shape().dim(1);
  }

  @Test
  void bytesAreBroughtToTheRange() {
    int count = side() * side() * 3;
    byte[] bytes = new byte[count];
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (i * 37);
      floats[i] = Byte.toUnsignedInt(bytes[i]) * (2f / 255) - 1;
    }
    Shape shape = Shape.of(1, side(), side(), 3);
    Model adapted = MODEL.with(uint8Input());
    assertThat(adapted.servingSignature().inputs().values().iterator().next().dtype())
        .isEqualTo(DType.UINT8);
    TensorAssert.assertThat(
            answer(adapted, TensorValue.of(DType.UINT8, shape, ByteBuffer.wrap(bytes))))
        .isCloseTo(answer(MODEL, TensorValue.of(shape, floats)), 1e-5, 1e-5);
    assertThatThrownBy(() -> Models.zoo("keras2/cnn_plain").with(uint8Input()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("describeInput");
  }

  @Test
  void oneChannelIsRepeated() {
    int pixels = side() * side();
    float[] grey = new float[pixels];
    float[] colour = new float[3 * pixels];
    for (int i = 0; i < colour.length; i++) {
      grey[i / 3] = (float) Math.sin(i / 3);
      colour[i] = grey[i / 3];
    }
    Model adapted = MODEL.with(greyInput());
    assertThat(adapted.inputs().get(0).channels()).isEqualTo(InputSpec.Channels.GREY);
    TensorAssert.assertThat(answer(adapted, TensorValue.of(Shape.of(1, side(), side(), 1), grey)))
        .isIdenticalTo(answer(MODEL, TensorValue.of(Shape.of(1, side(), side(), 3), colour)));
    assertThatThrownBy(() -> adapted.with(greyInput()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("1 channel");
  }

  @ParameterizedTest
  @EnumSource(InputSpec.Resize.class)
  void aPictureOfTheOldSizeIsLeftAsItIsAndOthersFit(InputSpec.Resize rule) {
    Model ruled = MODEL.with(describeInput(-1, 1, InputSpec.Channels.RGB, rule));
    Model adapted = ruled.with(anySizeInput());
    assertThat(adapted.inputs().get(0).shape()).isEqualTo(Shape.of(-1, -1, -1, 3));
    Shape same = Shape.of(1, side(), side(), 3);
    float[] values = new float[(int) same.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.cos(i);
    }
    TensorAssert.assertThat(answer(adapted, TensorValue.of(same, values)))
        .isCloseTo(answer(ruled, TensorValue.of(same, values)), 1e-6, 1e-6);
    Shape wide = Shape.of(1, side() + 3, 2 * side(), 3);
    assertThat(answer(adapted, TensorValue.of(wide, new float[(int) wide.elements()])).shape())
        .isEqualTo(Shape.of(1, 3));
  }

  @Test
  void adaptersStackAndReplay() {
    Model adapted = MODEL.with(greyInput(), uint8Input());
    assertThat(adapted.inputs().get(0).shape().dim(-1)).isEqualTo(1);
    assertThat(adapted.inputs().get(0).dtype()).isEqualTo(DType.UINT8);
    Model again = Replay.standard().run(Models.zoo("keras2/cnn_plain"), adapted.provenance());
    assertThat(again.graph().toGraphDef()).isEqualTo(adapted.graph().toGraphDef());
  }

  @Test
  void aSummedKernelAnswersAsTheRepeatedChannel() {
    int pixels = side() * side();
    float[] grey = new float[pixels];
    for (int i = 0; i < pixels; i++) {
      grey[i] = (float) Math.sin(3 * i);
    }
    TensorValue picture = TensorValue.of(Shape.of(1, side(), side(), 1), grey);
    Model summed = MODEL.with(greyFirstKernel());
    assertThat(summed.variable("conv2d/kernel").orElseThrow().shape())
        .isEqualTo(Shape.of(3, 3, 1, 4));
    assertThat(MODEL.variable("conv2d/kernel").orElseThrow().shape())
        .isEqualTo(Shape.of(3, 3, 3, 4));
    TensorAssert.assertThat(answer(summed, picture))
        .isCloseTo(answer(MODEL.with(greyInput()), picture), 1e-5, 1e-5);
    assertThatThrownBy(() -> MODEL.with(prepareInput(Preparation.STANDARDIZE), greyFirstKernel()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("channel by channel by Sub")
        .hasMessageContaining("greyInput()");
  }

  @Test
  void encodedPicturesAreDecodedAsThePipelineDoes() throws IOException {
    ByteString file =
        ByteString.copyFrom(Files.readAllBytes(Checkout.path("testdata/photos/animals/cat.jpg")));
    TensorValue bytes = TensorValue.strings(Shape.of(1), List.of(file));
    DecodeGraph decode = DecodeGraph.of(MODEL.inputs().get(0));
    TensorValue pixels;
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(decode.graph())) {
      pixels =
          session.run(Map.of(decode.bytes(), bytes), List.of(decode.pixels()), List.of()).get(0);
    }
    Model adapted = MODEL.with(encodedInput());
    assertThat(adapted.inputs().get(0).dtype()).isEqualTo(DType.STRING);
    TensorAssert.assertThat(answer(adapted, bytes)).isIdenticalTo(answer(MODEL, pixels));
  }
}
