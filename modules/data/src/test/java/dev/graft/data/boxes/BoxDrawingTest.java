package dev.graft.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Exif;
import dev.graft.data.Pictures;
import dev.graft.error.BadDataException;
import dev.graft.testkit.ChildJava;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Boxes lie on the picture where it shows what they are around, turned and made smaller too. */
class BoxDrawingTest {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 400;
  private static final Path NAME = Path.of("a.jpg");

  /** A dark rectangle on light grey, in the picture as it is shown. */
  private static final Box THING = new Box(0, 100, 240, 160, 80, false);

  private static byte[] stored(int orientation) throws IOException {
    BufferedImage shown = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = shown.createGraphics();
    g.setColor(new Color(0xD0D0D0));
    g.fillRect(0, 0, WIDTH, HEIGHT);
    g.setColor(new Color(0x202020));
    g.fillRect((int) THING.left(), (int) THING.top(), (int) THING.width(), (int) THING.height());
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageIO.write(BoxViewsTest.stored(shown, orientation), "jpg", jpeg);
    return Exif.insert(jpeg.toByteArray(), orientation, false);
  }

  private static boolean isDark(BufferedImage drawn, double x, double y) {
    return new Color(drawn.getRGB((int) x, (int) y)).getGreen() < 90;
  }

  @Test
  void whatABoxIsAroundLiesInIt() throws IOException {
    for (int orientation = 1; orientation <= 8; orientation++) {
      for (int side : new int[] {WIDTH, 300, 100}) {
        BufferedImage drawn = BoxDrawing.of(stored(orientation), NAME, List.of(), side);
        double scale = (double) side / WIDTH;
        assertThat(drawn.getWidth()).isEqualTo(side);
        assertThat(drawn.getHeight()).isEqualTo((int) Math.round(scale * HEIGHT));
        String as = "orientation " + orientation + ", side " + side;
        double off = 4; // pixels from the edge, on either side
        for (double x : new double[] {THING.left() * scale, THING.right() * scale}) {
          boolean left = x < (THING.left() + 1) * scale;
          double y = (THING.top() + THING.height() / 2) * scale;
          assertThat(isDark(drawn, x + (left ? off : -off), y)).as(as).isTrue();
          assertThat(isDark(drawn, x + (left ? -off : off), y)).as(as).isFalse();
        }
        for (double y : new double[] {THING.top() * scale, THING.bottom() * scale}) {
          boolean top = y < (THING.top() + 1) * scale;
          double x = (THING.left() + THING.width() / 2) * scale;
          assertThat(isDark(drawn, x, y + (top ? off : -off))).as(as).isTrue();
          assertThat(isDark(drawn, x, y + (top ? -off : off))).as(as).isFalse();
        }
      }
    }
  }

  @Test
  void aBoxIsALineInTheColourOfItsLabel() throws IOException {
    Box box = new Box(1, 320, 40, 200, 100, false);
    BufferedImage drawn =
        BoxDrawing.of(stored(6), NAME, List.of(new BoxDrawing.Marked(box, "")), WIDTH);
    Color line = new Color(drawn.getRGB(320, 90));
    assertThat(line.getBlue() - line.getRed()).isGreaterThan(80); // blue on grey
    assertThat(new Color(drawn.getRGB(330, 90)).getRed()).isGreaterThan(190);
  }

  @Test
  void whatIsNoPictureIsSaid() {
    assertThatThrownBy(() -> BoxDrawing.of(new byte[] {1, 2, 3}, NAME, List.of(), 100))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("a.jpg");
  }

  /** Draws in a process of its own, since Java looks for the screen once. */
  public static void main(String... args) throws IOException {
    try {
      byte[] jpeg = Pictures.encode(Pictures.gradient(WIDTH, HEIGHT), "jpg");
      BoxDrawing.of(jpeg, NAME, List.of(new BoxDrawing.Marked(THING, "thing")), 300);
      System.out.println("drawn");
    } catch (BadDataException e) {
      System.out.println(e.getMessage());
    }
  }

  @Test
  void aScreenThatIsNotThere() throws IOException, InterruptedException {
    for (String flag : List.of("-Djava.awt.headless=true", "-Djava.awt.headless=false")) {
      ProcessBuilder java = ChildJava.running(List.of(flag), BoxDrawingTest.class);
      java.environment().put("DISPLAY", ":99");
      Process process = java.redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(said).isZero();
      if (flag.endsWith("true")) {
        assertThat(said).contains("drawn");
      } else if (!said.contains("drawn")) { // as a Java without X11 does
        assertThat(said).contains("a.jpg cannot be drawn on", "-Djava.awt.headless=true");
      }
    }
  }
}
