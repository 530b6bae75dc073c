package dev.graft.data.annotation;

import dev.graft.data.Part;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.MarkedPicture;
import dev.graft.data.boxes.MarkedPicture.Frame;
import dev.graft.data.file.Reading;
import dev.graft.error.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads Pascal VOC: an XML file for each picture, found by its name, and lists of names for the
 * parts in {@code ImageSets/Main}. Without lists, folders called after parts say these, if any.
 */
final class VocReader {

  private static final int LIST_BYTES = 256 << 20;
  private static final String SHOWS =
      "\\s+-?[01]$"; // whether a label is on it, as lists of one say
  private static final Map<String, Part> LISTS = new LinkedHashMap<>();

  static { // the first that names a picture holds
    LISTS.put("train", Part.TRAIN);
    LISTS.put("val", Part.VALIDATION);
    LISTS.put("test", Part.TEST);
    LISTS.put("trainval", Part.TRAIN);
  }

  private final DataFolder folder;
  private final List<Path> xmls;
  private final Findings findings = new Findings();
  private final Map<String, List<Path>> byStem = new HashMap<>(); // pictures
  private final Map<String, String> unread = new HashMap<>(); // by stem, what is no picture
  private final Set<String> stems = new HashSet<>(); // of XML files
  private final Set<Path> owners = new HashSet<>(); // XML files without their ending

  private VocReader(DataFolder folder) {
    this.folder = folder;
    this.xmls = folder.files("xml");
    xmls.forEach(xml -> stems.add(DataFolder.stem(xml)));
    xmls.forEach(xml -> owners.add(DataFolder.withoutEnding(xml)));
    folder
        .files()
        .forEach(
            file ->
                DataFolder.unread(file).ifPresent(kind -> unread.put(DataFolder.stem(file), kind)));
    for (Path picture : folder.pictures()) {
      byStem.computeIfAbsent(DataFolder.stem(picture), k -> new ArrayList<>()).add(picture);
    }
  }

  /** The set in a folder that holds XML files. */
  static BoxSet read(DataFolder folder) {
    return new VocReader(folder).set();
  }

  private BoxSet set() {
    Map<Path, Part> lists = lists();
    List<Path> chosen =
        xmls.stream().filter(xml -> lists.isEmpty() || lists.containsKey(xml)).toList();
    findings.tell("read as Pascal VOC, " + chosen.size() + " XML files");
    findings.tellMissing(
        !lists.isEmpty(), "XML file", "Add the files, or take the lists of names out.");
    if (chosen.size() < xmls.size()) {
      findings.tell(
          (xmls.size() - chosen.size())
              + " XML files are in no list of ImageSets/Main and are passed over");
    }
    Set<Path> used = new HashSet<>();
    int difficult = 0;
    for (Read each : Reading.each(chosen, this::read)) {
      if (each.failure() != null) {
        findings.add(each.failure());
      } else if (each.xml() != null) {
        difficult += each.xml().difficult();
        picture(each.file(), each.xml(), lists.get(each.file())).ifPresent(used::add);
      }
    }
    if (difficult > 0) {
      findings.tell(difficult + " boxes marked as difficult are learned and scored as all others");
    }
    tellUnused(used, lists.isEmpty());
    return findings.set(folder, List.of());
  }

  private record Read(Path file, @Nullable VocXml xml, @Nullable BadDataException failure) {}

  private Read read(Path file) {
    try {
      return new Read(file, VocXml.read(folder.text(file)), null);
    } catch (BadDataException e) {
      return new Read(file, null, e);
    }
  }

  private Optional<Path> picture(Path xml, VocXml said, @Nullable Part listed) {
    List<Path> found = candidates(xml, said);
    if (found.size() != 1) {
      findings.add(
          found.isEmpty()
              ? xml
                  + " has boxes, but there is no picture "
                  + DataFolder.stem(xml)
                  + ".* for it"
                  + unread(xml)
              : xml + " has boxes, and there are several pictures for it: " + found,
          "A picture is called as its XML file, or as <filename> there; add it, or take the XML"
              + " file out.");
      return Optional.empty();
    }
    findings.add(
        new MarkedPicture(
            found.get(0),
            Optional.ofNullable(listed),
            Frame.pixels(said.width(), said.height()),
            said.marks(),
            xml));
    return Optional.of(found.get(0));
  }

  /**
   * The picture that the file names, if it is called as the file itself: beside it may be a mask of
   * that name. One that lies elsewhere, beside an XML file of its own, is not meant where there is
   * another beside this one: it was converted since. Else the nearest picture of the same name. In
   * another folder than the XML file's it is not meant if the file names one that exists and has no
   * XML file of its own name: then it only happens to be called so.
   */
  private List<Path> candidates(Path xml, VocXml said) {
    String filename = said.filename().replace('\\', '/');
    String last = filename.substring(filename.lastIndexOf('/') + 1);
    List<Path> named = nearest(xml, folder.named(last));
    List<Path> found = nearest(xml, called(DataFolder.stem(xml)));
    boolean isBeside = found.stream().anyMatch(each -> isIn(DataFolder.folder(xml), each));
    boolean isOfOthers = isBeside && named.stream().allMatch(each -> isOfOther(xml, each));
    if (!named.isEmpty() && !isOfOthers && DataFolder.stem(last).equals(DataFolder.stem(xml))) {
      return named;
    }
    boolean isTaken = !found.isEmpty() && (isBeside || stems.contains(DataFolder.stem(last)));
    return isTaken || named.isEmpty() ? found : named;
  }

  /** Those called as an XML file is, or all but {@code .xml} of it: {@code a.jpg.xml}. */
  private List<Path> called(String stem) {
    List<Path> own = byStem.get(stem);
    if (own != null || !DataFolder.isPicture(stem)) {
      return own == null ? List.of() : own;
    }
    List<Path> whole = folder.named(stem);
    return whole.isEmpty() ? byStem.getOrDefault(DataFolder.stem(stem), List.of()) : whole;
  }

  private static boolean isIn(Path folder, Path file) {
    return DataFolder.folder(file).equals(folder);
  }

  /** Whether a picture lies in another folder than {@code xml}, beside an XML file of its own. */
  private boolean isOfOther(Path xml, Path picture) {
    return !isIn(DataFolder.folder(xml), picture)
        && owners.contains(DataFolder.withoutEnding(picture));
  }

  /** What there is instead of a picture. */
  private String unread(Path xml) {
    String kind = unread.get(DataFolder.stem(xml));
    return kind == null ? "" : ", but one that is " + kind + ": convert that to JPEG or PNG";
  }

  private boolean isOfOtherPart(Path xml, Path picture) {
    Optional<Part> part = folder.partOfFolder(picture);
    return part.isPresent()
        && folder.partOfFolder(xml).filter(each -> each != part.get()).isPresent();
  }

  /**
   * Those in the folder of the XML file; else those in a folder of that name; else those in folders
   * beside it; else all. What folders say to be in another part is not meant.
   */
  private List<Path> nearest(Path xml, List<Path> all) {
    List<Path> pictures = all.stream().filter(each -> !isOfOtherPart(xml, each)).toList();
    Path own = DataFolder.folder(xml);
    Path above = DataFolder.folder(own);
    List<Path> same = pictures.stream().filter(each -> isIn(own, each)).toList();
    List<Path> mirrored =
        pictures.stream()
            .filter(each -> DataFolder.name(DataFolder.folder(each)).equals(DataFolder.name(own)))
            .toList();
    List<Path> beside =
        pictures.stream()
            .filter(each -> DataFolder.folder(DataFolder.folder(each)).equals(above))
            .toList();
    return Stream.of(same, mirrored, beside)
        .filter(each -> !each.isEmpty())
        .findFirst()
        .orElse(pictures);
  }

  /** The parts of XML files by the lists in ImageSets/Main; of none if there are no lists. */
  private Map<Path, Part> lists() {
    Set<Path> known = new HashSet<>(xmls);
    Map<Path, Part> parts = new HashMap<>();
    List<Path> texts = folder.files("txt");
    LISTS.forEach(
        (name, part) -> {
          for (Path list : texts) {
            if (list.endsWith(Path.of("ImageSets", "Main", name + ".txt"))) {
              read(list, part, known, parts);
            }
          }
        });
    return parts;
  }

  private void read(Path list, Part part, Set<Path> known, Map<Path, Part> parts) {
    Path root = DataFolder.folder(DataFolder.folder(DataFolder.folder(list)));
    for (String line : (Iterable<String>) folder.text(list).text(LIST_BYTES).lines()::iterator) {
      String name = line.strip();
      Optional<Path> xml =
          xml(root, name, known).or(() -> xml(root, name.replaceFirst(SHOWS, ""), known));
      if (xml.isPresent()) {
        parts.putIfAbsent(xml.get(), part);
      } else if (!line.isBlank()) {
        findings.miss(
            name,
            Optional.of(part),
            list
                + " names "
                + folder.text(list).quote(name)
                + ", of which there is no XML file in Annotations");
      }
    }
  }

  private Optional<Path> xml(Path root, String name, Set<Path> known) {
    String stem = DataFolder.isPicture(name) ? DataFolder.stem(name) : name;
    return folder.inside(root.resolve("Annotations"), stem + ".xml").filter(known::contains);
  }

  private void tellUnused(Set<Path> used, boolean isWhole) {
    List<Path> others = folder.pictures().stream().filter(each -> !used.contains(each)).toList();
    if (isWhole && !others.isEmpty()) {
      findings.tell(
          others.size()
              + (others.size() == 1 ? " picture has" : " pictures have")
              + " no XML file and are passed over, the first "
              + others.get(0)
              + "; an XML file without <object> says that nothing is on a picture");
    }
  }
}
