import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * Draws pictures of 64 x 64 pixels in ten labels, each its own stripes under noise:
 *
 * <pre>java tools/many/Pictures.java FOLDER COUNT</pre>
 *
 * The same picture for the same number, each time. What is there is not drawn again.
 */
final class Pictures {

  private static final int LABELS = 10;
  private static final int SIZE = 64;
  private static final int NOISE = 70; // so that the head has something to learn, and errs now and then

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int count = Integer.parseInt(arguments[1]);
    ImageIO.setUseCache(false);
    for (int label = 0; label < LABELS; label++) {
      Files.createDirectories(folder.resolve("stripes" + label));
    }
    IntStream.range(0, count).parallel().forEach(i -> write(folder, i));
  }

  private static void write(Path folder, int number) {
    int label = number % LABELS;
    Path file = folder.resolve("stripes" + label).resolve(number + ".png");
    if (Files.exists(file)) {
      return;
    }
    try (var out = Files.newOutputStream(file)) {
      ImageIO.write(draw(label, new Random(number)), "png", out);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static BufferedImage draw(int label, Random random) {
    BufferedImage picture = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    double angle = Math.PI * (label + 0.8 * random.nextGaussian() / 2) / LABELS;
    double wave = 5 + 3 * random.nextDouble();
    double phase = 7 * random.nextDouble();
    int tint = random.nextInt(1 << 24);
    for (int y = 0; y < SIZE; y += 2) {
      for (int x = 0; x < SIZE; x += 2) {
        double along = (x * Math.cos(angle) + y * Math.sin(angle)) / wave + phase;
        double light = 128 + 90 * Math.sin(along) + NOISE * random.nextGaussian();
        int grey = (int) Math.max(0, Math.min(255, light)) / 16 * 16;
        int colour = (grey * 0x010101 & 0xfcfcfc) / 4 * 3 + (tint & 0xfcfcfc) / 4;
        for (int i = 0; i < 4; i++) {
          picture.setRGB(x + i % 2, y + i / 2, colour);
        }
      }
    }
    return picture;
  }
}
