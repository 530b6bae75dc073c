package dev.graft.data.annotation;

import static dev.graft.data.annotation.Small.coco;
import static dev.graft.data.annotation.Small.picture;
import static dev.graft.data.annotation.Small.text;
import static dev.graft.data.annotation.Small.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadDataException;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be used is told with its place and what to do; what is hostile does no harm. */
@Timeout(60)
class UnfitAnnotationsTest {

  @TempDir private Path temp;
  private Path dir;

  /** In a folder of its own, so that there is something beside it. */
  @BeforeEach
  void begin() throws IOException {
    dir = Files.createDirectories(temp.resolve("data"));
    picture(temp.resolve("outside.jpg"));
  }

  private void assertRefused(String... words) {
    Small.assertRefused(dir, words);
  }

  private static List<String> notes(BoxSet set) {
    return set.notes().stream().map(Note::sentence).toList();
  }

  @Test
  void boxesWithoutPictures() throws IOException {
    text(dir.resolve("a.xml"), xml("cell"));
    assertRefused("a.xml has boxes, but there is no picture a.* for it", "add it");
    picture(dir.resolve("a.jpg"));
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
    picture(dir.resolve("b.jpg"));
    assertThat(notes(Annotations.read(dir)).get(1)).contains("1 picture has no XML file", "b.jpg");
  }

  @Test
  void picturesThatAreNone() throws IOException {
    text(dir.resolve("a.xml"), xml("cell"));
    text(dir.resolve("a.jpg"), "no picture");
    assertRefused("a.jpg is no picture", "Convert it, or take it out.");
    picture(dir.resolve("a.jpg"));
    byte[] whole = Files.readAllBytes(dir.resolve("a.jpg"));
    Files.write(dir.resolve("a.jpg"), Arrays.copyOf(whole, 30));
    assertRefused("a.jpg is cut short");
  }

  @Test
  void aPictureOfAnotherShapeThanTheBoxesAreFor() throws IOException {
    picture(dir.resolve("a.jpg"));
    String stated = "<annotation><size><width>%d</width><height>%d</height></size>";
    String wrong = xml("cell").replace("<annotation>", String.format(stated, 90, 90));
    text(dir.resolve("a.xml"), wrong);
    assertRefused("a.xml is for a picture of 90 x 90 pixels, but", "has 40 x 30");
    text(dir.resolve("a.xml"), xml("cell").replace("<annotation>", String.format(stated, 80, 60)));
    BoxSet scaled = Annotations.read(dir);
    assertThat(scaled.pictures().get(0).boxes()).containsExactly(new Box(0, 2.5, 2.5, 5, 5, false));
    assertThat(notes(scaled).get(1)).contains("1 picture has another size");
  }

  @Test
  void xmlThatReachesElsewhere() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(temp.resolve("secret.txt"), "secret");
    text(
        dir.resolve("a.xml"),
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \""
            + temp.resolve("secret.txt").toUri()
            + "\">]>",
        xml("&e;"));
    assertRefused("a.xml has a document type");
    StringBuilder laughs = new StringBuilder("<!DOCTYPE x [<!ENTITY a0 \"ha\">");
    for (int i = 1; i < 30; i++) {
      laughs.append("<!ENTITY a").append(i).append(" \"");
      laughs.append(("&a" + (i - 1) + ";").repeat(10)).append("\">");
    }
    text(dir.resolve("a.xml"), laughs + "]>", xml("&a29;"));
    assertRefused("a.xml");
    text(dir.resolve("a.xml"), "<annotation>" + "<a>".repeat(100_000));
    assertRefused("a.xml is nested too deeply");
    text(dir.resolve("a.xml"), "<annotations/>");
    assertRefused("begins with '<annotations>', where Pascal VOC has <annotation>");
    text(dir.resolve("a.xml"), "<annotation><object>");
    assertRefused("a.xml is no sound XML (line 2)");
    text(dir.resolve("a.xml"), xml("cell").replace("<xmin>5", "<xmin>NaN"));
    assertRefused("a.xml", "says 'NaN' for <xmin>", "Write a number there");
  }

  /** Of a path on somebody's machine, say, in the encoding of that. */
  @Test
  void xmlWithOtherBytesThanText() throws IOException {
    picture(dir.resolve("a.jpg"));
    String path = xml("z\u00e9bre").replace("<annotation>", "<annotation><path>\u00e9</path>");
    Path file = dir.resolve("a.xml");
    Files.write(file, path.replace("z\u00e9bre", "cell").getBytes(StandardCharsets.ISO_8859_1));
    assertThat(Annotations.read(dir).labels().names()).containsExactly("cell");
    Files.write(file, path.getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("a.xml has a label that is empty, not on one line or no text");
    String declared = "<?xml version='1.0' encoding='%s'?>";
    for (String encoding : List.of("ISO-8859-1", "utf-8", "UTF-16")) {
      Files.write(file, (String.format(declared, encoding) + path).getBytes(encoding));
      assertThat(Annotations.read(dir).labels().names()).containsExactly("z\u00e9bre");
    }
    text(file, String.format(declared, "klingon") + path);
    assertRefused("a.xml is written in klingon", "Save it in UTF-8");
  }

  @Test
  void lists() throws IOException {
    picture(dir.resolve("JPEGImages/a b.jpg"));
    text(dir.resolve("Annotations/a b.xml"), xml("cell"));
    text(dir.resolve("ImageSets/Main/train.txt"), "../../a", "c");
    assertRefused("train.txt names '../../a', of which there is no XML file", "and 1 more like it");
    text(dir.resolve("ImageSets/Main/train.txt"), "a b");
    text(dir.resolve("ImageSets/Main/cell_train.txt"), "a b  1");
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
    text(dir.resolve("ImageSets/Main/train.txt"), "");
    text(dir.resolve("ImageSets/Main/test.txt"), "a b  1");
    assertOnlyScored("test");
  }

  /** What is only for testing can be scored, and not learned from. */
  private void assertOnlyScored(String part) {
    BoxSet set = Annotations.read(dir);
    assertThat(set.pictures()).hasSize(1);
    assertThatThrownBy(set::toLearn)
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(
            "pictures for " + part + ", but none with boxes in a training part to learn from");
  }

  @Test
  void partsThatAreOnlyForScoring() throws IOException {
    picture(dir.resolve("test/a.jpg"));
    text(dir.resolve("test/a.xml"), xml("cell"));
    picture(dir.resolve("test/b.jpg"));
    text(dir.resolve("test/b.xml"), "<annotation/>");
    assertThat(Annotations.read(dir).pictures()).hasSize(2);
    assertThatThrownBy(() -> Annotations.read(dir).toLearn()).hasMessageContaining("for test");
    Files.delete(dir.resolve("test/b.xml"));
    Files.delete(dir.resolve("test/a.xml"));
    text(dir.resolve("test/a.txt"), "0 0.5 0.5 0.5 0.5");
    Files.delete(dir.resolve("test/b.jpg"));
    for (String part : List.of("test", "val")) {
      text(dir.resolve("data.yaml"), part + ": test", "names: [cell]");
      assertOnlyScored(part.equals("val") ? "validation" : part);
    }
  }

  @Test
  void jsonThatDoesNotMatch() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(dir.resolve("x.json"), coco("b.jpg"));
    assertRefused("x.json names the picture 'b.jpg', which is not in", "beside the JSON file");
    text(dir.resolve("x.json"), coco("a.jpg").replace("\"image_id\": 1", "\"image_id\": 2"));
    assertRefused("1 box of a number that is not among its pictures, '2'");
    text(dir.resolve("x.json"), coco("a.jpg").replace("\"category_id\": 3", "\"category_id\": 4"));
    assertRefused("1 box of a number that is not among its categories, '4'");
    text(dir.resolve("x.json"), coco("a.jpg").replace("10, 10", "10"));
    assertRefused("a 'bbox' other than four numbers", "[x, y, width, height]");
    text(dir.resolve("x.json"), coco("a.jpg").replace("\"file_name\"", "\"name\""));
    assertRefused("an entry in 'images' without 'file_name'");
    text(dir.resolve("x.json"), coco("a.jpg").replace("]}", ""));
    assertRefused("x.json is no sound JSON (line");
    text(dir.resolve("x.json"), "{\"images\": " + "[".repeat(200_000));
    assertRefused("x.json");
    text(dir.resolve("x.json"), coco("a.jpg").replace("[{\"id\": 3", "[1, {\"id\": 3"));
    assertRefused("more than objects in 'categories'");
  }

  @Test
  void noPathLeadsOut() throws IOException {
    picture(dir.resolve("a.jpg"));
    Path outside = temp.resolve("outside.jpg");
    for (String path :
        List.of("../outside.jpg", outside.toString(), "b/../../outside.jpg", "\\u0000")) {
      text(dir.resolve("x.json"), coco(path));
      assertRefused("which is no"); // path inside, or none that is there
    }
    Files.delete(dir.resolve("x.json"));
    text(dir.resolve("x.csv"), "file,label,left,top,right,bottom", "../outside.jpg,cell,1,1,9,9");
    assertRefused("row 1 of", "which is no");
    Files.delete(dir.resolve("x.csv"));
    text(dir.resolve("data.yaml"), "train: " + temp, "names: [cell]");
    assertRefused("names '" + temp + "', which is not in");
    text(dir.resolve("data.yaml"), "train: list.txt", "names: [cell]");
    text(dir.resolve("list.txt"), "../outside.jpg");
    assertRefused("list.txt names the picture '../outside.jpg', which is no path inside");
  }

  @Test
  void yoloThatDoesNotMatch() throws IOException {
    picture(dir.resolve("train/images/a.jpg"));
    // as Roboflow writes it
    text(dir.resolve("data.yaml"), "train: ../train/images", "nc: 2", "names: ['no', cell]");
    assertRefused("no file of boxes for any picture", "train/labels/a.txt");
    Path labels = dir.resolve("train/labels/a.txt");
    text(labels, "1 0.5 0.5 0.5 0.2", "0 .1 .1 .2 .1 .2 .3");
    BoxSet set = Annotations.read(dir);
    assertThat(set.labels().names()).containsExactly("no", "cell");
    assertThat(set.pictures().get(0).boxes().get(0)).isEqualTo(new Box(1, 10, 12, 20, 6, false));
    assertThat(set.pictures().get(0).boxes().get(1).right()).isCloseTo(8, within(1e-9));
    text(labels, "2 0.5 0.5 0.5 0.2");
    assertRefused("line 1 of", "has the label '2', which is not among the 2 of", "data.yaml");
    text(labels, "1 0.5 0.5 0.5");
    assertRefused("line 1 of", "is '1 0.5 0.5 0.5'", "centre x");
    text(labels, "1 20 15 10 10");
    assertRefused("line 1 of", "which are no shares of a picture", "Divide pixels");
    text(labels, "1 0.5 0.5 0.5 0.5");
    text(dir.resolve("train/labels/b.txt"), "1 0.5 0.5 0.5 0.5");
    assertRefused("b.txt has boxes, but there is no picture for it");
    text(dir.resolve("data.yaml"), "train: [", "names: x");
    assertRefused("data.yaml is no sound YAML");
  }

  @Test
  void yamlThatLaughs() throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("labels/a.txt"), "0 0.5 0.5 0.5 0.5");
    StringBuilder laughs = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) {
      laughs.append("a" + i + ": &a" + i + " [" + ("*a" + (i - 1) + ",").repeat(9) + "]\n");
    }
    text(dir.resolve("data.yaml"), laughs + "train: images", "names: [cell]");
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
    text(dir.resolve("data.yaml"), "train: images", "names: " + "[".repeat(100_000));
    assertRefused("data.yaml is no sound YAML");
    text(dir.resolve("data.yaml"), "train: images", "names: !!java.net.URL [http://localhost]");
    assertThat(Annotations.read(dir).labels().names()).hasSize(1);
  }

  @Test
  void picturesOfTwoPartsAreLearnedFrom() throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("labels/a.txt"), "0 0.5 0.5 0.5 0.5");
    text(dir.resolve("data.yaml"), "train: images", "val: images", "names: {0: cell, 4: none}");
    assertThat(notes(Annotations.read(dir)))
        .containsExactly(
            "read as YOLO, data.yaml",
            "1 picture is in several parts, and kept in the first of training, validation and test",
            "no box is of 'none'; that is no label here");
  }

  @Test
  void tablesThatLackSomething() throws IOException {
    picture(dir.resolve("a.jpg"));
    Path csv = dir.resolve("x.csv");
    text(csv, "file,label,left,top,right", "a.jpg,cell,1,1,9");
    assertRefused("x.csv has no column 'bottom'; boxes need file, label, left");
    assertThatThrownBy(() -> Annotations.read(csv))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("has no column 'bottom'; boxes need file, label, left");
    text(csv, "file,label,left,top,right,bottom", "a.jpg,cell,1,1,9,x");
    assertRefused("row 1 of", "has 'x' in column 'bottom'");
    text(csv, "file,label,left,top,right,bottom,part", "a.jpg,cell,1,1,9,9,practice");
    assertRefused("row 1 of", "the part 'practice'");
    text(csv, "file,label,left,top,right,bottom", "a.jpg,,,,,");
    assertRefused("none of 1 pictures has a box to learn from");
  }
}
