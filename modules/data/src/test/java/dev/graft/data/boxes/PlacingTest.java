package dev.graft.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Exif;
import dev.graft.data.Pictures;
import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Frame;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.data.boxes.Placing.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Boxes turn with their pictures, and only where they were not drawn on the turned one. */
class PlacingTest {

  private static final int WIDTH = 7;
  private static final int HEIGHT = 5;

  @TempDir private Path dir;

  private static Placing of(Frame frame, PictureHeader... headers) {
    List<MarkedPicture> pictures =
        Arrays.stream(headers)
            .map(
                header ->
                    new MarkedPicture(
                        Path.of("x"), Optional.empty(), frame, List.of(), Path.of("x.xml")))
            .toList();
    return Placing.of(pictures, List.of(headers));
  }

  private static Mark mark(double left, double top, double right, double bottom) {
    return new Mark("x", new Bounds(left, top, right - left, bottom - top), false);
  }

  /** A rectangle painted into the stored picture, turned upright pixel by pixel. */
  @Test
  void boxesLieWhereTheirPixelsDo() {
    Random random = new Random(1);
    for (int round = 0; round < 400; round++) {
      int orientation = 1 + round % 8;
      int left = random.nextInt(WIDTH);
      int top = random.nextInt(HEIGHT);
      int right = left + 1 + random.nextInt(WIDTH - left);
      int bottom = top + 1 + random.nextInt(HEIGHT - top);
      float[] stored = new float[3 * WIDTH * HEIGHT];
      for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
          stored[3 * (y * WIDTH + x)] = 1;
        }
      }
      float[] shown = Exif.upright(stored, HEIGHT, WIDTH, orientation);
      PictureHeader header = new PictureHeader(WIDTH, HEIGHT, orientation);
      Place place = of(Frame.UNKNOWN, header).of(Frame.UNKNOWN, header).orElseThrow();
      Mark turned =
          new Flaws()
              .mended(List.of(place.of(mark(left, top, right, bottom))), header, Path.of("x"))
              .get(0);
      assertThat(turned).as("orientation %d", orientation).isEqualTo(around(shown, header));
    }
  }

  private static Mark around(float[] shown, PictureHeader header) {
    int width = header.shownWidth();
    double left = width;
    double top = header.shownHeight();
    double right = 0;
    double bottom = 0;
    for (int i = 0; i < shown.length / 3; i++) {
      if (shown[3 * i] == 1) {
        left = Math.min(left, i % width);
        right = Math.max(right, i % width + 1);
        top = Math.min(top, i / width);
        bottom = Math.max(bottom, i / width + 1);
      }
    }
    return mark(left, top, right, bottom);
  }

  @Test
  void theStatedSizeTellsWhichPictureWasDrawnOn() {
    PictureHeader onItsSide = new PictureHeader(60, 40, 6);
    Mark drawn = mark(1, 2, 11, 22);
    assertThat(placed(Frame.pixels(60, 40), onItsSide, drawn)).isEqualTo(mark(18, 1, 38, 11));
    assertThat(placed(Frame.pixels(40, 60), onItsSide, drawn)).isEqualTo(drawn);
    assertThat(placed(Frame.SHARES, onItsSide, mark(.5, .5, 1, 1))).isEqualTo(mark(20, 30, 40, 60));
    assertThat(placed(Frame.pixels(120, 80), onItsSide, mark(2, 4, 22, 44)))
        .isEqualTo(mark(18, 1, 38, 11));
    assertThat(of(Frame.pixels(60, 60), onItsSide).of(Frame.pixels(60, 60), onItsSide)).isEmpty();
  }

  /** Upside down a picture has the same size; those on their side say what the program did. */
  @Test
  void otherPicturesTellWhatOneDoesNot() {
    PictureHeader upsideDown = new PictureHeader(60, 40, 3);
    PictureHeader onItsSide = new PictureHeader(40, 60, 8);
    Frame frame = Frame.pixels(60, 40);
    assertThat(placed(frame, upsideDown, mark(1, 2, 3, 4)).bounds().left()).isEqualTo(57);
    Placing known = of(frame, upsideDown, onItsSide);
    assertThat(known.of(frame, upsideDown).orElseThrow().of(mark(1, 2, 3, 4)).bounds().left())
        .isEqualTo(1);
  }

  /** Without a stated size, boxes that lie in one of the two pictures only tell which it was. */
  @Test
  void boxesTellWhatNoSizeDoes() {
    PictureHeader onItsSide = new PictureHeader(60, 40, 6);
    Mark both = mark(1, 2, 11, 22);
    assertThat(of(List.of(both, mark(1, 2, 11, 55)), onItsSide, onItsSide).notes()).isEmpty();
    assertThat(place(onItsSide, both, mark(1, 2, 11, 55)).of(both)).isEqualTo(both);
    assertThat(place(onItsSide, both, mark(1, 2, 55, 22)).of(both)).isEqualTo(mark(18, 1, 38, 11));
    assertThat(place(onItsSide, both, both).of(both)).isEqualTo(mark(18, 1, 38, 11));
    assertThat(of(List.of(both, both), onItsSide, onItsSide).notes().get(0).sentence())
        .startsWith("nothing tells whether the boxes of 2 pictures with an EXIF orientation");
  }

  /** How a first picture is placed that has {@code one}, beside a second that has the other. */
  private static Place place(PictureHeader header, Mark one, Mark other) {
    return of(List.of(one, other), header, header).of(Frame.UNKNOWN, header).orElseThrow();
  }

  private static Placing of(List<Mark> marks, PictureHeader... headers) {
    List<MarkedPicture> pictures =
        marks.stream()
            .map(
                mark ->
                    new MarkedPicture(
                        Path.of("x"),
                        Optional.empty(),
                        Frame.UNKNOWN,
                        List.of(mark),
                        Path.of("x.xml")))
            .toList();
    return Placing.of(pictures, List.of(headers));
  }

  private static Mark placed(Frame frame, PictureHeader header, Mark mark) {
    return of(frame, header).of(frame, header).orElseThrow().of(mark);
  }

  @Test
  void headersAreReadAsTheDecodeGraphReadsThem() throws IOException {
    byte[] jpeg = Pictures.encode(Pictures.gradient(24, 16), "jpg");
    for (int orientation = 0; orientation <= 9; orientation++) {
      int expected = orientation >= 1 && orientation <= 8 ? orientation : 1;
      for (boolean little : new boolean[] {true, false}) {
        byte[] turned = Exif.insert(jpeg, orientation, little);
        assertThat(header(turned)).isEqualTo(new PictureHeader(24, 16, expected));
        assertThat(header(Exif.behindProfiles(turned, 3)).orientation()).isEqualTo(expected);
        Exif.makeLong(turned, little);
        assertThat(header(turned).orientation()).isEqualTo(expected);
      }
    }
    assertThat(header(jpeg)).isEqualTo(new PictureHeader(24, 16, 1));
    assertThat(header(Pictures.encode(Pictures.gradient(5, 9), "png")))
        .isEqualTo(new PictureHeader(5, 9, 1));
    for (int orientation = 1; orientation <= 8; orientation++) {
      Path file = Path.of("../../testdata/turned/" + orientation + ".jpg");
      PictureHeader header = PictureHeader.of(file);
      assertThat(header.orientation()).isEqualTo(orientation);
      assertThat(header.shownWidth()).isEqualTo(144);
      assertThat(header.shownHeight()).isEqualTo(192);
    }
  }

  /** Bytes that end anywhere, or lead anywhere, count as upright at worst. */
  @Test
  void noHeaderIsTooBad() throws IOException {
    byte[] whole = Exif.insert(Pictures.encode(Pictures.gradient(24, 16), "jpg"), 6, true);
    Random random = new Random(2);
    for (int i = 0; i < 400; i++) {
      byte[] bad = Arrays.copyOf(whole, i % 2 == 0 ? whole.length : random.nextInt(120));
      for (int j = 0; j < 3 && bad.length > 0; j++) {
        bad[random.nextInt(Math.min(bad.length, 70))] = (byte) random.nextInt();
      }
      assertThat(header(bad).orientation()).isBetween(1, 8);
    }
  }

  private PictureHeader header(byte[] bytes) throws IOException {
    return PictureHeader.of(Files.write(dir.resolve("picture"), bytes));
  }
}
