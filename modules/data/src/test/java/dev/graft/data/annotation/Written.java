package dev.graft.data.annotation;

import dev.graft.data.Part;
import dev.graft.data.boxes.Box;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxedPicture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes a set of boxes in each form, as the programs that people have write them. */
final class Written {

  private static final Map<Part, String> NAMES =
      Map.of(Part.TRAIN, "train", Part.VALIDATION, "val", Part.TEST, "test");

  private final BoxSet set;
  private final Path dir;

  Written(BoxSet set, Path dir) {
    this.set = set;
    this.dir = dir;
  }

  private static String name(BoxedPicture picture) {
    return picture.file().getFileName().toString();
  }

  private List<BoxedPicture> of(Part part) {
    return set.pictures().stream().filter(each -> each.part().orElseThrow() == part).toList();
  }

  /** A file for each part, numbers of categories with gaps, boxes before pictures. */
  void coco() throws IOException {
    Files.createDirectories(dir.resolve("annotations"));
    for (Part part : Part.values()) {
      Path folder = Files.createDirectories(dir.resolve(NAMES.get(part) + "2017"));
      List<String> boxes = new ArrayList<>();
      List<String> pictures = new ArrayList<>();
      List<BoxedPicture> all = of(part);
      for (int i = 0; i < all.size(); i++) {
        BoxedPicture each = all.get(i);
        Files.copy(each.file(), folder.resolve(name(each)));
        pictures.add(
            format(
                "{\"file_name\": \"%s\", \"id\": %d, \"width\": %d, \"height\": %d}",
                name(each), 1000 + i, each.width(), each.height()));
        for (Box box : each.boxes()) {
          boxes.add(
              format(
                  "{\"id\": %d, \"segmentation\": [[1, 2, [3]], {\"counts\": \"x\"}], \"iscrowd\":"
                      + " %d, \"image_id\": %d, \"category_id\": %d, \"bbox\": [%s, %s, %s, %s]}",
                  boxes.size(),
                  box.crowd() ? 1 : 0,
                  1000 + i,
                  7 + 11 * box.label(),
                  box.left(),
                  box.top(),
                  box.width(),
                  box.height()));
        }
      }
      List<String> labels = new ArrayList<>();
      for (int i = set.labels().size() - 1; i >= 0; i--) {
        labels.add(
            format("{\"id\": %d, \"name\": \"%s\"}", 7 + 11 * i, set.labels().names().get(i)));
      }
      Files.writeString(
          dir.resolve("annotations/instances_" + NAMES.get(part) + "2017.json"),
          format(
              "{\"info\": {\"year\": 1}, \"annotations\": %s, \"images\": %s, \"categories\": %s}",
              boxes, pictures, labels));
    }
  }

  /** As Ultralytics has them: images/train beside labels/train; names as a map. */
  void yolo() throws IOException {
    StringBuilder yaml = new StringBuilder("path: ../datasets/blood # where its author had it\n");
    for (Part part : Part.values()) {
      String folder = NAMES.get(part);
      yaml.append(format("%s: images/%s\n", folder, folder));
      Files.createDirectories(dir.resolve("images").resolve(folder));
      Files.createDirectories(dir.resolve("labels").resolve(folder));
      for (BoxedPicture each : of(part)) {
        Files.copy(each.file(), dir.resolve("images").resolve(folder).resolve(name(each)));
        StringBuilder lines = new StringBuilder();
        for (Box box : each.boxes()) {
          lines.append(
              format(
                  "%d %s %s %s %s\n",
                  box.label(),
                  (box.left() + box.right()) / 2 / each.width(),
                  (box.top() + box.bottom()) / 2 / each.height(),
                  box.width() / each.width(),
                  box.height() / each.height()));
        }
        if (!lines.isEmpty()) {
          Path labels = dir.resolve("labels").resolve(folder);
          Files.writeString(labels.resolve(name(each).replace(".jpg", ".txt")), lines);
        }
      }
    }
    yaml.append("names:\n");
    for (int i = 0; i < set.labels().size(); i++) {
      yaml.append(format("  %d: %s\n", i, set.labels().names().get(i)));
    }
    Files.writeString(dir.resolve("data.yaml"), yaml);
  }

  /** With the columns of TensorFlow's own scripts, and one for the part. */
  void csv() throws IOException {
    Files.createDirectories(dir.resolve("images"));
    StringBuilder rows =
        new StringBuilder("filename,width,height,class,xmin,ymin,xmax,ymax,split\n");
    for (BoxedPicture each : set.pictures()) {
      Files.copy(each.file(), dir.resolve("images").resolve(name(each)));
      String part = NAMES.get(each.part().orElseThrow());
      if (each.boxes().isEmpty()) {
        rows.append(format("%s,,,,,,,,%s\n", name(each), part));
      }
      for (Box box : each.boxes()) {
        rows.append(
            format(
                "%s,%d,%d,%s,%s,%s,%s,%s,%s\n",
                name(each),
                each.width(),
                each.height(),
                set.labels().names().get(box.label()),
                box.left(),
                box.top(),
                box.right(),
                box.bottom(),
                part));
      }
    }
    Files.writeString(dir.resolve("boxes.csv"), rows);
  }

  /** Pictures and XML side by side, in folders of parts. */
  void xmlBesidePictures() throws IOException {
    for (BoxedPicture each : set.pictures()) {
      Path folder = dir.resolve(NAMES.get(each.part().orElseThrow()));
      Files.createDirectories(folder);
      Files.copy(each.file(), folder.resolve(name(each)));
      StringBuilder xml = new StringBuilder("<?xml version=\"1.0\"?>\n<annotation>\n");
      xml.append("<filename>renamed.jpg</filename>\n");
      for (Box box : each.boxes()) {
        xml.append(
            format(
                "<object><name>%s</name><bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax>"
                    + "<ymax>%s</ymax></bndbox><part><name>nose</name><bndbox><xmin>1</xmin>"
                    + "</bndbox></part></object>\n",
                set.labels().names().get(box.label()),
                box.left(),
                box.top(),
                box.right(),
                box.bottom()));
      }
      Files.writeString(
          folder.resolve(name(each).replace(".jpg", ".xml")), xml.append("</annotation>\n"));
    }
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
