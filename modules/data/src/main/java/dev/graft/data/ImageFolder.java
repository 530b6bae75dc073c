package dev.graft.data;

import static com.google.common.collect.ImmutableList.toImmutableList;
import static java.util.Collections.binarySearch;
import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadDataException;
import dev.graft.model.Labels;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Reads a folder that holds a folder for each label with its pictures, or one for each part of a
 * split with such folders in it. Labels and files in the order of their names; hidden files are
 * passed over; what a file is, its first bytes say.
 */
final class ImageFolder {

  private static final Set<String> CLUTTER = // of Windows, of macOS' archives, of Synology's disks
      Set.of("thumbs.db", "desktop.ini", "__macosx", "@eadir");

  private static final char UNREADABLE = '\uFFFD'; // stands for bytes that are no characters
  private static final int NAMED = 3; // of the files that are passed over

  private final UnfitFiles unfit = new UnfitFiles();
  private final List<String> notes = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private final List<String> labels = new ArrayList<>(); // of each file
  private final List<Part> parts = new ArrayList<>(); // of each file, where the folders say it

  private ImageFolder() {}

  static Dataset read(Path root) {
    requireNonNull(root, "folder");
    if (!Files.isDirectory(root)) {
      throw new BadDataException(
          "there is no folder "
              + root
              + "; give one that holds a folder of pictures for each label.");
    }
    return new ImageFolder().all(root);
  }

  private Dataset all(Path root) {
    List<Path> folders = folders(root);
    Map<Part, Path> told = parts(root, folders);
    if (told.isEmpty()) {
      labels(root, folders);
    }
    told.forEach(
        (part, folder) -> {
          labels(folder, folders(folder));
          while (parts.size() < files.size()) {
            parts.add(part);
          }
        });
    unfit.check(files);
    unfit.throwIfAny();
    if (!told.isEmpty()) {
      requireLearned(told);
    }
    List<String> names = List.copyOf(new TreeSet<>(labels));
    if (names.size() == 1) {
      throw new BadDataException(
          root
              + " holds one label only ('"
              + names.get(0)
              + "'); a classifier needs at least two folders to tell apart.");
    }
    int[] targets = labels.stream().mapToInt(label -> binarySearch(names, label)).toArray();
    return new Dataset(
        new ImageFiles(files),
        Map.of(Batch.ONLY, Answers.oneOf(Labels.of(names), targets)),
        new AsRead(
            notes.stream().map(Note::of).collect(toImmutableList()), ImmutableList.copyOf(parts)));
  }

  /** The folders that are called after parts and hold folders of labels; none if none do. */
  private static Map<Part, Path> parts(Path root, List<Path> folders) {
    Map<Part, Path> told = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    for (Path folder : folders) {
      Part part = Part.called(name(folder));
      boolean holdsLabels = children(folder).stream().anyMatch(Files::isDirectory);
      if (part == null || !holdsLabels) {
        others.add(name(folder));
      } else if (told.put(part, folder) != null) {
        throw new BadDataException(
            root + " holds two folders for the " + part.words() + " part; put them together.");
      }
    }
    if (told.isEmpty()) {
      return told;
    }
    if (!others.isEmpty()) {
      throw new BadDataException(
          root
              + " holds folders of labels in "
              + names(told.values())
              + ", and beside these "
              + String.join(", ", others)
              + " without; put that elsewhere, or give "
              + told.values().iterator().next()
              + " alone.");
    }
    if (!told.containsKey(Part.TRAIN)) {
      throw new BadDataException(
          root
              + " holds "
              + names(told.values())
              + ", but no folder 'train' to learn from; add it, or give "
              + told.values().iterator().next()
              + " alone.");
    }
    return told;
  }

  private static String names(Iterable<Path> folders) {
    List<String> names = new ArrayList<>();
    folders.forEach(folder -> names.add("'" + name(folder) + "'"));
    return String.join(" and ", names);
  }

  private void labels(Path root, List<Path> folders) {
    if (folders.isEmpty()) {
      throw new BadDataException(
          root + " holds no folders; put the pictures of each label in a folder of that name.");
    }
    for (Path folder : folders) {
      String label = label(folder);
      List<Path> pictures = children(folder);
      if (pictures.isEmpty()) {
        unfit.add(
            "the folder " + folder + " is empty", "Put pictures of its label in it, or delete it.");
      }
      files.addAll(pictures);
      labels.addAll(Collections.nCopies(pictures.size(), label));
    }
    noteLoose(root);
  }

  /** Pictures that lie beside the folders of labels have none; that may be a mistake. */
  private void noteLoose(Path root) {
    List<Path> loose =
        children(root).stream()
            .filter(Files::isRegularFile)
            .filter(ImageFolder::isPicture)
            .toList();
    if (!loose.isEmpty()) {
      int more = loose.size() - NAMED;
      notes.add(
          loose.size()
              + (loose.size() == 1 ? " picture lies" : " pictures lie")
              + " beside the folders of labels in "
              + root
              + " and "
              + (loose.size() == 1 ? "is" : "are")
              + " passed over: "
              + String.join(", ", loose.stream().limit(NAMED).map(ImageFolder::name).toList())
              + (more > 0 ? " and " + more + " more" : ""));
    }
  }

  private static boolean isPicture(Path file) {
    try {
      return ImageFormat.unfit(file).isEmpty();
    } catch (IOException e) {
      return false; // nobody needs it
    }
  }

  /** Composed, as most systems write it: archives of macOS have letters and accents apart. */
  private static String label(Path folder) {
    String name = name(folder);
    if (name.indexOf(UNREADABLE) >= 0) {
      throw new BadDataException(
          "the name of the folder "
              + folder
              + " cannot be read in this locale; set LC_ALL=C.UTF-8 (in Java before it starts).");
    }
    return requirePlain(Normalizer.normalize(name, Normalizer.Form.NFC), "the folder " + folder);
  }

  /** Fails if a label would break the files and tables in which it stands alone on its line. */
  static String requirePlain(String label, String place) {
    if (label.chars().anyMatch(Character::isISOControl)) {
      throw new BadDataException(
          place
              + " gives a label with a line break or another control character in it; rename it.");
    }
    return label;
  }

  /** What is learned from has to show every label once. */
  private void requireLearned(Map<Part, Path> told) {
    Set<String> unknown = new TreeSet<>(labels);
    for (int i = 0; i < files.size(); i++) {
      if (parts.get(i) == Part.TRAIN) {
        unknown.remove(labels.get(i));
      }
    }
    if (!unknown.isEmpty()) {
      throw new BadDataException(
          told.get(Part.TRAIN)
              + " has no pictures of "
              + unknown
              + ", which stand in the other parts; add some, or take these labels out.");
    }
  }

  private static List<Path> folders(Path root) {
    return children(root).stream().filter(Files::isDirectory).toList();
  }

  private static List<Path> children(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(path -> !isClutter(name(path)))
          .sorted((a, b) -> name(a).compareTo(name(b)))
          .toList();
    } catch (IOException e) {
      throw new BadDataException(
          "the folder " + folder + " cannot be read; check its permissions.", e);
    }
  }

  private static boolean isClutter(String name) {
    return name.startsWith(".") || CLUTTER.contains(name.toLowerCase(Locale.ROOT));
  }

  private static String name(Path path) {
    Path last = path.getFileName();
    return last == null ? path.toString() : last.toString();
  }
}
