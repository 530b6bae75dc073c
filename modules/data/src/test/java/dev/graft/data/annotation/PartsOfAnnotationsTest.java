package dev.graft.data.annotation;

import static dev.graft.data.annotation.Small.picture;
import static dev.graft.data.annotation.Small.text;
import static dev.graft.data.annotation.Small.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Part;
import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts that data are in are kept, wherever it is that they are told. */
class PartsOfAnnotationsTest {

  private static final String COLUMNS = "file,label,left,top,right,bottom";

  @TempDir private Path dir;

  private void assertRefused(String... words) {
    Small.assertRefused(dir, words);
  }

  private void assertParts(Part... parts) {
    assertThat(
            Annotations.read(dir).pictures().stream()
                .map(each -> each.part().orElse(null))
                .toList())
        .containsExactly(parts);
  }

  @Test
  void foldersOfXmlBesideOneOfPictures() throws IOException {
    for (String each : List.of("train/a", "val/b", "test/c")) {
      picture(dir.resolve("JPEGImages/" + each.substring(each.length() - 1) + ".jpg"));
      text(dir.resolve("Annotations/" + each + ".xml"), xml("cell"));
    }
    // in the order of the XML files
    assertParts(Part.TEST, Part.TRAIN, Part.VALIDATION);
  }

  /** What a second training learns from validation pictures may well be answered. */
  @Test
  void labelsThatTheTrainingPartDoesNotShow() throws IOException {
    for (String each : List.of("train cell", "val dog", "test cat")) {
      String part = each.split(" ")[0];
      picture(dir.resolve(part + "/" + part + ".jpg"));
      text(dir.resolve(part + "/" + part + ".xml"), xml(each.split(" ")[1]));
    }
    assertThat(Annotations.read(dir).toLearn().notes().stream().map(Note::sentence))
        .anyMatch(
            each -> each.endsWith("training part has no box of 'cat': no answer will be that"))
        .anyMatch(each -> each.contains("only validation has boxes of 'dog': "))
        .noneMatch(each -> each.contains("'cell'"));
  }

  @Test
  void labelsThatAModelDoesNotKnow() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(dir.resolve("a.xml"), xml("cell"));
    BoxSet set = Annotations.read(dir);
    assertThat(set.inOrderOf(Labels.of("cat", "cell")).pictures().get(0).boxes().get(0).label())
        .isEqualTo(1);
    assertThatThrownBy(() -> set.inOrderOf(Labels.of("cat", "dog")))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("boxes of 'cell'", "[cat, dog]", "teach it this one");
  }

  @Test
  void mirroredFoldersWithTheSameNames() throws IOException {
    picture(dir.resolve("images/val/a.jpg"));
    text(dir.resolve("annotations/train/a.xml"), xml("cell"));
    assertRefused("annotations/train/a.xml has boxes, but there is no picture a.* for it");
    picture(dir.resolve("images/train/a.jpg"));
    text(dir.resolve("annotations/val/a.xml"), xml("cell"));
    assertThat(Annotations.read(dir).pictures())
        .extracting(each -> dir.relativize(each.file()).toString())
        .containsExactly("images/train/a.jpg", "images/val/a.jpg");
  }

  @Test
  void foldersCalledOtherwise() throws IOException {
    for (String each : List.of("training/a", "testing/b", "val2017/c")) {
      picture(dir.resolve(each + ".jpg"));
      text(dir.resolve(each + ".xml"), xml("cell"));
    }
    assertParts(Part.TEST, Part.TRAIN, Part.VALIDATION);
  }

  @Test
  void oneTableOrFileForAllFolders() throws IOException {
    picture(dir.resolve("train/a.jpg"));
    picture(dir.resolve("val/b.jpg"));
    Path csv = dir.resolve("x.csv");
    text(csv, COLUMNS, "train/a.jpg,cell,1,1,9,9", "val/b.jpg,cell,1,1,9,9");
    assertParts(Part.TRAIN, Part.VALIDATION);
    Files.delete(csv);
    text(
        dir.resolve("x.json"),
        Small.coco("train/a.jpg")
            .replace("\"images\": [", "\"images\": [{\"id\": 2, \"file_name\": \"val/b.jpg\"},"));
    assertParts(Part.VALIDATION, Part.TRAIN);
  }

  @Test
  void filesOfCocoInFoldersOfYears() throws IOException {
    for (String each : List.of("train2017", "val2017")) {
      picture(dir.resolve(each + "/" + each + ".jpg"));
      text(dir.resolve(each + "/annotations.json"), Small.coco(each + ".jpg"));
    }
    assertParts(Part.TRAIN, Part.VALIDATION);
  }

  @Test
  void aTableBesideAnotherIsNotForgotten() throws IOException {
    picture(dir.resolve("a.jpg"));
    picture(dir.resolve("b.jpg"));
    text(dir.resolve("train.csv"), COLUMNS, "a.jpg,cell,1,1,9,9");
    Path test = dir.resolve("test.csv");
    String row = COLUMNS + "\nb.jpg,c\u00e9ll,1,1,9,9\n";
    Files.write(test, row.getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("test.csv cannot be read as a table of UTF-8 text");
    text(test, "file,label,left,top,right", "b.jpg,cell,1,1,9");
    assertRefused("test.csv has no column 'bottom'");
    text(test, "name,price", "bread,1");
    BoxSet set = Annotations.read(dir);
    assertThat(set.notes().stream().map(Note::sentence))
        .contains("1 other table is passed over, the first " + test);
  }

  @Test
  void rowsOfOnePictureAgree() throws IOException {
    picture(dir.resolve("a.jpg"));
    Path csv = dir.resolve("x.csv");
    text(csv, COLUMNS + ",part", "a.jpg,cell,1,1,9,9,train", "a.jpg,cell,1,1,8,8,test");
    assertRefused("row 1 of", "and row 2 of", "different things of one picture in column 'part'");
    text(csv, COLUMNS + ",part", "a.jpg,cell,1,1,9,9,train", "a.jpg,cell,1,1,8,8,bogus");
    assertRefused("row 2 of", "is of the part 'bogus'");
    text(csv, COLUMNS + ",width,height", "a.jpg,cell,1,1,9,9,40,30", "a.jpg,cell,1,1,8,8,80,60");
    assertRefused("different things of one picture in column 'width'");
  }
}
