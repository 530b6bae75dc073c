package dev.graft.data.annotation;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Pictures;
import dev.graft.error.BadDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small sets, written by hand. */
final class Small {

  private Small() {}

  /** A picture of 40 x 30 pixels. */
  static void picture(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, Pictures.encode(Pictures.gradient(40, 30), "jpg"));
  }

  static void text(Path file, String... lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  /** An XML file with one box of 10 x 10 pixels. */
  static String xml(String label) {
    return "<annotation><object><name>"
        + label
        + "</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>15</xmax><ymax>15</ymax></bndbox>"
        + "</object></annotation>";
  }

  /** A file of COCO with one picture and one box of 10 x 10 pixels. */
  static String coco(String file) {
    return "{\"images\": [{\"id\": 1, \"file_name\": \""
        + file
        + "\"}], \"annotations\": [{\"image_id\": 1, \"category_id\": 3, \"bbox\": [5, 5, 10,"
        + " 10]}], \"categories\": [{\"id\": 3, \"name\": \"cell\"}]}";
  }

  /** Fails unless what is in {@code dir} is refused in few words, with these among them. */
  static void assertRefused(Path dir, String... words) {
    assertThatThrownBy(() -> Annotations.read(dir))
        .isInstanceOf(BadDataException.class)
        .message()
        .contains(words)
        .hasSizeLessThan(2000);
  }
}
