package dev.graft.data.annotation;

import dev.graft.data.Part;
import dev.graft.data.annotation.CocoJson.Drawn;
import dev.graft.data.annotation.CocoJson.Picture;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.MarkedPicture;
import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Frame;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.error.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Reads COCO: one JSON file, or one for each part of a split, called after it or in a folder that
 * is. Labels are in the order of their numbers, those of the same name are one: each file has
 * numbers of its own.
 */
final class CocoReader {

  private static final String BOXES = "instances_"; // as COCO calls them, beside captions

  private final DataFolder folder;
  private final Findings findings = new Findings();
  private final Set<String> labels = new LinkedHashSet<>();
  private boolean areSome; // of the pictures that are named

  private CocoReader(DataFolder folder) {
    this.folder = folder;
  }

  /** The files of a folder that begin as COCO's do. */
  static List<Path> files(DataFolder folder) {
    List<Path> all =
        folder.files("json").stream().filter(file -> CocoJson.isOne(folder.text(file))).toList();
    List<Path> boxes =
        all.stream().filter(file -> DataFolder.name(file).startsWith(BOXES)).toList();
    return boxes.isEmpty() ? all : boxes;
  }

  /** The set of these files, whose pictures are in {@code folder}. */
  static BoxSet read(DataFolder folder, List<Path> files) {
    return new CocoReader(folder).set(files);
  }

  private BoxSet set(List<Path> files) {
    findings.tell(
        "read as COCO, " + String.join(", ", files.stream().map(DataFolder::name).toList()));
    for (Path file : files) {
      CocoJson json = CocoJson.read(folder.text(file));
      labels.addAll(json.labels().values());
      add(file, json, folder.part(file, files));
    }
    findings.tellMissing(
        areSome,
        "picture",
        "Put the pictures beside the JSON file, or give the folder that holds both.");
    return findings.set(folder, List.copyOf(labels));
  }

  private void add(Path file, CocoJson json, Optional<Part> part) {
    TextFile text = folder.text(file);
    Map<String, List<Mark>> marks = new LinkedHashMap<>();
    for (Picture picture : json.pictures()) {
      if (marks.put(picture.id(), new ArrayList<>()) != null) {
        findings.add(
            file + " has two pictures of the number " + text.quote(picture.id()),
            "Number each differently.");
      }
    }
    Map<String, Integer> strangers = new HashMap<>();
    for (Drawn box : json.boxes()) {
      String label = json.labels().get(box.category());
      List<Mark> on = marks.get(box.picture());
      if (on == null) {
        strangers.merge("pictures, " + text.quote(box.picture()), 1, Integer::sum);
      } else if (label == null) {
        strangers.merge("categories, " + text.quote(box.category()), 1, Integer::sum);
      } else {
        on.add(mark(box, label));
      }
    }
    tell(file, strangers);
    tellBare(file, json);
    List<Path> bases = bases(file);
    for (Picture picture : json.pictures()) {
      try {
        findings.add(
            new MarkedPicture(
                folder.picture(bases, picture.file()),
                part,
                Frame.pixels(picture.width(), picture.height()),
                marks.getOrDefault(picture.id(), List.of()),
                file));
        areSome = true;
      } catch (DataFolder.Missing e) {
        Optional<Part> missed = part.or(() -> folder.partNamed(picture.file()));
        findings.miss(picture.file(), missed, named(text, picture, e));
      } catch (BadDataException e) {
        findings.add(
            named(text, picture, e), "Name the folder that each lies in, too, and what it is now.");
      }
    }
  }

  private static String named(TextFile file, Picture picture, BadDataException why) {
    return file
        + " names the picture "
        + file.quote(picture.file())
        + ", "
        + Objects.toString(why.getMessage(), "");
  }

  /** Outlines and points may stand there without a box; a file of nothing else has none. */
  private void tellBare(Path file, CocoJson json) {
    int bare = json.bare();
    if (bare > 0 && json.boxes().isEmpty()) {
      findings.add(
          file + " has no 'bbox' for anything on its pictures",
          "Write [x, y, width, height] there.");
    } else if (bare > 0) {
      findings.tell(
          bare
              + (bare == 1 ? " annotation of " : " annotations of ")
              + file
              + (bare == 1 ? " is without a box and left out" : " are without a box and left out"));
    }
  }

  private void tell(Path file, Map<String, Integer> strangers) {
    strangers.forEach(
        (what, count) ->
            findings.add(
                file
                    + " has "
                    + count
                    + (count == 1 ? " box" : " boxes")
                    + " of a number that is not among its "
                    + what,
                "Add what it stands for, or take such boxes out."));
  }

  private static Mark mark(Drawn box, String label) {
    Bounds drawn = new Bounds(box.x(), box.y(), box.width(), box.height());
    return new Mark(label, drawn, box.crowd(), box.area());
  }

  /** Where pictures usually lie: by the file, in {@code images}, in a folder called as the file. */
  private List<Path> bases(Path file) {
    String stem = DataFolder.stem(file);
    String last = stem.substring(stem.lastIndexOf('_') + 1);
    Set<Path> bases = new LinkedHashSet<>();
    for (Path base : List.of(DataFolder.folder(file), folder.root())) {
      bases.add(base);
      bases.add(base.resolve("images"));
      bases.add(base.resolve(last));
      bases.add(base.resolve("images").resolve(last));
    }
    return List.copyOf(bases);
  }
}
