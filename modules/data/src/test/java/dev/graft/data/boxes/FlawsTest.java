package dev.graft.data.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.words.Note;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlawsTest {

  private static final PictureHeader HEADER = new PictureHeader(100, 80, 1);
  private static final Path PLACE = Path.of("a.xml");

  private static Mark mark(double left, double top, double right, double bottom) {
    return new Mark("x", new Bounds(left, top, right - left, bottom - top), false);
  }

  @Test
  void eachFlawIsMendedOrLeftOutAndCounted() {
    Flaws flaws = new Flaws();
    List<Mark> good =
        flaws.mended(
            List.of(
                mark(10, 10, 20, 20),
                mark(40, 30, 30, 20), // swapped
                mark(90, 70, 120, 90), // beyond
                mark(-.4, 0, 100.5, 80), // a rounding beyond
                mark(200, 10, 220, 20), // outside
                mark(5, 5, 5, 9), // no area
                mark(10, 10, 20, 20), // again
                new Mark("y", new Bounds(10, 10, 10, 10), false)), // another label
            HEADER,
            PLACE);
    assertThat(good)
        .containsExactly(
            mark(10, 10, 20, 20),
            mark(30, 20, 40, 30),
            mark(90, 70, 100, 80),
            mark(0, 0, 100, 80),
            new Mark("y", new Bounds(10, 10, 10, 10), false));
    assertThat(flaws.notes().stream().map(Note::sentence))
        .containsExactly(
            "1 box had swapped corners and was turned round: a.xml",
            "1 box reaches beyond its picture and was cut: a.xml",
            "1 box lies outside its picture and was left out: a.xml",
            "1 box has no area and was left out: a.xml",
            "1 box stands twice and was taken once: a.xml");
  }

  @Test
  void whatIsLeftIsSound() {
    Random random = new Random(7);
    for (int round = 0; round < 500; round++) {
      List<Mark> marks = new ArrayList<>();
      for (int i = random.nextInt(12); i > 0; i--) {
        marks.add(mark(number(random), number(random), number(random), number(random)));
      }
      List<Mark> good = new Flaws().mended(marks, HEADER, PLACE);
      assertThat(new HashSet<>(good)).hasSameSizeAs(good);
      for (Mark mark : good) {
        Bounds each = mark.bounds();
        assertThat(each.left()).isNotNegative();
        assertThat(each.top()).isNotNegative();
        assertThat(Math.min(each.width(), each.height())).isGreaterThanOrEqualTo(.1);
        assertThat(each.right()).isLessThanOrEqualTo(100 + 1e-9);
        assertThat(each.bottom()).isLessThanOrEqualTo(80 + 1e-9);
      }
      Flaws again = new Flaws();
      assertThat(again.mended(good, HEADER, PLACE)).isEqualTo(good);
      assertThat(again.notes()).isEmpty();
    }
  }

  /** Whole ones often, so that corners meet. */
  private static double number(Random random) {
    return random.nextBoolean() ? random.nextInt(160) - 30 : random.nextDouble() * 160 - 30;
  }
}
