package dev.graft.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.graft.testkit.Checkout;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a picture is, and how large, is told before it is decoded. */
class ImageFormatTest {

  @TempDir private Path folder = Path.of("");

  private static PictureSize size(byte[] picture) throws IOException {
    return PictureSize.read(ImageFormat.of(picture), ByteString.copyFrom(picture).newInput());
  }

  @ParameterizedTest
  @ValueSource(strings = {"jpg", "png", "gif", "bmp"})
  void theHeaderTellsTheSize(String format) throws IOException {
    PictureSize size = size(Pictures.encode(Pictures.gradient(31, 17), format));
    assertThat(size).isEqualTo(new PictureSize(31, 17, 31 * 17));
    assertThat(ImageFormat.unfit(picture(format, Pictures.gradient(31, 17)))).isEmpty();
  }

  private static ByteString picture(String format, BufferedImage image) throws IOException {
    return ByteString.copyFrom(Pictures.encode(image, format));
  }

  /** Behind EXIF, profiles and tables of a camera, and where the file ends early. */
  @Test
  void ofAPhoto() throws IOException {
    byte[] photo = Files.readAllBytes(Checkout.path("testdata/photos/animals/bison.jpg"));
    PictureSize size = size(photo);
    assertThat(size.width()).isBetween(100L, 1000L);
    ByteArrayOutputStream marked = new ByteArrayOutputStream();
    marked.write(photo, 0, 2);
    for (int i = 0;
        i < 3;
        i++) { // segments of 60,000 bytes, of which one holds what looks like a frame
      marked.write(
          new byte[] {(byte) 0xFF, (byte) 0xE2, (byte) 0xEA, 0x60, (byte) 0xFF, (byte) 0xC0});
      marked.write(new byte[0xEA60 - 4]);
    }
    marked.write(photo, 2, photo.length - 2);
    assertThat(size(marked.toByteArray())).isEqualTo(size);
    for (int length = 0; length < 400; length++) {
      assertThat(size(java.util.Arrays.copyOf(photo, length)).pixels()).isIn(0L, size.pixels());
    }
  }

  @Test
  void aBombIsRefusedByItsHeader() throws IOException {
    byte[] png = Pictures.encode(Pictures.gradient(8, 8), "png");
    ByteBuffer.wrap(png).putInt(16, 23_000).putInt(20, 23_000);
    assertThat(ImageFormat.unfit(ByteString.copyFrom(png)).orElseThrow())
        .contains("a PNG of 23,000 x 23,000 pixels", "100,000,000", "graft.pixels");
    ByteBuffer.wrap(png).putInt(16, -1).putInt(20, -1); // 2^32 - 1: their product is no long
    assertThat(ImageFormat.unfit(ByteString.copyFrom(png))).isPresent();
    ByteBuffer.wrap(png).putInt(16, 10_000).putInt(20, 10_000);
    assertThat(ImageFormat.unfit(ByteString.copyFrom(png))).isEmpty();

    byte[] bmp = Pictures.encode(Pictures.gradient(8, 8), "bmp");
    ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 20_000).putInt(22, -20_000);
    assertThat(ImageFormat.unfit(ByteString.copyFrom(bmp)).orElseThrow())
        .contains("a BMP of 20,000");
  }

  /** TensorFlow reads every frame to give the first. */
  @Test
  void framesOfAGifCount() throws IOException {
    byte[] many = gif(0x2000, 16);
    assertThat(size(many).pixels()).isEqualTo(16L * 0x2000 * 0x2000 / 8);
    assertThat(ImageFormat.unfit(ByteString.copyFrom(many))).isPresent();
  }

  /** On a screen of one pixel: TensorFlow makes room for the frame. */
  @Test
  void aLargeFrameOfAGifCounts() throws IOException {
    byte[] one = gif(0x6D60, 1);
    assertThat(size(one).pixels()).isEqualTo(0x6D60L * 0x6D60);
    assertThat(ImageFormat.unfit(ByteString.copyFrom(one))).isPresent();
  }

  private static byte[] gif(int side, int frames) throws IOException {
    ByteArrayOutputStream gif = new ByteArrayOutputStream();
    gif.write("GIF89a".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    gif.write(new byte[] {1, 0, 1, 0, (byte) 0x80, 0, 0, 0, 0, 0, 1, 1, 1});
    gif.write(new byte[] {0x21, (byte) 0xF9, 4, 0, 0, 0, 0, 0}); // an extension
    byte low = (byte) side;
    byte high = (byte) (side >> 8);
    for (int i = 0; i < frames; i++) {
      gif.write(new byte[] {0x2C, 0, 0, 0, 0, low, high, low, high, 0});
      gif.write(new byte[] {2, 2, 1, 1, 0});
    }
    gif.write(0x3B);
    return gif.toByteArray();
  }

  @Test
  void kindsOfBmp() throws IOException {
    byte[] bmp = Pictures.encode(Pictures.gradient(8, 8), "bmp");
    assertThat(ImageFormat.of(bmp)).isEqualTo(ImageFormat.BMP);
    bmp[28] = 16;
    assertThat(ImageFormat.unfit(ByteString.copyFrom(bmp)).orElseThrow())
        .startsWith("a BMP with 16 bits for each pixel");
    bmp[28] = 8;
    assertThat(ImageFormat.of(bmp)).isEqualTo(ImageFormat.BMP_PALETTE);
    bmp[14] = 12;
    assertThat(ImageFormat.of(bmp)).isEqualTo(ImageFormat.BMP_OS2);
  }

  /** A pipe would be waited for, without a word. */
  @Test
  void aPipeIsNotOpened() throws Exception {
    Path pipe = folder.resolve("p.jpg");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertThat(made.waitFor()).isZero();
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () ->
            assertThat(ImageFormat.unfit(pipe).orElseThrow())
                .isEqualTo("no file but a pipe or device"));
    try (InputStream none = InputStream.nullInputStream()) {
      assertThat(PictureSize.read(ImageFormat.OTHER, none).pixels()).isZero();
    }
  }
}
