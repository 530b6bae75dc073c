package dev.graft.data.annotation;

import static dev.graft.data.annotation.Small.coco;
import static dev.graft.data.annotation.Small.picture;
import static dev.graft.data.annotation.Small.text;
import static dev.graft.data.annotation.Small.xml;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxedPicture;
import dev.graft.error.BadDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a file says, it is a sound set of boxes or a sentence about what is wrong. */
@Timeout(60)
class SpoiledAnnotationsTest {

  private static final int ROUNDS = 400;
  private static final String[] WORDS = {
    "-",
    "0",
    "1e9",
    "1e99",
    "NaN",
    "null",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "\"",
    "'",
    ",",
    ":",
    "\n",
    "\t",
    "../",
    "/",
    "\\",
    "\u0000",
    "\u00e9",
    "&amp;",
    "*a",
    "&a",
    "!!int",
    "<object>",
    "true",
    "%"
  };

  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"a.xml", "a.json", "data.yaml", "labels/a.txt", "a.csv", "list.txt"})
  void eachFile(String name) throws IOException {
    picture(dir.resolve("images/a.jpg"));
    switch (name) {
      case "a.xml" -> text(dir.resolve(name), xml("cell"));
      case "a.json" -> text(dir.resolve(name), coco("a.jpg"));
      case "a.csv" ->
          text(dir.resolve(name), "file,label,left,top,right,bottom,part", "a.jpg,cell,1,2,9,9,");
      default -> {
        text(dir.resolve("data.yaml"), "path: .", "train: list.txt", "names:", "  0: cell");
        text(dir.resolve("list.txt"), "./images/a.jpg");
        text(dir.resolve("labels/a.txt"), "0 0.5 0.5 0.5 0.5");
      }
    }
    assertThat(Annotations.read(dir).pictures().get(0).boxes()).hasSize(1);
    byte[] sound = Files.readAllBytes(dir.resolve(name));
    Random random = new Random(name.hashCode());
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
      Files.write(dir.resolve(name), spoiled(sound, random));
      try {
        assertSound(Annotations.read(dir));
      } catch (BadDataException e) {
        refused++;
        assertThat(e).hasMessageMatching("(?s).{20,}");
      }
    }
    assertThat(refused).isBetween(ROUNDS / 20, ROUNDS);
  }

  private static byte[] spoiled(byte[] sound, Random random) {
    StringBuilder text = new StringBuilder(new String(sound, StandardCharsets.ISO_8859_1));
    for (int i = 1 + random.nextInt(3); i > 0 && text.length() > 1; i--) {
      int at = random.nextInt(text.length());
      int to = Math.min(text.length(), at + random.nextInt(8));
      switch (random.nextInt(3)) {
        case 0 -> text.delete(at, to);
        case 1 -> text.replace(at, to, WORDS[random.nextInt(WORDS.length)]);
        default -> text.insert(at, text.substring(Math.max(0, at - 20), at));
      }
    }
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void assertSound(BoxSet set) {
    for (BoxedPicture picture : set.pictures()) {
      for (Box box : picture.boxes()) {
        assertThat(box.label()).isBetween(0, set.labels().size() - 1);
        assertThat(Math.min(box.left(), box.top())).isNotNegative();
        assertThat(box.right()).isLessThanOrEqualTo(picture.width() + 1e-9);
        assertThat(box.bottom()).isLessThanOrEqualTo(picture.height() + 1e-9);
        assertThat(Math.min(box.width(), box.height())).isPositive();
      }
    }
    assertThat(set.dataset().size()).isEqualTo(set.pictures().size());
  }
}
