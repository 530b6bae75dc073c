package dev.graft.data.annotation;

import static dev.graft.data.annotation.Small.picture;
import static dev.graft.data.annotation.Small.text;
import static dev.graft.data.annotation.Small.xml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files without end, behind links, or full of more than a set has. */
@Timeout(60)
class HarmfulAnnotationsTest {

  @TempDir private Path temp;
  private Path dir;

  @BeforeEach
  void begin() throws IOException {
    dir = Files.createDirectories(temp.resolve("data"));
  }

  private void assertRefused(String... words) {
    Small.assertRefused(dir, words);
  }

  private Path yolo(String names) throws IOException {
    picture(dir.resolve("images/a.jpg"));
    text(dir.resolve("data.yaml"), "train: images", "names: " + names);
    Files.createDirectories(dir.resolve("labels"));
    return dir.resolve("labels/a.txt");
  }

  @Test
  void aFileWithoutEnd() throws IOException {
    Files.createSymbolicLink(yolo("[cell]"), Path.of("/dev/zero"));
    assertRefused("a.txt is no file that ends");
  }

  @Test
  void aLinkToWhatIsNobodysBusiness() throws IOException {
    text(temp.resolve("secret.txt"), "secret words");
    Path labels = yolo("[cell]");
    Files.createSymbolicLink(labels, temp.resolve("secret.txt"));
    assertThatThrownBy(() -> Annotations.read(dir))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("line 1 of " + labels + " is a text that is not shown")
        .hasMessageNotContaining("secret words");
    text(temp.resolve("secret.txt"), "0 .5 .5 .2 .2");
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
  }

  @Test
  void longTexts() throws IOException {
    text(yolo("[cell]"), "0 \u001b[2J " + "x".repeat(1_000_000));
    assertRefused("is '0 ?[2J xxx", "...'");
    text(yolo("[" + "x".repeat(1000) + "]"), "0 .5 .5 .2 .2");
    assertRefused("data.yaml has a label of 1000 characters");
  }

  @Test
  void moreBoxesThanAPictureHas() throws IOException {
    List<String> rows = Collections.nCopies(5001, "0 .5 .5 .2 .2");
    text(yolo("[cell]"), rows.toArray(String[]::new));
    assertRefused("a.txt has more than 5000 boxes on one picture");
  }

  @Test
  void moreBoxesThanAPictureHasInCoco() throws IOException {
    picture(dir.resolve("a.jpg"));
    String box = "{\"image_id\": 1, \"category_id\": 3, \"bbox\": [5, 5, 10, 10]}";
    text(dir.resolve("x.json"), Small.coco("a.jpg").replace(box, (box + ",").repeat(5000) + box));
    assertRefused("x.json has more than 5000 boxes on one picture");
  }

  @Test
  void moreBoxesThanAPictureHasInATable() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(
        dir.resolve("x.csv"),
        "file,label,left,top,right,bottom",
        "a.jpg,cell,1,1,9,9\n".repeat(5001));
    assertRefused("x.csv has more than 5000 boxes on one picture");
  }

  @Test
  void namesAreTextsAsTheyAreWritten() throws IOException {
    text(yolo("[1.10, 1.1, 010, 1_0, no, null, 0x1F]"), "0 .5 .5 .2 .2", "1 .5 .5 .3 .3");
    assertThat(Annotations.read(dir).labels().names()).containsExactly("1.10", "1.1");
    text(dir.resolve("labels/a.txt"), "2 .5 .5 .2 .2", "3 .5 .5 .3 .3", "4 .5 .5 .4 .4");
    assertThat(Annotations.read(dir).labels().names()).containsExactly("010", "1_0", "no");
    yolo("{0: cell, 0: other}");
    assertRefused("data.yaml is no sound YAML", "Duplicate");
    yolo("{0: cell, 00: other}");
    assertRefused("gives the name number '00'", "each stands once");
    yolo("[&x cell, *x]");
    assertRefused("more than texts under 'names', or refers to other places");
    text(dir.resolve("data.yaml"), "train: images", "val: {a: [b]}", "names: [cell]");
    assertRefused("more than texts under 'val'");
  }

  @Test
  void cocoBehindABomOrALongPreface() throws IOException {
    picture(dir.resolve("a.jpg"));
    text(dir.resolve("x.json"), "\uFEFF" + Small.coco("a.jpg"));
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
    String info = "{\"info\": {\"d\": \"" + "z".repeat(70_000) + "\"}, ";
    text(dir.resolve("x.json"), info + Small.coco("a.jpg").substring(1));
    assertThat(Annotations.read(dir).pictures()).hasSize(1);
  }

  @Test
  void picturesThatGraftDoesNotReadAreNamed() throws IOException {
    text(dir.resolve("a.xml"), xml("cell"));
    text(dir.resolve("a.webp"), "RIFF0000WEBP");
    assertRefused("there is no picture a.* for it, but one that is WebP", "JPEG or PNG");
  }
}
