package dev.graft.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Exif;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.picture.DecodeGraph;
import dev.graft.picture.View;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** A box goes where the pixels in it go, in every view and however the picture is stored. */
class BoxViewsTest {

  private static final int HEIGHT = 128;
  private static final int WIDTH = 160;
  private static final Box BOX = new Box(0, 60, 40, 90, 50, false); // of a picture of 320 x 240

  @TempDir private Path folder;

  @Test
  void aBoxGoesWhereItsPixelsGo() throws IOException {
    for (int orientation = 1; orientation <= 8; orientation++) {
      BoxSet set = set(orientation);
      Dataset views = new BoxViews(24, BoxViews.Flips.ALL, orientation).of(set, set.dataset());
      Batch batch = views.batch(IntStream.range(0, views.size()).toArray());
      float[] pixels = pixels(batch, true).floats();
      float[] boxes = batch.targets().get(Batch.ONLY).floats();
      int[] counts = batch.targets().get(Batch.ONLY + "/count").ints();
      for (int i = 0; i < views.size(); i++) {
        if (counts[i] > 0) {
          double[] red = red(pixels, i);
          for (int side = 0; side < 4; side++) {
            double size = side % 2 == 0 ? WIDTH : HEIGHT;
            assertThat(boxes[i * 6 + side] * size)
                .as("orientation %d, view %d, side %d", orientation, i, side)
                .isCloseTo(red[side], within(1.6));
          }
        }
      }
      assertThat(IntStream.of(counts).sum()).isGreaterThan(views.size() / 2);
    }
  }

  /** What is learned from in no view of its own is what is served. */
  @Test
  void thePlainViewIsThePicture() throws IOException {
    BoxSet set = set(6);
    Batch batch = BoxViews.plain(set, set.dataset()).batch(new int[] {0});
    assertThat(pixels(batch, true).floats()).isEqualTo(pixels(batch, false).floats());
  }

  @Test
  void whatBoxesTakeIsKnownBeforeTheyAreHeld() throws IOException {
    BoxSet set = set(1);
    assertThat(set.bytes()).isEqualTo(set.answers().values().bytes().remaining());
    assertThat(set.mostBoxes()).isEqualTo(1);
  }

  /** A red rectangle on grey, stored in {@code orientation} and upright when it is shown. */
  private BoxSet set(int orientation) throws IOException {
    BufferedImage shown = new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = shown.createGraphics();
    g.setColor(new Color(128, 128, 128));
    g.fillRect(0, 0, 320, 240);
    g.setColor(new Color(220, 30, 30));
    g.fillRect((int) BOX.left(), (int) BOX.top(), (int) BOX.width(), (int) BOX.height());
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageIO.write(stored(shown, orientation), "jpg", jpeg);
    Path file = folder.resolve(orientation + ".jpg");
    Files.write(file, Exif.insert(jpeg.toByteArray(), orientation, false));
    BoxedPicture picture = new BoxedPicture(file, 320, 240, List.of(BOX), Optional.empty());
    return new BoxSet(Labels.of("red", "other"), List.of(picture), List.of());
  }

  /** How a picture that is shown so lies in a file of this orientation. */
  static BufferedImage stored(BufferedImage shown, int orientation) {
    boolean side = orientation >= 5;
    int width = side ? shown.getHeight() : shown.getWidth();
    int height = side ? shown.getWidth() : shown.getHeight();
    BufferedImage stored = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int across = side ? y : x;
        int down = side ? x : y;
        boolean mirrored = List.of(2, 3, 6, 7).contains(orientation);
        boolean upsideDown = List.of(3, 4, 7, 8).contains(orientation);
        stored.setRGB(
            x,
            y,
            shown.getRGB(
                mirrored ? shown.getWidth() - 1 - across : across,
                upsideDown ? shown.getHeight() - 1 - down : down));
      }
    }
    return stored;
  }

  private static TensorValue pixels(Batch batch, boolean viewed) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef bytes = editor.placeholder("bytes", DataType.DT_STRING, Shape.of(-1));
    TensorRef views = editor.placeholder("views", DataType.DT_FLOAT, Shape.of(-1, View.NUMBERS));
    InputSpec input =
        new InputSpec(
            "pixels",
            TensorRef.of("pixels"),
            DType.FLOAT32,
            Shape.of(-1, HEIGHT, WIDTH, 3),
            Optional.of(new InputSpec.Range(0, 255, "as decoded")),
            InputSpec.Channels.RGB,
            InputSpec.Resize.STRETCH);
    TensorRef pixels =
        DecodeGraph.add(
            editor, "decode", bytes, input, viewed ? Optional.of(views) : Optional.empty());
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        GraphSession session = runtime.session(editor.build())) {
      return session
          .run(Map.of(bytes, batch.encoded(), views, batch.views()), List.of(pixels), List.of())
          .get(0);
    }
  }

  /** Left, top, right and bottom of what is red in picture {@code i}. */
  private static double[] red(float[] pixels, int i) {
    double[] found = {WIDTH, HEIGHT, 0, 0};
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        int at = ((i * HEIGHT + y) * WIDTH + x) * 3;
        if (pixels[at] - pixels[at + 1] > 90) {
          found[0] = Math.min(found[0], x);
          found[1] = Math.min(found[1], y);
          found[2] = Math.max(found[2], x + 1);
          found[3] = Math.max(found[3], y + 1);
        }
      }
    }
    return found;
  }
}
