package dev.graft.data.boxes;

import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import java.awt.AWTError;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Draws boxes on a picture, as it is shown, each label in a colour of its own. */
@Internal
public final class BoxDrawing {

  /** Those of labels: of Okabe and Ito, which colour-blind people tell apart. */
  public static final List<Color> COLOURS =
      List.of(
          new Color(0xE69F00),
          new Color(0x0072B2),
          new Color(0x009E73),
          new Color(0xD55E00),
          new Color(0xCC79A7),
          new Color(0x56B4E9),
          new Color(0xF0E442));

  private static final System.Logger LOG = System.getLogger(BoxDrawing.class.getName());

  private BoxDrawing() {}

  /**
   * A box with what is written above it.
   *
   * @param box in pixels of the picture as it is shown
   * @param words above it; empty for none
   */
  public record Marked(Box box, String words) {}

  /**
   * The picture with boxes on it.
   *
   * @param encoded a JPEG, PNG, GIF or BMP file
   * @param name of it, for messages
   * @param side how many pixels its longer side has then at most
   * @throws BadDataException if it cannot be decoded
   */
  public static BufferedImage of(byte[] encoded, Path name, List<Marked> boxes, int side) {
    BufferedImage stored = read(encoded, name, side);
    PictureHeader header = PictureHeader.of(encoded);
    double scale = Math.min(1, (double) side / Math.max(header.shownWidth(), header.shownHeight()));
    int width = Math.max(1, (int) Math.round(scale * header.shownWidth()));
    int height = Math.max(1, (int) Math.round(scale * header.shownHeight()));
    BufferedImage shown = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = canvas(shown, name);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    AffineTransform turned = AffineTransform.getScaleInstance(scale, scale);
    turned.concatenate(upright(header));
    turned.scale(
        (double) header.width() / stored.getWidth(), (double) header.height() / stored.getHeight());
    g.drawImage(stored, turned, null);
    boxes.forEach(each -> draw(g, each, scale));
    g.dispose();
    return shown;
  }

  /** Java asks for the screen before it draws in memory, and a DISPLAY may lead nowhere. */
  private static Graphics2D canvas(BufferedImage shown, Path name) {
    try {
      return shown.createGraphics();
    } catch (AWTError | LinkageError e) {
      throw new BadDataException(
          name
              + " cannot be drawn on, since Java has nothing to draw with ("
              + e.getMessage()
              + "); start Java with -Djava.awt.headless=true.",
          e);
    }
  }

  /** The picture as it is stored, with no more pixels than it takes. */
  private static BufferedImage read(byte[] encoded, Path name, int side) {
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(encoded))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new BadDataException(name + " is of a kind that cannot be drawn on.");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in);
        ImageReadParam few = reader.getDefaultReadParam();
        int each =
            Math.max(1, Math.max(reader.getWidth(0), reader.getHeight(0)) / Math.max(1, side));
        few.setSourceSubsampling(each, each, 0, 0);
        return reader.read(0, few);
      } finally {
        reader.dispose();
      }
    } catch (BadDataException e) {
      throw e;
    } catch (IOException
        | RuntimeException e) { // odd colour profiles, which TensorFlow passes over
      throw new BadDataException(name + " cannot be drawn on (" + e.getMessage() + ").", e);
    }
  }

  /** What brings a picture upright as its EXIF orientation says. */
  private static AffineTransform upright(PictureHeader of) {
    int width = of.width();
    int height = of.height();
    return switch (of.orientation()) {
      case 2 -> new AffineTransform(-1, 0, 0, 1, width, 0);
      case 3 -> new AffineTransform(-1, 0, 0, -1, width, height);
      case 4 -> new AffineTransform(1, 0, 0, -1, 0, height);
      case 5 -> new AffineTransform(0, 1, 1, 0, 0, 0);
      case 6 -> new AffineTransform(0, 1, -1, 0, height, 0);
      case 7 -> new AffineTransform(0, -1, -1, 0, height, width);
      case 8 -> new AffineTransform(0, -1, 1, 0, 0, width);
      default -> new AffineTransform();
    };
  }

  private static void draw(Graphics2D g, Marked each, double scale) {
    Box box = each.box();
    Color colour = COLOURS.get(Math.floorMod(box.label(), COLOURS.size()));
    g.setColor(colour);
    g.setStroke(new BasicStroke(2));
    g.draw(
        new Rectangle2D.Double(
            box.left() * scale, box.top() * scale, box.width() * scale, box.height() * scale));
    if (!each.words().isEmpty()) {
      try {
        write(g, each, scale);
      } catch (RuntimeException | LinkageError | InternalError e) {
        LOG.log(System.Logger.Level.DEBUG, "this machine has no fonts", e);
      }
    }
  }

  private static void write(Graphics2D g, Marked each, double scale) {
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    FontMetrics font = g.getFontMetrics();
    int x = (int) Math.max(0, each.box().left() * scale);
    int y = (int) Math.max(font.getHeight(), each.box().top() * scale);
    g.fillRect(x, y - font.getHeight(), font.stringWidth(each.words()) + 4, font.getHeight());
    g.setColor(Color.WHITE);
    g.drawString(each.words(), x + 2, y - font.getDescent());
  }
}
