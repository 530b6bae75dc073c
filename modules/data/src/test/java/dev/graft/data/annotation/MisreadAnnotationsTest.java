package dev.graft.data.annotation;

import static dev.graft.data.annotation.Small.picture;
import static dev.graft.data.annotation.Small.text;
import static dev.graft.data.annotation.Small.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadDataException;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What could be taken for something else is taken for what it is, or refused. */
class MisreadAnnotationsTest {

  private static final String COLUMNS = "file,label,left,top,right,bottom";

  @TempDir private Path temp;
  private Path dir;

  @BeforeEach
  void begin() throws IOException {
    dir = Files.createDirectories(temp.resolve("data"));
  }

  private void assertRefused(String... words) {
    Small.assertRefused(dir, words);
  }

  /** A file of COCO: pictures by their number, each with a box of every category. */
  private static String coco(List<String> pictures, List<String> labels) {
    StringBuilder images = new StringBuilder();
    StringBuilder boxes = new StringBuilder();
    StringBuilder categories = new StringBuilder();
    for (int i = 0; i < pictures.size(); i++) {
      images.append(",{\"id\":" + i + ",\"file_name\":\"" + pictures.get(i) + "\"}");
      for (int k = 0; k < labels.size(); k++) {
        boxes.append(",{\"image_id\":" + i + ",\"category_id\":" + k);
        boxes.append(",\"bbox\":[" + (5 + k) + ",5,9,9]}");
      }
    }
    for (int k = 0; k < labels.size(); k++) {
      categories.append(",{\"id\":" + k + ",\"name\":\"" + labels.get(k) + "\"}");
    }
    return String.format(
        "{\"images\":[%s],\"annotations\":[%s],\"categories\":[%s]}",
        images.substring(1), boxes.substring(1), categories.substring(1));
  }

  @Test
  void foldersOfYoloWithCapitals() throws IOException {
    picture(dir.resolve("train/Images/a.jpg"));
    text(dir.resolve("data.yaml"), "train: train/Images", "names: [cell]");
    for (String folder : List.of("Labels", "labels")) {
      text(dir.resolve("train").resolve(folder).resolve("a.txt"), "0 0.5 0.5 0.5 0.2");
      assertThat(Annotations.read(dir).pictures().get(0).boxes()).as(folder).hasSize(1);
      text(dir.resolve("train").resolve(folder).resolve("b.txt"), "0 0.5 0.5 0.5 0.2");
      assertRefused("b.txt has boxes, but there is no picture for it");
      Files.delete(dir.resolve("train").resolve(folder).resolve("b.txt"));
    }
  }

  @Test
  void yoloThatNamesNoLabels() throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("labels/a.txt"), "0 0.5 0.5 0.5 0.2");
    assertRefused("a.txt is for boxes of YOLO, but no data.yaml in", "'names: [first, second]'");
    Files.move(dir.resolve("labels/a.txt"), dir.resolve("images/a.txt"));
    assertRefused("a.txt is for boxes of YOLO, but no data.yaml in");
    Files.move(dir.resolve("images/a.txt"), dir.resolve("images/read.txt"));
    assertRefused("holds no boxes; give Pascal VOC");
  }

  @Test
  void numbersOfCocoAsTablesWriteThem() throws IOException {
    picture(dir.resolve("a.jpg"));
    for (String number : List.of("3", "3.0", "\"3.00\"")) {
      String json = Small.coco("a.jpg").replace("category_id\": 3", "category_id\": " + number);
      text(dir.resolve("x.json"), json.replace("image_id\": 1", "image_id\": 1.0"));
      assertThat(Annotations.read(dir).pictures().get(0).boxes()).as(number).hasSize(1);
    }
    text(
        dir.resolve("x.json"),
        Small.coco("a.jpg").replace("category_id\": 3", "category_id\": 30"));
    assertRefused("not among its categories, '30'");
  }

  @Test
  void annotationsOfCocoWithoutABox() throws IOException {
    picture(dir.resolve("a.jpg"));
    Path json = dir.resolve("x.json");
    String one = Small.coco("a.jpg");
    for (String bare : List.of("\"bbox\": []", "\"bbox\": null", "\"area\": 1")) {
      String more = "{\"image_id\": 1, \"category_id\": 3, " + bare + "}, ";
      text(json, one.replace("\"annotations\": [", "\"annotations\": [" + more));
      BoxSet set = Annotations.read(dir);
      assertThat(set.pictures().get(0).boxes()).as(bare).hasSize(1);
      assertThat(set.notes().stream().map(Note::sentence))
          .contains("1 annotation of " + json + " is without a box and left out");
    }
    text(json, one.replace("[5, 5, 10, 10]", "[]"));
    assertRefused("x.json has no 'bbox' for anything on its pictures", "[x, y, width, height]");
  }

  @Test
  void tablesInOtherEncodings() throws IOException {
    picture(dir.resolve("a.jpg"));
    String table = "file,label,left,top,right,bottom\na.jpg,Z\u00e9bre,1,1,9,9\n";
    Path csv = dir.resolve("x.csv");
    Files.write(csv, table.getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("x.csv", "seems to be in Latin-1 (Windows-1252)", "save it in UTF-8");
    Files.write(csv, ("\uFEFF" + table).getBytes(StandardCharsets.UTF_16LE));
    assertThatThrownBy(() -> Annotations.read(csv))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("seems to be in UTF-16");
    Files.writeString(csv, table);
    assertThat(Annotations.read(dir).labels().names()).containsExactly("Z\u00e9bre");
  }

  private List<String> labels(BoxSet set, int picture) {
    return set.pictures().get(picture).boxes().stream()
        .map(box -> set.labels().names().get(box.label()))
        .toList();
  }

  @Test
  void eachFileOfCocoHasNumbersOfItsOwn() throws IOException {
    picture(dir.resolve("a.jpg"));
    picture(dir.resolve("b.jpg"));
    text(dir.resolve("train.json"), coco(List.of("a.jpg"), List.of("cat", "dog", "bird")));
    text(dir.resolve("val.json"), coco(List.of("b.jpg"), List.of("dog", "bird")));
    BoxSet set = Annotations.read(dir);
    assertThat(set.labels().names()).containsExactly("cat", "dog", "bird");
    assertThat(labels(set, 0)).containsExactly("cat", "dog", "bird");
    assertThat(labels(set, 1)).containsExactly("dog", "bird");
    text(
        dir.resolve("val.json"),
        coco(List.of("b.jpg"), List.of("dog", "x")).replace("{\"id\":1,\"n", "{\"id\":0,\"n"));
    assertRefused("val.json has two categories of the number '0', 'dog' and 'x'");
  }

  @Test
  void posesHaveABoxBeforeTheirPoints() throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("data.yaml"), "train: images", "kpt_shape: [2, 3]", "names: [cell]");
    text(dir.resolve("labels/a.txt"), "0 .5 .5 .2 .2 .1 .1 2 .9 .9 1");
    Box box = Annotations.read(dir).pictures().get(0).boxes().get(0);
    assertThat(List.of(box.left(), box.top(), box.width(), box.height()))
        .usingElementComparator((a, b) -> Math.abs(a - b) < 1e-9 ? 0 : 1)
        .containsExactly(16., 12., 8., 6.);
    text(dir.resolve("labels/a.txt"), "0 .5 .5 .2 .2 .1 .1 2 .9 .9");
    assertRefused("line 1 of", "centre x");
    text(dir.resolve("data.yaml"), "train: images", "kpt_shape: 3", "names: [cell]");
    assertRefused("'kpt_shape' other than [points, 2 or 3]");
  }

  @Test
  void aMissingPictureIsNoOtherOfItsName() throws IOException {
    picture(dir.resolve("images/val/a.jpg"));
    picture(dir.resolve("images/train/b.jpg"));
    text(dir.resolve("labels/val/a.txt"), "0 .5 .5 .2 .2");
    text(dir.resolve("labels/train/b.txt"), "0 .5 .5 .2 .2");
    text(dir.resolve("data.yaml"), "train: train.txt", "val: val.txt", "names: [cell]");
    text(dir.resolve("train.txt"), "./images/train/a.jpg", "./images/train/b.jpg");
    text(dir.resolve("val.txt"), "./images/val/a.jpg");
    assertRefused("train.txt names the picture './images/train/a.jpg', which is not in");
    text(dir.resolve("train.txt"), "coco/images/train/b.jpg"); // below another folder
    assertThat(Annotations.read(dir).pictures()).hasSize(2);
  }

  @Test
  void aCameraIsNotAnother() throws IOException {
    picture(dir.resolve("cam2/1.jpg"));
    text(dir.resolve("x.json"), coco(List.of("cam1/1.jpg"), List.of("cell")));
    assertRefused("names the picture 'cam1/1.jpg', which is not in");
    text(dir.resolve("x.json"), coco(List.of("1.jpg"), List.of("cell")));
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
  }

  @Test
  void xmlMeansThePictureThatItNames() throws IOException {
    picture(dir.resolve("images/b.jpg"));
    picture(dir.resolve("other/1.jpg"));
    String named = xml("cell").replace("<annotation>", "<annotation><filename>b.jpg</filename>");
    text(dir.resolve("xml/1.xml"), named);
    assertThat(Annotations.read(dir).pictures().get(0).file())
        .isEqualTo(dir.resolve("images/b.jpg"));
    text(dir.resolve("xml/b.xml"), xml("cell")); // which is that picture's
    assertThat(Annotations.read(dir).pictures().get(0).file())
        .isEqualTo(dir.resolve("other/1.jpg"));
  }

  /** As Oxford-IIIT Pet has them: masks lie nearer to the XML files than the pictures do. */
  @Test
  void aMaskIsNotThePicture() throws IOException {
    picture(dir.resolve("images/cat_1.jpg"));
    picture(dir.resolve("annotations/trimaps/cat_1.png"));
    String named = xml("cat").replace("<annotation>", "<annotation><filename>%s</filename>");
    Path xml = dir.resolve("annotations/xmls/cat_1.xml");
    text(xml, String.format(named, "cat_1.jpg"));
    assertThat(Annotations.read(dir).pictures().get(0).file())
        .isEqualTo(dir.resolve("images/cat_1.jpg"));
    picture(dir.resolve("annotations/xmls/cat_1.png"));
    assertThat(Annotations.read(dir).pictures().get(0).file())
        .isEqualTo(dir.resolve("images/cat_1.jpg"));
    picture(dir.resolve("copy/cat_1.jpg"));
    assertRefused("cat_1.xml has boxes, and there are several pictures for it");
    text(xml, String.format(named, "cat_1.png"));
    assertThat(Annotations.read(dir).pictures().get(0).file())
        .isEqualTo(dir.resolve("annotations/xmls/cat_1.png"));
  }

  /** Two sets whose pictures are called alike, one of them converted since it was annotated. */
  @Test
  void aPictureOfAnotherXmlIsNotTheOneNamed() throws IOException {
    String named = xml("cell").replace("<annotation>", "<annotation><filename>a.jpg</filename>");
    text(dir.resolve("set1/a.xml"), named);
    picture(dir.resolve("set1/a.png"));
    text(dir.resolve("set2/a.xml"), named);
    picture(dir.resolve("set2/a.jpg"));
    assertThat(Annotations.read(dir).pictures())
        .extracting(each -> dir.relativize(each.file()).toString())
        .containsExactly("set1/a.png", "set2/a.jpg");
  }

  @Test
  void sharesAreNoPixels() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(dir.resolve("x.csv"), COLUMNS, "a.jpg,cell,0.1,0.2,0.5,0.9", "a.jpg,cell,0,0,1,1");
    assertRefused("x.csv has only boxes between 0 and 1: shares", "Multiply them");
    text(dir.resolve("x.csv"), COLUMNS, "a.jpg,cell,0.1,0.2,0.5,0.9", "a.jpg,cell,0,0,2,1");
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
    Files.delete(dir.resolve("x.csv"));
    text(dir.resolve("a.xml"), xml("cell").replace(">15<", ">.9<").replace(">5<", ">.1<"));
    assertRefused("a.xml has only boxes between 0 and 1");
  }

  /** As Label Studio's notes.json beside YOLO, and XML of other programs. */
  @Test
  void filesOfOtherProgramsAreNoFormOfTheirOwn() throws IOException {
    text(dir.resolve("pom.xml"), "<?xml version='1.0'?>", "<!-- <annotation> -->", "<project/>");
    text(dir.resolve("notes.json"), "{\"categories\": [{\"id\": 0, \"name\": \"cell\"}]}");
    picture(dir.resolve("images/a.jpg"));
    Path csv = dir.resolve("x.csv");
    text(csv, COLUMNS, "images/a.jpg,cell,1,1,9,9");
    assertThat(Annotations.read(dir).notes().get(0).sentence()).isEqualTo("read as CSV, x.csv");
    Files.delete(csv);
    assertRefused("pom.xml begins with '<project>', where Pascal VOC has <annotation>");
    text(dir.resolve("labels/a.txt"), "0 .5 .5 .2 .2");
    text(dir.resolve("data.yaml"), "train: images", "names: [cell]");
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
    text(dir.resolve("images/a.xml"), xml("cell"));
    assertRefused("boxes in several forms, YOLO (data.yaml) and Pascal VOC");
  }

  @Test
  void eachPartOfYoloHasBoxes() throws IOException {
    picture(dir.resolve("train/images/a.jpg"));
    picture(dir.resolve("valid/images/b.jpg"));
    text(dir.resolve("train/labels/a.txt"), "0 .5 .5 .2 .2");
    text(dir.resolve("data.yaml"), "train: train/images", "val: valid/images", "names: [cell]");
    assertRefused("no file of boxes for any picture of the validation part", "valid/labels/b.txt");
  }

  @Test
  void aFolderAboveIsNotWithin() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    assertThat(DataFolder.of(Path.of("..")).inside(Path.of(".."), "../x.jpg")).isEmpty();
    assertThat(DataFolder.of(Path.of("..")).inside(Path.of(".."), here.getFileName() + "/x.jpg"))
        .isPresent();
  }
}
