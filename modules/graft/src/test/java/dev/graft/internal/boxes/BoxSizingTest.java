package dev.graft.internal.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.model.Labels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Pictures are as large as their boxes want, in the time that there is. */
class BoxSizingTest {

  private static BoxSizing of(int pictures, int width, int height, double side, int minutes) {
    List<Box> boxes =
        List.of(new Box(0, 10, 10, side, side, false), new Box(1, 20, 20, 300, 300, false));
    List<BoxedPicture> all =
        IntStream.range(0, pictures)
            .mapToObj(
                i -> new BoxedPicture(Path.of(i + ".jpg"), width, height, boxes, Optional.empty()))
            .toList();
    BoxSet set = new BoxSet(Labels.of("small", "large"), all, List.of());
    return new BoxSizing(set, 0, Duration.ofMinutes(minutes));
  }

  @Test
  void largeBoxesTakeNoMorePixelsThanHelp() {
    assertThat(of(100, 2000, 1500, 400, 15).size()).isEqualTo(new BoxSize(384, 512));
    assertThat(of(100, 320, 240, 60, 15).size()).as("its own").isEqualTo(new BoxSize(256, 320));
    assertThat(of(100, 1500, 2000, 400, 15).size()).isEqualTo(new BoxSize(512, 384));
  }

  @Test
  void theSmallestBoxesAreThreeCellsWide() {
    BoxSizing sizing = of(100, 2000, 1500, 70, 60); // 1.5% of the picture's sides
    assertThat(sizing.size()).isEqualTo(new BoxSize(512, 672));
    assertThat(sizing.note().toString()).contains("672 x 512 pixels", "3.0 cells of 8 pixels");
    assertThat(of(100, 2000, 1500, 1, 1000).size()).as("at most").isEqualTo(new BoxSize(768, 1024));
  }

  @Test
  void noLargerThanThereIsTimeFor() {
    BoxSizing sizing = of(364, 2000, 1500, 40, 15);
    assertThat(sizing.size().pixels()).isLessThan(1.3 * 384 * 512);
    assertThat(sizing.note().toString())
        .contains("at 1024 x 768 it would be wider", "longer than 15 min on two cores");
    assertThat(of(364, 2000, 1500, 40, 120).size()).isEqualTo(new BoxSize(768, 1024));
    BoxSizing head = of(364, 2000, 1500, 40, 30);
    BoxSizing below = new BoxSizing(head.set(), 1, head.budget());
    assertThat(below.size().pixels()).isLessThan(head.size().pixels());
    BoxSizing soon = new BoxSizing(head.set(), 1, Duration.ofMinutes(15));
    assertThat(soon.size()).as("the head is not all that learns").isEqualTo(new BoxSize(384, 512));
    assertThat(of(5000, 2000, 1500, 40, 1).size()).isEqualTo(new BoxSize(384, 512));
  }
}
