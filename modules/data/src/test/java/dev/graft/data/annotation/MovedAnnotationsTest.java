package dev.graft.data.annotation;

import static dev.graft.data.annotation.Small.coco;
import static dev.graft.data.annotation.Small.picture;
import static dev.graft.data.annotation.Small.text;
import static dev.graft.data.annotation.Small.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadDataException;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sets that were moved, cut down or renamed since somebody annotated them. */
class MovedAnnotationsTest {

  @TempDir private Path dir;

  private void assertRefused(String... words) {
    Small.assertRefused(dir, words);
  }

  private static List<String> notes(BoxSet set) {
    return set.notes().stream().map(Note::sentence).toList();
  }

  private Path only() {
    BoxSet set = Annotations.read(dir);
    assertThat(set.pictures()).hasSize(1);
    return set.pictures().get(0).file();
  }

  @Test
  void picturesNamedByPathsOfAnotherMachine() throws IOException {
    Path picture = dir.resolve("images/a.jpg");
    picture(picture);
    Path json = dir.resolve("x.json");
    for (String path :
        List.of("/content/x/images/a.jpg", "../../upload/1/a.jpg", "C:\\\\x\\\\a.jpg")) {
      text(json, coco(path));
      assertThat(only()).as(path).isEqualTo(picture);
      assertThat(notes(Annotations.read(dir)))
          .contains(
              "1 picture is named by a path out of "
                  + dir
                  + ", and taken by its name from there: "
                  + picture);
    }
    picture(dir.resolve("other/a.jpg"));
    text(json, coco("/content/x/images/a.jpg"));
    assertThat(only()).isEqualTo(picture);
    text(json, coco("/content/x/a.jpg"));
    assertRefused("names the picture '/content/x/a.jpg', of which there are 2 in");
  }

  @Test
  void foldersOfYoloOnAnotherMachine() throws IOException {
    picture(dir.resolve("train/images/a.jpg"));
    text(dir.resolve("train/labels/a.txt"), "0 .5 .5 .2 .2");
    Path yaml = dir.resolve("data.yaml");
    text(yaml, "train: /content/x/train/images", "names: [cell]");
    assertThat(notes(Annotations.read(dir)))
        .contains(
            yaml + " names '/content/x/train/images', taken for " + dir.resolve("train/images"));
    text(dir.resolve("train.txt"), "/content/x/data/train/images/a.jpg");
    text(yaml, "train: /content/x/train.txt", "names: [cell]");
    assertThat(only()).isEqualTo(dir.resolve("train/images/a.jpg"));
    picture(dir.resolve("images/b.jpg"));
    text(yaml, "train: /content/x/valid/images", "names: [cell]"); // no part is another
    assertRefused("names '/content/x/valid/images', which is not in");
  }

  /** As Roboflow's export names parts that it has no pictures for. */
  @Test
  void partsToScoreByThatAreNotThere() throws IOException {
    picture(dir.resolve("train/images/a.jpg"));
    text(dir.resolve("train/labels/a.txt"), "0 .5 .5 .2 .2");
    Path yaml = dir.resolve("data.yaml");
    text(yaml, "train: ../train/images", "val: ../valid/images", "test: ../test/images");
    Files.writeString(yaml, "names: [cell]\n", StandardOpenOption.APPEND);
    assertThat(notes(Annotations.read(dir)))
        .containsExactly(
            "read as YOLO, data.yaml",
            yaml + " names '../valid/images', which is not in " + dir + "; that is left out",
            yaml + " names '../test/images', which is not in " + dir + "; that is left out");
    text(yaml, "test: ../test/images", "names: [cell]");
    assertRefused("names '../test/images', which is not in", "put the pictures there");
    text(yaml, "train: ../training/images", "val: train/images", "names: [cell]");
    assertRefused("names '../training/images', which is not in");
  }

  @Test
  void aSetThatIsAPartOfWhatItsListsName() throws IOException {
    picture(dir.resolve("JPEGImages/a.jpg"));
    text(dir.resolve("Annotations/a.xml"), xml("cell"));
    Path list = dir.resolve("ImageSets/Main/train.txt");
    text(list, "b", "a", "c");
    text(dir.resolve("ImageSets/Main/trainval.txt"), "a", "b", "c");
    assertThat(notes(Annotations.read(dir)))
        .containsExactly(
            "read as Pascal VOC, 1 XML files",
            "2 XML files that are named are not there and are passed over; the first: "
                + list
                + " names 'b', of which there is no XML file in Annotations");
  }

  /** As with COCO's own files for training and validation, and the pictures of one of them. */
  @Test
  void aSetThatIsAPartOfWhatCocoNames() throws IOException {
    picture(dir.resolve("val/a.jpg"));
    Path train = dir.resolve("annotations/instances_train.json");
    text(train, coco("b.jpg"));
    text(dir.resolve("annotations/instances_val.json"), coco("a.jpg"));
    BoxSet set = Annotations.read(dir);
    assertThat(set.pictures()).hasSize(1);
    assertThat(notes(set))
        .contains(
            "1 picture that is named is not there and is passed over: "
                + train
                + " names the picture 'b.jpg', which is not in "
                + dir);
    assertThatThrownBy(set::toLearn).hasMessageContaining("for validation, but none with boxes");
    Files.delete(dir.resolve("val/a.jpg"));
    assertRefused("names the picture 'b.jpg', which is not in " + dir + ", and 1 more like it");
  }

  /** Else it would be drawn from what is for training, and the score be one of something else. */
  @Test
  void aTestPartOfWhichNothingIsThere() throws IOException {
    for (String each : List.of("a", "b")) {
      picture(dir.resolve("JPEGImages/" + each + ".jpg"));
      text(dir.resolve("Annotations/" + each + ".xml"), xml("cell"));
    }
    text(dir.resolve("ImageSets/Main/train.txt"), "a", "b", "x");
    text(dir.resolve("ImageSets/Main/val.txt"), "y");
    assertThat(Annotations.read(dir).toLearn().pictures()).hasSize(2);
    Path list = dir.resolve("ImageSets/Main/test.txt");
    text(list, "c", "d");
    BoxSet set = Annotations.read(dir);
    assertThat(set.pictures()).as("may be scored").hasSize(2);
    assertThatThrownBy(set::toLearn)
        .isInstanceOf(BadDataException.class)
        .hasMessage(
            "nothing is there of the test part that the data name ("
                + list
                + " names 'c', of which there is no XML file in Annotations, and 1 more like it);"
                + " add it, or take what names it out of the data, to have a test part drawn from"
                + " the rest.");
    assertThat(set.withTestDrawn().toLearn().pictures()).as("a run that began").hasSize(2);
    text(list, "c", "b");
    text(dir.resolve("ImageSets/Main/train.txt"), "a");
    assertThat(Annotations.read(dir).toLearn().pictures()).as("some is").hasSize(2);
  }

  @Test
  void aTestPartOfCocoOfWhichNothingIsThere() throws IOException {
    picture(dir.resolve("train/a.jpg"));
    Path test = dir.resolve("annotations/instances_test.json");
    text(dir.resolve("annotations/instances_train.json"), coco("a.jpg"));
    text(test, coco("b.jpg"));
    assertThatThrownBy(Annotations.read(dir)::toLearn)
        .hasMessageContaining("of the test part that the data name (" + test + " names the picture")
        .hasMessageContaining("; add it, or take what names it out of the data");
    picture(dir.resolve("test/b.jpg"));
    assertThat(Annotations.read(dir).toLearn().pictures()).hasSize(2);
    Files.delete(dir.resolve("test/b.jpg"));
    Files.delete(test);
    Files.delete(dir.resolve("annotations/instances_train.json"));
    Path json = dir.resolve("x.json");
    String first = "\"images\": [";
    for (String other : List.of("test/b.jpg", "/test/b.jpg")) { // of another machine any folder
      text(json, coco("train/a.jpg").replace(first, first + listed(other)));
      BoxSet set = Annotations.read(dir);
      assertThat(set.lostTest())
          .as(other)
          .matches(what -> what.isPresent() != other.startsWith("/"));
    }
  }

  private static String listed(String file) {
    return "{\"id\": 2, \"file_name\": \"" + file + "\"},";
  }

  @Test
  void namesWhoseEndingsAreInAnotherCase() throws IOException {
    Path picture = dir.resolve("images/a.jpg");
    picture(picture);
    Path json = dir.resolve("x.json");
    for (String name : List.of("a.JPG", "images/a.JPG", "/content/images/A.jpg")) {
      text(json, coco(name));
      assertThat(only()).as(name).isEqualTo(picture);
    }
    text(json, coco("other/a.JPG"));
    assertRefused("names the picture 'other/a.JPG', which is not in");
    Files.delete(json);
    text(dir.resolve("x.csv"), "file,label,left,top,right,bottom", "a.JPG,cell,1,1,9,9");
    assertThat(only()).isEqualTo(picture);
    Files.delete(dir.resolve("x.csv"));
    text(dir.resolve("labels/a.txt"), "0 .5 .5 .2 .2");
    text(dir.resolve("data.yaml"), "train: list.txt", "names: [cell]");
    text(dir.resolve("list.txt"), "images/a.JPG");
    assertThat(only()).isEqualTo(picture);
    picture(dir.resolve("images/A.jpg"));
    assertRefused("names the picture 'images/a.JPG', of which there are 2 in");
  }

  @Test
  void xmlCalledAsTheWholeNameOfAPicture() throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("xml/a.jpg.xml"), xml("cell"));
    assertThat(only()).isEqualTo(dir.resolve("images/a.jpg"));
    picture(dir.resolve("images/a.png"));
    assertThat(only()).isEqualTo(dir.resolve("images/a.jpg"));
    Files.delete(dir.resolve("images/a.jpg"));
    assertThat(only()).isEqualTo(dir.resolve("images/a.png"));
  }
}
