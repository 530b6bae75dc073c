package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.InputSpec.Channels;
import dev.graft.model.InputSpec.Resize;
import dev.graft.picture.DecodeGraph;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@link DecodeGraph}, which is built without native code, on TensorFlow. */
@Tag("slow")
class DecodeGraphTest {

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static InputSpec input(int height, int width, int channels) {
    return new InputSpec(
        "image",
        TensorRef.of("image"),
        DType.FLOAT32,
        Shape.of(-1, height, width, channels),
        Optional.of(new InputSpec.Range(0, 255, "test")),
        channels == 1 ? Channels.GREY : Channels.RGB,
        Resize.STRETCH);
  }

  private static InputSpec with(InputSpec spec, InputSpec.Range range, Channels channels) {
    return new InputSpec(
        spec.name(),
        spec.tensor(),
        spec.dtype(),
        spec.shape(),
        Optional.of(range),
        channels,
        spec.resize());
  }

  private static InputSpec with(InputSpec spec, Resize resize) {
    return new InputSpec(
        spec.name(),
        spec.tensor(),
        spec.dtype(),
        spec.shape(),
        spec.range(),
        spec.channels(),
        resize);
  }

  private static TensorValue decode(InputSpec spec, byte[]... files) {
    DecodeGraph decode = DecodeGraph.of(spec);
    List<ByteString> strings = new ArrayList<>();
    for (byte[] file : files) {
      strings.add(ByteString.copyFrom(file));
    }
    try (GraphSession session = runtime.session(decode.graph())) {
      TensorValue bytes = TensorValue.strings(Shape.of(files.length), strings);
      return session.run(Map.of(decode.bytes(), bytes), List.of(decode.pixels()), List.of()).get(0);
    }
  }

  /** The pixels of {@code image} in the order of a tensor [height, width, 3]. */
  private static float[] pixels(BufferedImage image) {
    float[] pixels = new float[image.getHeight() * image.getWidth() * 3];
    int next = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int rgb = image.getRGB(x, y);
        for (int shift = 16; shift >= 0; shift -= 8) {
          pixels[next++] = rgb >> shift & 0xFF;
        }
      }
    }
    return pixels;
  }

  @ParameterizedTest
  @CsvSource({"png,1", "bmp,1", "png,2", "png,10", "bmp,10", "gif,10", "png,6"})
  void losslessFormatsComeOutAsTheyWere(String format, int type) throws IOException {
    BufferedImage image = Pictures.as(Pictures.gradient(13, 7), type);
    TensorValue decoded = decode(input(7, 13, 3), Pictures.encode(image, format));
    assertThat(decoded.shape()).isEqualTo(Shape.of(1, 7, 13, 3));
    if (type == BufferedImage.TYPE_BYTE_GRAY) {
      // Java converts grey to RGB by a colour profile: compare with the raw samples
      for (int i = 0; i < decoded.floats().length; i++) {
        int x = i / 3 % 13;
        int y = i / 39;
        assertThat(decoded.floats()[i]).isEqualTo(image.getRaster().getSample(x, y, 0));
      }
    } else {
      assertThat(decoded.floats()).containsExactly(pixels(image));
    }
  }

  @Test
  void jpegIsDecoded() throws IOException {
    BufferedImage image = Pictures.gradient(64, 48);
    float[] decoded = decode(input(48, 64, 3), Pictures.encode(image, "jpg")).floats();
    float[] wanted = pixels(image);
    double sum = 0;
    for (int i = 0; i < wanted.length; i++) {
      sum += Math.abs(wanted[i] - decoded[i]);
    }
    assertThat(sum / wanted.length).isLessThan(3);
  }

  @Test
  void picturesOfOneBatchMayDifferInSize() throws IOException {
    TensorValue decoded =
        decode(
            input(8, 8, 3),
            Pictures.encode(Pictures.gradient(30, 10), "png"),
            Pictures.encode(Pictures.gradient(5, 50), "gif"),
            Pictures.encode(Pictures.gradient(100, 100), "jpg"));
    assertThat(decoded.shape()).isEqualTo(Shape.of(3, 8, 8, 3));
    assertThat(decode(input(8, 8, 3)).shape()).isEqualTo(Shape.of(0, 8, 8, 3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPictureIsTurnedUprightAsItsExifDataSays(boolean littleEndian) throws IOException {
    byte[] jpeg = Pictures.encode(Pictures.gradient(24, 16), "jpg");
    float[] stored = decode(input(16, 24, 3), jpeg).floats();
    for (int orientation = 1; orientation <= 8; orientation++) {
      boolean onItsSide = orientation >= 5;
      InputSpec spec = onItsSide ? input(24, 16, 3) : input(16, 24, 3);
      float[] upright = decode(spec, Exif.insert(jpeg, orientation, littleEndian)).floats();
      assertThat(upright)
          .as("orientation %d", orientation)
          .containsExactly(Exif.upright(stored, 16, 24, orientation));
    }
  }

  /** Turned after it was resized, it is what it would be the other way round. */
  @ParameterizedTest
  @ValueSource(strings = {"STRETCH", "CROP", "PAD"})
  void aPictureIsTurnedUprightAtAnySize(Resize rule) throws IOException {
    byte[] jpeg = Pictures.encode(Pictures.gradient(24, 16), "jpg");
    for (int orientation = 1; orientation <= 8; orientation++) {
      float[] stored = decode(with(input(9, 11, 3), rule), jpeg).floats();
      if (orientation >= 5) { // then the size that is asked for is of the picture on its side
        stored = decode(with(input(11, 9, 3), rule), jpeg).floats();
      }
      float[] upright =
          decode(with(input(9, 11, 3), rule), Exif.insert(jpeg, orientation, true)).floats();
      int height = orientation >= 5 ? 11 : 9;
      float[] wanted = Exif.upright(stored, height, 20 - height, orientation);
      for (int i = 0; i < wanted.length; i++) {
        assertThat(upright[i])
            .as("orientation %d", orientation)
            .isCloseTo(wanted[i], within(1e-2f));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theOrientationMayBeALongNumberBehindOtherSegments(boolean littleEndian) throws IOException {
    byte[] jpeg = Pictures.encode(Pictures.gradient(24, 16), "jpg");
    float[] stored = decode(input(16, 24, 3), jpeg).floats();
    byte[] marked = Exif.insert(jpeg, 6, littleEndian);
    Exif.makeLong(marked, littleEndian);
    float[] upright = Exif.upright(stored, 16, 24, 6);
    assertThat(decode(input(24, 16, 3), marked).floats()).containsExactly(upright);
    byte[] behind = Exif.behindProfiles(marked, 8);
    assertThat(decode(input(24, 16, 3), behind).floats()).containsExactly(upright);
  }

  @Test
  void damagedExifDataCountsAsUpright() throws IOException {
    byte[] jpeg = Pictures.encode(Pictures.gradient(24, 16), "jpg");
    float[] stored = decode(input(16, 24, 3), jpeg).floats();
    byte[] absurd = Exif.insert(jpeg, 9, true);
    assertThat(decode(input(16, 24, 3), absurd).floats()).containsExactly(stored);
    byte[] farOffset = Exif.insert(jpeg, 6, true);
    for (int i = 0; i < 4; i++) {
      farOffset[Exif.TIFF + 4 + i] = (byte) 0xFF;
    }
    assertThat(decode(input(16, 24, 3), farOffset).floats()).containsExactly(stored);
  }

  @Test
  void resizingIsTheAntialiasedTriangleFilter() throws IOException {
    BufferedImage image = Pictures.gradient(37, 29);
    for (int[] size : new int[][] {{11, 8}, {60, 50}, {29, 13}}) {
      float[] resized = decode(input(size[0], size[1], 3), Pictures.encode(image, "png")).floats();
      double[] rows = TriangleFilter.resize(pixels(image), 29, 37, size[0], size[1]);
      for (int i = 0; i < rows.length; i++) {
        assertThat((double) resized[i]).isCloseTo(rows[i], within(0.01));
      }
    }
  }

  @Test
  void cropKeepsTheMiddleAndPadTheWhole() throws IOException {
    byte[] wide = Pictures.encode(Pictures.gradient(40, 20), "png");
    float[] whole = pixels(Pictures.gradient(40, 20));
    TensorValue crop = decode(with(input(20, 20, 3), Resize.CROP), wide);
    // no scaling: columns 10 to 29
    assertThat(crop.floats()[0]).isEqualTo(whole[3 * 10]);
    assertThat(crop.floats()[3 * 19]).isEqualTo(whole[3 * 29]);
    TensorValue pad = decode(with(input(40, 40, 3), Resize.PAD), wide);
    float[] padded = pad.floats();
    assertThat(padded[0]).isZero();
    assertThat(padded[3 * 40 * 39]).isZero();
    assertThat(padded[3 * (40 * 10 + 7)]).isEqualTo(whole[3 * 7]);
  }

  @Test
  void rangeAndChannelOrderAreTheModels() throws IOException {
    BufferedImage image = Pictures.gradient(9, 9);
    byte[] png = Pictures.encode(image, "png");
    InputSpec.Range range = new InputSpec.Range(-1, 1, "test");
    float[] bgr = decode(with(input(9, 9, 3), range, Channels.BGR), png).floats();
    float[] rgb = pixels(image);
    assertThat(bgr[3 * 40]).isCloseTo(rgb[3 * 40 + 2] / 127.5f - 1, within(1e-5f));
    assertThat(bgr[3 * 40 + 2]).isCloseTo(rgb[3 * 40] / 127.5f - 1, within(1e-5f));
    float[] grey = decode(input(9, 9, 1), png).floats();
    assertThat(grey).hasSize(81);
    assertThat(grey[40])
        .isCloseTo(0.299f * rgb[120] + 0.587f * rgb[121] + 0.114f * rgb[122], within(1e-3f));
  }

  @Test
  void whatCannotBeFedWithPicturesIsRefused() {
    assertThatThrownBy(() -> DecodeGraph.of(input(-1, 8, 3)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("takes pictures of any size");
    assertThatThrownBy(() -> DecodeGraph.of(input(8, 8, 5)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("takes no pictures");
  }

  @Test
  void whatIsNoPictureFails() {
    byte[] text = "no picture".getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> decode(input(8, 8, 3), text)).hasMessageContaining("image");
    assertThatThrownBy(() -> decode(input(8, 8, 3), new byte[0])).hasMessageContaining("empty");
  }
}
