package dev.graft.data.annotation;

import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Reads sets of boxes, in whichever of the usual forms they are. */
@Internal
public final class Annotations {

  private static final String FORMS =
      "Pascal VOC (a folder of XML files beside the pictures), COCO (a JSON file), YOLO (a folder"
          + " with data.yaml) or a CSV table with the columns file, label, left, top, right, bottom";

  private final DataFolder folder;

  /** Forms that the folder has, the one that says most about a set first. */
  private final List<Form> forms = new ArrayList<>();

  private record Form(String name, Supplier<BoxSet> read) {}

  private Annotations(DataFolder folder) {
    this.folder = folder;
  }

  /**
   * Reads pictures and their boxes. The first note says what they were taken for.
   *
   * @param data a folder with Pascal VOC's XML, COCO's JSON, YOLO's {@code data.yaml} or a table of
   *     boxes somewhere in it; or one of these files, whose pictures are in its folder, or beside
   *     that if it is called {@code annotations}
   * @throws BadDataException if there is nothing of that, and if anything of it cannot be used
   */
  public static BoxSet read(Path data) {
    if (Files.isDirectory(data)) {
      return new Annotations(DataFolder.of(data)).folder();
    }
    if (!Files.isRegularFile(data)) {
      throw new BadDataException("there is no " + data + "; give " + FORMS + ".");
    }
    Path file = data.toAbsolutePath().normalize();
    Path own = DataFolder.folder(file);
    boolean isBeside = DataFolder.name(own).equalsIgnoreCase("annotations");
    return new Annotations(DataFolder.of(isBeside ? DataFolder.folder(own) : own)).file(file);
  }

  private BoxSet file(Path file) {
    return switch (DataFolder.extension(file)) {
      case "json" -> CocoReader.read(folder, List.of(file));
      case "csv" -> TableReader.read(folder, List.of(file));
      case "yaml", "yml" ->
          YoloReader.read(
              folder,
              file,
              YoloYaml.read(folder.text(file))
                  .orElseThrow(
                      () ->
                          new BadDataException(
                              file
                                  + " does not say 'names' and 'train'; a file of YOLO names the"
                                  + " labels and where the pictures are.")));
      default -> throw new BadDataException(file + " is no file of boxes; give " + FORMS + ".");
    };
  }

  private BoxSet folder() {
    yolo();
    List<Path> coco = CocoReader.files(folder);
    if (!coco.isEmpty()) {
      forms.add(new Form("COCO", () -> CocoReader.read(folder, coco)));
    }
    Form voc = new Form("Pascal VOC", () -> VocReader.read(folder));
    List<Path> xmls = folder.files("xml");
    if (xmls.stream().anyMatch(xml -> VocXml.isOne(folder.text(xml)))) {
      forms.add(voc);
    }
    List<Path> tables = forms.isEmpty() ? TableReader.files(folder) : List.of();
    if (!tables.isEmpty()) {
      forms.add(new Form("CSV", () -> TableReader.read(folder, tables)));
    }
    if (forms.isEmpty() && !xmls.isEmpty()) {
      forms.add(voc); // to be told what is wrong with them
    }
    List<Path> meant = forms.isEmpty() ? TableReader.meant(folder) : List.of();
    if (!meant.isEmpty()) {
      forms.add(new Form("CSV", () -> TableReader.read(folder, meant))); // the same
    }
    if (forms.isEmpty()) {
      throw bare()
          .orElseGet(
              () -> new BadDataException(folder.root() + " holds no boxes; give " + FORMS + "."));
    }
    if (forms.size() > 1) {
      throw new BadDataException(
          folder.root()
              + " holds boxes in several forms, "
              + String.join(" and ", forms.stream().map(Form::name).toList())
              + "; give the file or the folder of one of them.");
    }
    return forms.get(0).read().get();
  }

  /** What to throw where there are boxes of YOLO, and nothing that names their labels. */
  private Optional<BadDataException> bare() {
    Set<Path> pictures =
        folder.pictures().stream().map(DataFolder::withoutEnding).collect(Collectors.toSet());
    return folder.files("txt").stream()
        .filter(
            each ->
                DataFolder.folder(folder.root().relativize(each))
                        .toString()
                        .matches("(?i).*labels.*")
                    || pictures.contains(DataFolder.withoutEnding(each)))
        .findFirst()
        .map(
            first ->
                new BadDataException(
                    first
                        + " is for boxes of YOLO, but no data.yaml in "
                        + folder.root()
                        + " names their labels; add one with the lines 'train: images' (the folder"
                        + " of the pictures) and 'names: [first, second]' (the labels by their"
                        + " numbers, from 0)."));
  }

  /** The file that lies highest; several side by side are several sets. */
  private void yolo() {
    Map<Path, YoloYaml> found = new LinkedHashMap<>();
    for (Path file : folder.files("yaml", "yml")) {
      said(file).ifPresent(said -> found.put(file, said));
    }
    int highest = found.keySet().stream().mapToInt(Path::getNameCount).min().orElse(0);
    found.forEach(
        (file, said) -> {
          if (file.getNameCount() == highest) {
            forms.add(
                new Form(
                    "YOLO (" + DataFolder.name(file) + ")",
                    () -> YoloReader.read(folder, file, said)));
          }
        });
  }

  private Optional<YoloYaml> said(Path file) {
    try {
      return YoloYaml.read(folder.text(file));
    } catch (BadDataException e) {
      if (DataFolder.stem(file).equals("data")) {
        throw e;
      }
      return Optional.empty(); // somebody else's
    }
  }
}
