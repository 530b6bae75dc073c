package dev.graft.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.picture.DecodeGraph;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The decode graph by itself refuses a bomb by its header, and nothing else. */
class PixelLimitTest {

  private static final String REFUSED = "more than 100,000,000 are not decoded";

  private static TensorFlowRuntime runtime;
  private static DecodeGraph decode;
  private static GraphSession session;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
    decode =
        DecodeGraph.of(
            new InputSpec(
                "image",
                TensorRef.of("image"),
                DType.FLOAT32,
                Shape.of(-1, 16, 16, 3),
                Optional.of(new InputSpec.Range(0, 255, "test")),
                InputSpec.Channels.RGB,
                InputSpec.Resize.STRETCH));
    session = runtime.session(decode.graph());
  }

  @AfterAll
  static void close() {
    session.close();
    runtime.close();
  }

  private static float[] decode(byte[] file) {
    return together(file).floats();
  }

  private static byte[] picture(String format) throws IOException {
    return Pictures.encode(Pictures.gradient(16, 16), format);
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  /** A JPEG that ends behind its frame header. */
  private static byte[] jpeg(int width, int height, String... before) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(hex("FFD8 FFE0 0010 4A46494600010101004800480000"));
    Arrays.stream(before).map(PixelLimitTest::hex).forEach(file::writeBytes);
    file.writeBytes(hex("FFC2 0011 08" + String.format("%04X%04X", height, width)));
    file.writeBytes(hex("03 012200 021101 031101 FFDA 000C 03 0100 0211 0311 00 3F 00"));
    return file.toByteArray();
  }

  private static void assertRefused(byte[] file, String size) {
    assertThatThrownBy(() -> decode(file))
        .isInstanceOfSatisfying(
            TensorFlowException.class,
            e -> assertThat(e.code()).isEqualTo(TensorFlowException.Code.INVALID_ARGUMENT))
        .hasMessageContainingAll("a picture of " + size + " pixels", REFUSED);
  }

  private static void assertLeftToTheDecoder(byte[] file) {
    assertThatThrownBy(() -> decode(file))
        .isInstanceOf(TensorFlowException.class)
        .hasMessageNotContaining(REFUSED);
  }

  @Test
  void aPng() throws IOException {
    byte[] png = picture("png");
    ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 50_000);
    assertRefused(png, "60000 x 50000");
    ByteBuffer.wrap(png).putInt(16, 12_000).putInt(20, 12_000); // TensorFlow would decode it
    assertRefused(png, "12000 x 12000");
    ByteBuffer.wrap(png).putInt(16, -1).putInt(20, -1);
    assertRefused(png, Integer.MAX_VALUE + " x " + Integer.MAX_VALUE);
    ByteBuffer.wrap(png).putInt(16, 10_000).putInt(20, 10_000);
    assertLeftToTheDecoder(png);
  }

  @Test
  void aJpeg() {
    assertRefused(jpeg(60_000, 50_000), "60000 x 50000");
    assertRefused(
        jpeg(10_001, 10_000, "FFFE 0002", "FFFFFF FE 0004 FFC0", "0102"), "10001 x 10000");
    assertRefused(jpeg(60_000, 60_000, "FF01 FFD0"), "60000 x 60000"); // markers without a length
    assertLeftToTheDecoder(jpeg(10_000, 10_000));
    assertLeftToTheDecoder(jpeg(60_000, 60_000, "FFD9")); // the decoder stops there, too
    byte[] whole = jpeg(60_000, 60_000);
    for (int length = 0; length < whole.length - 24; length++) {
      assertLeftToTheDecoder(Arrays.copyOf(whole, length));
    }
  }

  private static TensorValue together(byte[]... files) {
    List<ByteString> strings = Arrays.stream(files).map(ByteString::copyFrom).toList();
    TensorValue bytes = TensorValue.strings(Shape.of(files.length), strings);
    return session.run(Map.of(decode.bytes(), bytes), List.of(decode.pixels()), List.of()).get(0);
  }

  /** Headers of many files are read at once, whatever these are. */
  @Test
  void severalTogether() throws IOException {
    byte[] turned = Files.readAllBytes(Checkout.path("testdata/turned/6.jpg"));
    byte[] upright = Files.readAllBytes(Checkout.path("testdata/turned/1.jpg"));
    byte[][] all = {
      picture("png"), turned, picture("gif"), upright, picture("bmp"), picture("jpg")
    };
    float[] found = together(all).floats();
    for (int i = 0; i < all.length; i++) {
      assertThat(Arrays.copyOfRange(found, i * 16 * 16 * 3, (i + 1) * 16 * 16 * 3))
          .as("file %d", i)
          .isEqualTo(decode(all[i]));
    }
    assertThat(together().shape()).isEqualTo(Shape.of(0, 16, 16, 3));
    for (byte[] odd : new byte[][] {{}, {(byte) 0xFF, (byte) 0xD8}, "no picture".getBytes(UTF_8)}) {
      assertThatThrownBy(() -> together(picture("png"), odd, picture("jpg")))
          .isInstanceOf(TensorFlowException.class)
          .hasMessageNotContaining(REFUSED);
    }
    assertThatThrownBy(
            () ->
                together(
                    picture("png"), jpeg(60_000, 50_000), jpeg(65_000, 50_000), picture("gif")))
        .isInstanceOf(TensorFlowException.class)
        .hasMessageContainingAll("a picture of 60000 x 50000 pixels", REFUSED);
    assertThatThrownBy(() -> together(picture("png"), jpeg(16, 16, "00".repeat(1000))))
        .hasMessageContainingAll("an unknown number of", REFUSED);
  }

  @Test
  void aJpegWhoseSizeIsHidden() {
    assertRefused(jpeg(16, 16, "00".repeat(1000)), "an unknown number of");
  }

  @Test
  void aBmpAndAGif() throws IOException {
    byte[] bmp = picture("bmp");
    ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 20_000).putInt(22, -20_000);
    assertRefused(bmp, "20000 x 20000");
    byte[] gif = picture("gif");
    ByteBuffer.wrap(gif).order(ByteOrder.LITTLE_ENDIAN).putShort(6, (short) 60_000);
    ByteBuffer.wrap(gif).order(ByteOrder.LITTLE_ENDIAN).putShort(8, (short) 60_000);
    assertRefused(gif, "60000 x 60000");
  }

  /** All formats, a photo behind many segments, and one that holds what looks like a frame. */
  @Test
  void whatIsNotTooLargeIsDecodedAsEver() throws IOException {
    for (String format : new String[] {"png", "bmp", "gif"}) {
      BufferedImage image = Pictures.gradient(16, 16);
      float[] pixels = decode(Pictures.encode(image, format));
      for (int i = 0; i < 256 && !format.equals("gif"); i++) {
        assertThat((int) pixels[3 * i]).isEqualTo(image.getRGB(i % 16, i / 16) >> 16 & 0xFF);
      }
    }
    byte[] photo = Files.readAllBytes(Checkout.path("testdata/photos/animals/bison.jpg"));
    float[] plain = decode(photo);
    ByteArrayOutputStream marked = new ByteArrayOutputStream();
    marked.write(photo, 0, 2);
    for (int i = 0; i < 30; i++) {
      byte[] segment = new byte[2 + 0xEA60];
      System.arraycopy(hex("FFE2 EA60 FFC0 0011 08 FFFF FFFF 03"), 0, segment, 0, 14);
      marked.writeBytes(segment);
    }
    marked.write(photo, 2, photo.length - 2);
    assertThat(decode(marked.toByteArray())).isEqualTo(plain);
  }

  /** TensorFlow's giflib takes what follows an empty extension for one more part of it. */
  @Test
  void aFrameOfAGifBehindAnEmptyExtension() {
    byte[] ofOnePixel = {0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 7, 0};
    byte[] small = new Gif(1, 1).bytes(0x21, 0xFE, 0).parts(ofOnePixel, 99).frame(16, 16, 9).end();
    assertThat(decode(small)).as("so it is").containsOnly(18);
    byte[] large =
        new Gif(1, 1)
            .bytes(0x21, 0xFE, 0)
            .parts(ofOnePixel, 99)
            .header(60_000, 50_000, 0)
            .bytes(0)
            .end();
    assertThat(PictureSize.of(large).pixels()).isEqualTo(60_000L * 50_000);
  }
}
