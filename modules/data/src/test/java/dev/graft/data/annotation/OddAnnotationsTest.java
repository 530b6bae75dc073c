package dev.graft.data.annotation;

import static dev.graft.data.annotation.Small.coco;
import static dev.graft.data.annotation.Small.picture;
import static dev.graft.data.annotation.Small.text;
import static dev.graft.data.annotation.Small.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.data.Part;
import dev.graft.data.Parts;
import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadDataException;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sets as other programs and other machines leave them: read as they are meant, or refused. */
class OddAnnotationsTest {

  private static final String NOTHING =
      "{\"images\": [{\"id\": 1, \"file_name\": \"c.jpg\"}], \"annotations\": [], \"categories\":"
          + " [{\"id\": 3, \"name\": \"cell\"}]}";

  @TempDir private Path dir;

  private void assertRefused(String... words) {
    Small.assertRefused(dir, words);
  }

  @Test
  void aPartWithoutBoxes() throws IOException {
    for (String name : new String[] {"a", "b", "c"}) {
      picture(dir.resolve(name + ".jpg"));
    }
    text(dir.resolve("train.json"), coco("a.jpg"));
    text(dir.resolve("val.json"), coco("b.jpg"));
    text(dir.resolve("test.json"), NOTHING);
    BoxSet set = Annotations.read(dir);
    assertThatThrownBy(set::toLearn)
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("no picture of the test part has a box")
        .hasMessageContaining("take that part out");
    Files.delete(dir.resolve("test.json"));
    assertThat(Annotations.read(dir).toLearn().pictures()).hasSize(2);
  }

  @Test
  void trainAndValidationInOneFile() throws IOException {
    picture(dir.resolve("a.jpg"));
    picture(dir.resolve("b.jpg"));
    text(dir.resolve("pascal_trainval2007.json"), coco("a.jpg"));
    text(dir.resolve("pascal_test2007.json"), coco("b.jpg"));
    assertThat(Annotations.read(dir).toLearn().pictures())
        .extracting(each -> each.part().orElseThrow())
        .containsExactly(Part.TEST, Part.TRAIN); // by the names of the files
    picture(dir.resolve("c.jpg"));
    text(dir.resolve("pascal_train2007.json"), coco("a.jpg"));
    text(dir.resolve("pascal_val2007.json"), coco("c.jpg"));
    text(dir.resolve("pascal_trainval2007.json"), coco("c.jpg"));
    assertThat(Annotations.read(dir).toLearn().pictures())
        .as("divided by the others")
        .extracting(each -> each.part().orElseThrow())
        .containsExactlyInAnyOrder(Part.TEST, Part.TRAIN, Part.VALIDATION);
  }

  @Test
  void morePartsThanBoxes() throws IOException {
    for (int i = 0; i < 10; i++) {
      picture(dir.resolve(i + ".jpg"));
      text(dir.resolve(i + ".xml"), i == 0 ? xml("cell") : i == 1 ? xml("rod") : "<annotation/>");
    }
    BoxSet set = Annotations.read(dir);
    Dataset all = set.dataset();
    Parts without = parts(all, 0, 1, 5);
    assertThatThrownBy(() -> set.shownIn(without))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("none came into the test part");
    Parts few = new Parts(part(all, 0, 1), part(all, 0, 1), part(all, 1, 2));
    assertThat(set.shownIn(few).notes()).singleElement().asString().contains("has a box of 'rod'");
    Parts whole = new Parts(all, part(all, 0, 1), part(all, 1, 2));
    assertThat(set.shownIn(whole)).isSameAs(whole);
  }

  private static Parts parts(Dataset all, int train, int validation, int test) {
    return new Parts(
        part(all, train, validation), part(all, validation, test), part(all, test, all.size()));
  }

  private static Dataset part(Dataset all, int from, int to) {
    return all.subset(IntStream.range(from, to).toArray());
  }

  /** It is scaled, turned and cut with its box, and is the box's own where none is told. */
  @Test
  void theAreaOfAnOutline() throws IOException {
    picture(dir.resolve("a.jpg"));
    String plain = Small.coco("a.jpg");
    assertThat(area(plain)).isEqualTo(100);
    assertThat(area(plain.replace("\"bbox\"", "\"area\": \"wide\", \"bbox\""))).isEqualTo(100);
    String outlined = plain.replace("\"bbox\"", "\"area\": 42.5, \"bbox\"");
    assertThat(area(outlined)).isEqualTo(42.5);
    assertThat(area(outlined.replace("\"id\": 1,", "\"id\": 1, \"width\": 80, \"height\": 60,")))
        .as("of a copy of twice the size")
        .isEqualTo(42.5 / 4);
    assertThat(area(outlined.replace("[5, 5, 10,", "[35, 5, 10,"))).as("cut").isEqualTo(42.5 / 2);
  }

  private double area(String json) throws IOException {
    text(dir.resolve("x.json"), json);
    return Annotations.read(dir).pictures().get(0).boxes().get(0).area();
  }

  @Test
  void moreBoxesThanAreAnswered() throws IOException {
    picture(dir.resolve("a.jpg"));
    StringBuilder objects = new StringBuilder();
    for (int i = 0; i < 101; i++) {
      String box =
          "<xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax>"
              .formatted(i % 20, i / 20, i % 20 + 9, i / 20 + 9);
      objects.append("<object><name>cell</name><bndbox>" + box + "</bndbox></object>");
    }
    text(dir.resolve("a.xml"), "<annotation>" + objects + "</annotation>");
    assertThat(Annotations.read(dir).toLearn().notes())
        .extracting(Note::sentence)
        .anyMatch(each -> each.contains("up to 101 boxes") && each.contains("at most 100"));
  }

  @Test
  void tablesOfOtherSeparators() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(dir.resolve("b.csv"), "file;label;left;top;right;bottom", "a.jpg;cell;5;5;15;15");
    assertRefused("b.csv has no column 'file'", "Columns are separated by commas");
    text(dir.resolve("b.csv"), "file\tlabel\tleft\ttop\tright\tbottom", "a.jpg\tcell\t5\t5\t9\t9");
    assertRefused("Columns are separated by commas");
    text(dir.resolve("b.csv"), "file,label,left,top,right", "a.jpg,cell,5,5,15");
    assertRefused("b.csv has no column 'bottom'");
  }

  @Test
  void picturesOfOtherKinds() throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("images/b.webp"), "RIFF");
    text(dir.resolve("labels/a.txt"), "0 .5 .5 .2 .2");
    text(dir.resolve("labels/b.txt"), "0 .5 .5 .2 .2");
    text(dir.resolve("data.yaml"), "train: images", "names: [cell]");
    assertRefused("b.webp is WebP, which cannot be read", "Convert it to JPEG or PNG");
    picture(dir.resolve("images/b.jpg"));
    assertThat(Annotations.read(dir).pictures()).as("the original lies there, too").hasSize(2);
    Files.delete(dir.resolve("images/b.jpg"));
    Files.delete(dir.resolve("data.yaml"));
    text(dir.resolve("all.json"), coco("/content/b.webp"));
    assertRefused("which is WebP, which cannot be read", "convert it to JPEG or PNG");
  }

  @Test
  void sharesThatLieBesideTheirPicture() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(
        dir.resolve("b.csv"),
        "file,label,left,top,right,bottom",
        "a.jpg,cell,.2,.2,1.0003,.5",
        "a.jpg,cell,.2,.2,.4,.5");
    assertRefused("shares, where pixels are counted");
  }

  @Test
  void namesWithTheirMarksByThemselves() throws IOException {
    String composed = Normalizer.normalize("caf\u00e9.jpg", Normalizer.Form.NFC);
    picture(dir.resolve("images/" + Normalizer.normalize(composed, Normalizer.Form.NFD)));
    text(dir.resolve("all.json"), coco(composed));
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
  }

  @Test
  void aFolderBesideThatOfTheFile() throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("data/data.yaml"), "train: ../images", "names: [cell]");
    Small.assertRefused(
        dir.resolve("data"), "'../images', which is not in", "give one that holds both");
  }
}
