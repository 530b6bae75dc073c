package dev.graft.internal.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.model.Labels;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
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
    return sizing(set, 0, Duration.ofMinutes(minutes));
  }

  private static BoxSizing sizing(BoxSet set, int below, Duration time) {
    return sizing(set, below, Optional.of(time), Optional.empty());
  }

  private static BoxSizing sizing(
      BoxSet set, int below, Optional<Duration> time, Optional<BoxSize> given) {
    return new BoxSizing(set, usual(set, below), 2, time, given);
  }

  private static IntFunction<Recipe> usual(BoxSet set, int below) {
    Recipe recipe = below == 0 ? Recipe.headOnly() : Recipe.headThenTop();
    return views -> BoxData.usual(recipe, set.pictures().size(), views);
  }

  private static String notes(BoxSizing sizing) {
    return String.join("\n", sizing.notes().stream().map(Note::sentence).toList());
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
    assertThat(notes(sizing)).contains("672 x 512 pixels", "3.0 cells of 8 pixels");
    assertThat(of(100, 2000, 1500, 1, 1000).size()).as("at most").isEqualTo(new BoxSize(768, 1024));
  }

  @Test
  void noLargerThanThereIsTimeFor() {
    BoxSizing sizing = of(364, 2000, 1500, 40, 15);
    assertThat(sizing.size().pixels()).isLessThan(1.3 * 384 * 512);
    assertThat(notes(sizing))
        .contains("at 1024 x 768 it would be wider", "longer than 15 min on two cores");
    assertThat(of(364, 2000, 1500, 40, 120).size()).isEqualTo(new BoxSize(768, 1024));
    BoxSizing head = of(364, 2000, 1500, 40, 30);
    BoxSizing below = sizing(head.set(), 1, Duration.ofMinutes(30));
    assertThat(below.size().pixels()).isLessThan(head.size().pixels());
    BoxSizing soon = sizing(head.set(), 1, Duration.ofMinutes(15));
    assertThat(soon.size()).as("the head is not all that learns").isEqualTo(new BoxSize(288, 384));
  }

  /** First there are fewer views, then fewer pixels, and what is still too long is said. */
  @Test
  void manyPicturesAreLearnedInTheTimeThatThereIs() {
    BoxSizing some = of(100, 2000, 1500, 400, 15);
    assertThat(some.mostViews()).as("nothing bounds them").isEqualTo(BoxData.MOST_VIEWS);
    assertThat(notes(some)).contains("to learn from 8 views of each picture takes about 6 min");
    BoxSizing more = of(364, 2000, 1500, 400, 15);
    assertThat(more.mostViews()).isEqualTo(4);
    assertThat(more.size()).isEqualTo(new BoxSize(384, 512));
    assertThat(notes(more))
        .contains("4 views of each picture takes about 14 min", "it would take longer than 15 min")
        .doesNotContain("that there are");
    BoxSizing many = of(1000, 2000, 1500, 400, 15);
    assertThat(many.mostViews()).isEqualTo(2);
    assertThat(many.size().pixels()).isBetween(320 * 240., 384 * 512 - 1.);
    BoxSizing most = of(5000, 2000, 1500, 40, 1);
    assertThat(most.mostViews()).isEqualTo(2);
    assertThat(most.size()).isEqualTo(new BoxSize(256, 320));
    assertThat(notes(most)).contains("that is longer than the 1 min that there are");
    Optional<Duration> unsaid = Optional.empty();
    assertThat(sizing(more.set(), 1, unsaid, Optional.empty()).mostViews())
        .as("what is below the head may take as long again")
        .isEqualTo(BoxData.MOST_VIEWS);
    assertThat(sizing(more.set(), 0, unsaid, Optional.empty()).mostViews())
        .as("with fewer it is as usual")
        .isEqualTo(4);
  }

  /** Fewer views or pixels are for who said how long it may take, where none end in time. */
  @Test
  void whatTakesLongerThanUsualIsLearnedAndSaid() {
    BoxSet many = of(1000, 2000, 1500, 400, 15).set();
    Optional<Duration> unsaid = Optional.empty();
    BoxSizing patient = sizing(many, 0, unsaid, Optional.empty());
    assertThat(patient.size()).as("nobody said how much time").isEqualTo(new BoxSize(384, 512));
    assertThat(patient.mostViews()).isEqualTo(BoxData.MOST_VIEWS);
    assertThat(patient.notes().get(1))
        .matches(note -> note.remedies().equals(List.of(Remedy.TIME)))
        .asString()
        .contains("8 views of each picture takes about 45 min", "than the 15 min that are usual");
    BoxSet more = of(364, 2000, 1500, 400, 15).set();
    Optional<BoxSize> given = Optional.of(new BoxSize(768, 1024));
    BoxSizing large = sizing(more, 0, unsaid, given);
    assertThat(large.size()).isEqualTo(given.get());
    assertThat(large.mostViews()).isEqualTo(BoxData.MOST_VIEWS);
    assertThat(notes(large)).contains("min that are usual").doesNotContain("boxes are found");
    BoxSizing hasty = sizing(more, 0, Optional.of(Duration.ofMinutes(15)), given);
    assertThat(hasty.mostViews()).isEqualTo(2);
    assertThat(notes(hasty)).contains("but the size is given");
  }

  @Test
  void whatIsReallyLearnedIsCounted() {
    BoxSet set = of(364, 2000, 1500, 400, 15).set();
    IntFunction<Recipe> usual = usual(set, 0);
    Optional<Duration> time = Optional.of(Duration.ofMinutes(15));
    FineTune twice = usual.apply(8).head().steps().epochs(2);
    IntFunction<Recipe> two = views -> usual.apply(8).head(usual.apply(8).head().steps(twice));
    BoxSizing brief = new BoxSizing(set, two, 2, time, Optional.empty());
    assertThat(brief.mostViews()).isEqualTo(BoxData.MOST_VIEWS);
    assertThat(notes(brief)).contains("8 views of each picture takes about 9 min");
    BoxSizing once = new BoxSizing(set, usual, 1, time, Optional.empty());
    assertThat(once.mostViews()).as("without a second training").isEqualTo(BoxData.MOST_VIEWS);
    assertThat(notes(once)).contains("8 views of each picture takes about 11 min");
    IntFunction<Recipe> longer = views -> usual(set, 1).apply(views).each(top -> top.epochs(9));
    assertThat(new BoxSizing(set, longer, 2, time, Optional.empty()).size().pixels())
        .isLessThan(sizing(set, 1, time, Optional.empty()).size().pixels());
  }

  /** The boxes of all views are padded to the most that a picture has. */
  @Test
  void ofDensePicturesThereAreFewerViews() {
    BoxSet plain = of(3000, 400, 300, 40, 1000).set();
    List<BoxedPicture> all = new ArrayList<>(plain.pictures());
    all.set(0, with(all.get(0), Collections.nCopies(5000, new Box(0, 10, 10, 40, 40, false))));
    BoxSizing dense =
        sizing(new BoxSet(plain.labels(), all, List.of()), 0, Duration.ofMinutes(1000));
    assertThat(dense.mostViews()).isEqualTo(1);
    assertThat(notes(dense)).contains("1 view of each", "since one picture has 5000 boxes");
  }

  /** One of a kind, and what stands for many, would make all pictures four times as large. */
  @Test
  void aLabelWithFewBoxesHasNoSay() {
    BoxSet set = of(150, 2000, 1500, 400, 60).set();
    List<BoxedPicture> all = new ArrayList<>(set.pictures());
    BoxedPicture first = all.get(0);
    List<Box> more = new ArrayList<>(first.boxes());
    more.add(new Box(2, 10, 10, 8, 8, false));
    for (int i = 0; i < 20; i++) {
      more.add(new Box(1, 50 * i, 10, 8, 8, true));
    }
    all.set(0, with(first, more));
    Labels labels = Labels.of("small", "large", "rare");
    Duration hour = Duration.ofHours(1);
    assertThat(sizing(new BoxSet(labels, all, List.of()), 0, hour).size())
        .isEqualTo(new BoxSize(384, 512));
    for (int i = 1; i < 5; i++) {
      more.add(new Box(2, 10 + 50 * i, 10, 8, 8, false));
    }
    all.set(0, with(first, more));
    assertThat(sizing(new BoxSet(labels, all, List.of()), 0, hour).size().pixels())
        .as("five have one")
        .isGreaterThan(384 * 512);
    List<BoxedPicture> few = List.of(with(first, List.of(new Box(2, 10, 10, 8, 8, true))));
    assertThat(sizing(new BoxSet(labels, few, List.of()), 0, hour).size())
        .as("there is nothing else")
        .isEqualTo(new BoxSize(384, 512));
  }

  private static BoxedPicture with(BoxedPicture picture, List<Box> boxes) {
    return new BoxedPicture(
        picture.file(), picture.width(), picture.height(), boxes, picture.part());
  }
}
