package dev.graft.data.annotation;

import dev.graft.data.Part;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.MarkedPicture;
import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Frame;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.error.BadDataException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads YOLO: {@code data.yaml} names folders of pictures, and beside each folder {@code images}
 * there is one, {@code labels}, with a text file for each picture that has anything on it. Boxes
 * are shares of the picture as it is shown: what trains by this form turns pictures first.
 */
final class YoloReader {

  private static final int LABEL_BYTES = 16 << 20;
  private static final int LIST_BYTES = 256 << 20;
  private static final double FARTHEST = 2; // shares of a picture, of what may still be cut
  private static final String CLASSES = "classes.txt"; // as labelling programs add it

  private final DataFolder folder;
  private final Path yaml;
  private final YoloYaml said;
  private final Path base;
  private final Findings findings = new Findings();
  private final Map<String, String> absent = new LinkedHashMap<>(); // what may be, and its remedy
  private final Set<Path> labelFolders = new HashSet<>();
  private final Map<Path, Path> besides = new HashMap<>(); // folders of labels, by what they lie in

  private YoloReader(DataFolder folder, Path yaml, YoloYaml said) {
    this.folder = folder;
    this.yaml = yaml;
    this.said = said;
    Path own = DataFolder.folder(yaml);
    // elsewhere on the machine of who wrote it
    this.base = folder.inside(own, said.path()).filter(Files::isDirectory).orElse(own);
  }

  /** The set that {@code yaml} speaks of. */
  static BoxSet read(DataFolder folder, Path yaml, YoloYaml said) {
    return new YoloReader(folder, yaml, said).set();
  }

  private BoxSet set() {
    findings.tell("read as YOLO, " + DataFolder.name(yaml));
    boolean areSome = false;
    for (Part part : Part.values()) {
      Set<Path> pictures = new LinkedHashSet<>();
      for (String each : said.parts().getOrDefault(part, List.of())) {
        pictures.addAll(pictures(each, part));
      }
      requireLabels(pictures, part);
      pictures.forEach(picture -> add(picture, part));
      areSome |= !pictures.isEmpty();
    }
    if (areSome) {
      absent.forEach((what, remedy) -> findings.tell(what + "; that is left out"));
    } else {
      absent.forEach(findings::add);
    }
    tellStrangers();
    return findings.set(folder, List.copyOf(new LinkedHashSet<>(said.labels().values())));
  }

  /** The pictures that an entry of the file stands for. */
  private List<Path> pictures(String written, Part part) {
    Optional<Path> found = find(written);
    if (found.isEmpty()) {
      miss(
          part,
          yaml
              + " names "
              + folder.text(yaml).quote(written)
              + ", which is not in "
              + folder.root(),
          isAbove(written)
              ? "It lies above that folder; give one that holds both."
              : "Paths count from the folder of that file; correct it, or put the pictures there.");
      return List.of();
    }
    if (Files.isDirectory(found.get())) {
      List<Path> within =
          folder.pictures().stream().filter(each -> each.startsWith(found.get())).toList();
      refuseUnread(found.get(), within);
      if (within.isEmpty()) {
        miss(part, found.get() + " holds no pictures", "Put some there, or name another folder.");
      }
      return within;
    }
    return listed(found.get());
  }

  /** Those that boxes are for; originals of what was converted may lie there, too. */
  private void refuseUnread(Path within, List<Path> read) {
    Set<Path> drawn = read.stream().map(this::labels).collect(Collectors.toSet());
    folder.files().stream()
        .filter(each -> DataFolder.unread(each).isPresent() && each.startsWith(within))
        .filter(each -> !drawn.contains(labels(each)) && Files.exists(labels(each)))
        .forEach(
            each ->
                DataFolder.unread(each)
                    .ifPresent(
                        kind ->
                            findings.add(
                                each + " is " + kind + ", which cannot be read",
                                "Convert it to JPEG or PNG.")));
  }

  /** Who passes data on often leaves out what is for scoring; there has to be anything else. */
  private void miss(Part part, String what, String remedy) {
    if (part == Part.TRAIN) {
      findings.add(what, remedy);
    } else {
      absent.put(what, remedy);
    }
  }

  /**
   * As written; without {@code ../}, as what trains by this form takes it; of a path on another
   * machine the longest end that there is here.
   */
  private Optional<Path> find(String written) {
    Optional<Path> found =
        existing(written).or(() -> existing(written.replaceFirst("^(\\.\\./)+", "")));
    if (found.isPresent() || folder.inside(base, written).isPresent()) {
      return found;
    }
    Optional<Path> end =
        ends(written).stream().flatMap(each -> existing(each).stream()).findFirst();
    end.ifPresent(
        path ->
            findings.tell(
                yaml + " names " + folder.text(yaml).quote(written) + ", taken for " + path));
    return end;
  }

  private boolean isAbove(String written) {
    return written.startsWith("../") && Files.exists(base.resolve(written));
  }

  private Optional<Path> existing(String written) {
    return folder.inside(base, written).filter(Files::exists);
  }

  /** The ends of a path, the longest first, all with the last folder in it that names a part. */
  private static List<String> ends(String path) {
    List<String> names =
        Arrays.stream(path.split("[/\\\\]+"))
            .filter(name -> !Set.of("", ".", "..").contains(name))
            .toList();
    int last = names.size() - 1;
    for (int i = last; i >= 0; i--) {
      if (DataFolder.called(names.get(i)) != null) {
        last = i;
        break;
      }
    }
    return IntStream.rangeClosed(0, last)
        .mapToObj(i -> String.join("/", names.subList(i, names.size())))
        .toList();
  }

  private List<Path> listed(Path list) {
    List<Path> pictures = new ArrayList<>();
    folder
        .text(list)
        .text(LIST_BYTES)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .forEach(
            line -> {
              Path from = line.startsWith("./") ? DataFolder.folder(list) : base;
              try {
                pictures.add(folder.picture(List.of(from, base), line));
              } catch (BadDataException e) {
                findings.add(
                    list
                        + " names the picture "
                        + folder.text(list).quote(line)
                        + ", "
                        + e.getMessage(),
                    "Add it, or take the line out.");
              }
            });
    return pictures;
  }

  private void add(Path picture, Part part) {
    Path labels = labels(picture);
    labelFolders.add(DataFolder.folder(labels));
    try {
      List<Mark> marks = Files.exists(labels) ? marks(labels) : List.of();
      findings.add(new MarkedPicture(picture, Optional.of(part), Frame.SHARES, marks, labels));
    } catch (BadDataException e) {
      findings.add(e);
    }
  }

  /** The last folder {@code images} above the picture becomes {@code labels}, in any case. */
  private Path labels(Path picture) {
    Path file = picture.resolveSibling(DataFolder.stem(picture) + ".txt");
    Path within = folder.root().relativize(file);
    for (int i = within.getNameCount() - 2; i >= 0; i--) {
      if (within.getName(i).toString().equalsIgnoreCase("images")) {
        Path above = i == 0 ? folder.root() : folder.root().resolve(within.subpath(0, i));
        return besides
            .computeIfAbsent(above, YoloReader::labelsIn)
            .resolve(within.subpath(i + 1, within.getNameCount()));
      }
    }
    return file;
  }

  private static Path labelsIn(Path above) {
    return Stream.of("labels", "Labels", "LABELS")
        .map(above::resolve)
        .filter(Files::isDirectory)
        .findFirst()
        .orElse(above.resolve("labels"));
  }

  private List<Mark> marks(Path labels) {
    TextFile file = folder.text(labels);
    List<Mark> marks = new ArrayList<>();
    int number = 0;
    for (String line : (Iterable<String>) file.text(LABEL_BYTES).lines()::iterator) {
      number++;
      if (!line.isBlank()) {
        marks.add(mark(line.strip().split("\\s+"), file, "line " + number + " of " + labels));
        Findings.requireFew(marks.size(), labels);
      }
    }
    return marks;
  }

  private Mark mark(String[] words, TextFile file, String place) {
    String label = words[0].matches("\\d{1,6}(\\.0+)?") ? label(words[0]) : null;
    double[] numbers = new double[words.length - 1];
    for (int i = 0; i < numbers.length; i++) {
      OptionalDouble number = Findings.number(words[i + 1]);
      numbers[i] = number.orElse(Double.NaN);
    }
    if (said.keypoints() > 0 && numbers.length == 4 + said.keypoints()) {
      numbers = Arrays.copyOf(numbers, 4); // the points of a pose follow
    }
    boolean isBox = numbers.length == 4;
    boolean isPolygon = said.keypoints() == 0 && numbers.length >= 6 && numbers.length % 2 == 0;
    for (double each : numbers) {
      isBox &= !Double.isNaN(each);
      isPolygon &= !Double.isNaN(each);
    }
    if (!isBox && !isPolygon) {
      throw new BadDataException(
          place
              + " is "
              + file.quote(String.join(" ", words))
              + "; write the label's number, then centre x, centre y, width and height.");
    }
    if (Arrays.stream(numbers).anyMatch(each -> Math.abs(each) > FARTHEST)) {
      throw new BadDataException(
          place
              + " is "
              + file.quote(String.join(" ", words))
              + ", which are no shares of a picture; divide pixels by its width and height.");
    }
    if (label == null) {
      throw new BadDataException(
          place
              + " has the label "
              + file.quote(words[0])
              + ", which is not among the "
              + said.labels().size()
              + " of "
              + yaml
              + "; add its name there, or correct the number.");
    }
    return isBox ? centred(label, numbers) : around(label, numbers);
  }

  private @Nullable String label(String number) {
    return said.labels().get(Integer.valueOf(number.replaceFirst("\\..*", "")));
  }

  private static Mark centred(String label, double[] box) {
    Bounds drawn = new Bounds(box[0] - box[2] / 2, box[1] - box[3] / 2, box[2], box[3]);
    return new Mark(label, drawn, false);
  }

  /** The box around an outline. */
  private static Mark around(String label, double[] points) {
    double[] least = {Double.MAX_VALUE, Double.MAX_VALUE};
    double[] most = {-Double.MAX_VALUE, -Double.MAX_VALUE};
    for (int i = 0; i < points.length; i++) {
      least[i % 2] = Math.min(least[i % 2], points[i]);
      most[i % 2] = Math.max(most[i % 2], points[i]);
    }
    Bounds all = new Bounds(least[0], least[1], most[0] - least[0], most[1] - least[1]);
    return new Mark(label, all, false);
  }

  /** Boxes that lie beside those that were read, and have no picture. */
  private void tellStrangers() {
    Set<Path> expected = new HashSet<>();
    folder.files().stream()
        .filter(each -> DataFolder.isPicture(each) || DataFolder.unread(each).isPresent())
        .forEach(picture -> expected.add(labels(picture)));
    for (Path file : folder.files("txt")) {
      Path parent = DataFolder.folder(file);
      if (labelFolders.contains(parent)
          && isOfLabels(parent)
          && !expected.contains(file)
          && !DataFolder.name(file).equals(CLASSES)) {
        findings.add(
            file + " has boxes, but there is no picture for it",
            "Add the picture, or take the file out.");
      }
    }
  }

  private boolean isOfLabels(Path parent) {
    return folder.root().relativize(parent).toString().toLowerCase(Locale.ROOT).contains("labels");
  }

  private void requireLabels(Set<Path> pictures, Part part) {
    if (!pictures.isEmpty() && pictures.stream().map(this::labels).noneMatch(Files::exists)) {
      findings.add(
          "there is no file of boxes for any picture of the "
              + part.words()
              + " part; that of the first is looked for at "
              + labels(pictures.iterator().next()),
          "Put the files there, or take the part out of " + yaml + ".");
    }
  }
}
