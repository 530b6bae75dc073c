package dev.graft.data.annotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Dataset;
import dev.graft.data.Part;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxSet.Column;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.error.BadDataException;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A part of BCCD, as it is and in every other form: the same boxes come of each. */
class AnnotationsTest {

  private static final Path BCCD = Path.of("../../testdata/bccd");

  @TempDir private Path dir;

  private static List<String> notes(BoxSet set) {
    return set.notes().stream().map(Note::sentence).toList();
  }

  @Test
  void pascalVocIsReadAsItIs() {
    BoxSet set = Annotations.read(BCCD);
    assertThat(set.labels().names()).containsExactly("Platelets", "RBC", "WBC");
    assertThat(set.pictures()).hasSize(100);
    assertThat(set.pictures().stream().filter(each -> each.part().equals(Optional.of(Part.TEST))))
        .hasSize(20);
    assertThat(notes(set))
        .containsExactly(
            "read as Pascal VOC, 100 XML files",
            "1 box has no area and was left out: "
                + BCCD.resolve("Annotations/BloodImage_00343.xml"));
    BoxedPicture first = set.pictures().get(0);
    assertThat(first.file()).isEqualTo(BCCD.resolve("JPEGImages/BloodImage_00000.jpg"));
    assertThat(first.width()).isEqualTo(640);
    assertThat(first.boxes().get(0)).isEqualTo(new Box(2, 260, 177, 231, 199, false));
    assertThat(set.pictures().stream().mapToInt(each -> each.boxes().size()).sum())
        .isEqualTo(BOXES);
  }

  private static final int BOXES = 1390;

  @Test
  void itsPartsAreThoseOfItsLists() {
    BoxSet set = Annotations.read(BCCD);
    Dataset all = set.dataset();
    Parts parts = all.split(Split.of(8, 1, 1));
    assertThat(List.of(parts.train().size(), parts.validation().size(), parts.test().size()))
        .containsExactly(60, 20, 20);
    List<BoxedPicture> test = set.of(parts.test());
    assertThat(test).allMatch(each -> each.part().equals(Optional.of(Part.TEST)));
    TensorValue values = parts.test().answers().values().iterator().next().values();
    TensorValue counts = parts.test().answers().values().iterator().next().counts().orElseThrow();
    assertThat(counts.ints()[3]).isEqualTo(test.get(3).boxes().size());
    int columns = Column.values().length;
    int at = (int) (3 * values.shape().dim(1) + 1) * columns; // second box of the fourth picture
    Box box = test.get(3).boxes().get(1);
    assertThat(values.floats()[at + Column.RIGHT.ordinal()] * 640)
        .isCloseTo((float) box.right(), within(1e-3f));
    assertThat(values.floats()[at + Column.TOP.ordinal()] * 480)
        .isCloseTo((float) box.top(), within(1e-3f));
    assertThat(values.floats()[at + Column.LABEL.ordinal()]).isEqualTo(box.label());
  }

  @Test
  void withoutListsGraftSplits() throws IOException {
    Files.createDirectories(dir.resolve("jpg"));
    Files.createDirectories(dir.resolve("xml"));
    for (BoxedPicture each : Annotations.read(BCCD).pictures()) {
      String stem = each.file().getFileName().toString().replace(".jpg", "");
      Files.copy(each.file(), dir.resolve("jpg/" + stem + ".jpg"));
      Files.copy(BCCD.resolve("Annotations/" + stem + ".xml"), dir.resolve("xml/" + stem + ".xml"));
    }
    BoxSet set = Annotations.read(dir);
    assertThat(set.pictures()).noneMatch(each -> each.part().isPresent());
    Parts parts = set.dataset().split(Split.of(8, 1, 1));
    assertThat(parts.validation().size()).isEqualTo(10);
    assertThat(set.of(parts.test()))
        .isEqualTo(set.of(set.dataset().split(Split.of(8, 1, 1)).test()));
  }

  @Test
  void cocoIsTheSame() throws IOException {
    new Written(Annotations.read(BCCD), dir).coco();
    assertSame(dir, 1e-9);
    BoxSet alone = Annotations.read(dir.resolve("annotations/instances_val2017.json"));
    assertThat(alone.pictures()).hasSize(20).noneMatch(each -> each.part().isPresent());
  }

  @Test
  void yoloIsTheSame() throws IOException {
    new Written(Annotations.read(BCCD), dir).yolo();
    assertSame(dir, 1e-9);
    assertSame(dir.resolve("data.yaml"), 1e-9);
  }

  @Test
  void csvIsTheSame() throws IOException {
    new Written(Annotations.read(BCCD), dir).csv();
    assertSame(dir, 0);
  }

  @Test
  void xmlBesidePicturesIsTheSame() throws IOException {
    new Written(Annotations.read(BCCD), dir).xmlBesidePictures();
    assertSame(dir, 0);
  }

  private static void assertSame(Path data, double apart) {
    List<BoxedPicture> expected = sorted(Annotations.read(BCCD));
    BoxSet read = Annotations.read(data);
    List<BoxedPicture> found = sorted(read);
    assertThat(read.labels().names()).containsExactly("Platelets", "RBC", "WBC");
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      BoxedPicture a = found.get(i);
      BoxedPicture b = expected.get(i);
      assertThat(a.part()).isEqualTo(b.part());
      assertThat(a.boxes()).hasSameSizeAs(b.boxes());
      for (int j = 0; j < a.boxes().size(); j++) {
        Box one = a.boxes().get(j);
        Box other = b.boxes().get(j);
        assertThat(one.label()).isEqualTo(other.label());
        assertThat(one.left()).isCloseTo(other.left(), within(apart));
        assertThat(one.top()).isCloseTo(other.top(), within(apart));
        assertThat(one.right()).isCloseTo(other.right(), within(apart));
        assertThat(one.bottom()).isCloseTo(other.bottom(), within(apart));
      }
    }
  }

  private static List<BoxedPicture> sorted(BoxSet set) {
    return set.pictures().stream()
        .sorted(Comparator.comparing(each -> each.file().getFileName()))
        .toList();
  }

  @Test
  void whatHoldsNoBoxesSaysWhatWould() throws IOException {
    Files.writeString(dir.resolve("notes.txt"), "nothing");
    assertThatThrownBy(() -> Annotations.read(dir))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("holds no boxes; give Pascal VOC")
        .hasMessageContaining("data.yaml")
        .hasMessageContaining("file, label, left, top, right, bottom");
    assertThatThrownBy(() -> Annotations.read(dir.resolve("none")))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("there is no");
    new Written(Annotations.read(BCCD), dir).coco();
    new Written(Annotations.read(BCCD), dir).yolo();
    assertThatThrownBy(() -> Annotations.read(dir))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("several forms, YOLO (data.yaml) and COCO");
  }
}
