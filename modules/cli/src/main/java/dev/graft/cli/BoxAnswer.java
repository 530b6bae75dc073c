package dev.graft.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.answer.Boxes;
import dev.graft.error.BadRequestException;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.boxes.LabelPrecision;
import dev.graft.words.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The boxes on one picture, for a terminal, a program or the eye. */
final class BoxAnswer {

  private BoxAnswer() {}

  /** A line for each box: {@code name}, label, score, left, top, right, bottom. */
  static List<String> lines(String name, Boxes boxes) {
    return boxes.found().isEmpty()
        ? List.of(name + "\t(none)")
        : boxes.found().stream()
            .map(
                box ->
                    String.format(
                        Locale.ROOT,
                        "%s\t%s\t%.4f\t%.1f\t%.1f\t%.1f\t%.1f",
                        name,
                        Printable.cell(box.label()),
                        box.score(),
                        box.left(),
                        box.top(),
                        box.right(),
                        box.bottom()))
            .toList();
  }

  static void put(ObjectNode node, Boxes boxes) {
    node.put("width", boxes.width());
    node.put("height", boxes.height());
    ArrayNode all = node.putArray("boxes");
    for (Boxes.Found box : boxes.found()) {
      all.addObject()
          .put("label", box.label())
          .put("score", box.score())
          .put("left", box.left())
          .put("top", box.top())
          .put("right", box.right())
          .put("bottom", box.bottom());
    }
  }

  /** Puts figures into {@code node}; what there is nothing to be found for is null. */
  static void put(ObjectNode node, BoxEvaluation score) {
    put(node, score.metrics());
    ObjectNode labels = node.putObject("labels");
    for (LabelPrecision label : score.labels()) {
      put(labels.putObject(label.label()).put("boxes", label.count()), label.metrics());
    }
  }

  private static void put(ObjectNode node, Map<String, Double> metrics) {
    metrics.forEach(
        (name, value) -> {
          if (value == BoxEvaluation.NOTHING) {
            node.putNull(name);
          } else {
            node.put(name, value);
          }
        });
  }

  /** A table of figures, a row for each label. */
  static List<String> table(BoxEvaluation score) {
    TextTable table = new TextTable(30, false, true, true, true, true);
    table.row("label", "boxes", "AP50", "AP", "AP75");
    for (LabelPrecision label : score.labels()) {
      table.row(
          label.label(),
          "" + label.count(),
          words(label.metrics(), "ap50"),
          words(label.metrics(), "ap"),
          words(label.metrics(), "ap75"));
    }
    return table.lines();
  }

  /** A metric among {@code metrics}, for a person. */
  static String words(Map<String, Double> metrics, String name) {
    return BoxEvaluation.words(metrics.getOrDefault(name, BoxEvaluation.NOTHING));
  }

  /** Each drawing is called after its picture, in one folder. */
  static void requireNamesApart(List<Path> files) {
    Set<String> names = new HashSet<>();
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      if (!names.add(name)) {
        throw new BadRequestException(
            "two pictures are called '"
                + name
                + "', and one drawing would take the other's place; ask for them one by one, with a"
                + " folder each for --draw.");
      }
    }
  }

  /** Draws them on a copy in {@code folder}. */
  static void draw(Path file, Boxes boxes, Path folder) throws IOException {
    Files.createDirectories(folder);
    boxes.draw(file, folder.resolve(file.getFileName() + ".png"));
  }
}
