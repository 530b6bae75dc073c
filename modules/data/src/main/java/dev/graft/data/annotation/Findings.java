package dev.graft.data.annotation;

import dev.graft.data.Part;
import dev.graft.data.UnfitFiles;
import dev.graft.data.boxes.BoxSet;
import dev.graft.data.boxes.BoxSets;
import dev.graft.data.boxes.MarkedPicture;
import dev.graft.error.BadDataException;
import dev.graft.words.Note;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Pattern;

/** What a reader has found: pictures with marks, what is wrong, and what is to be told. */
final class Findings {

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d{1,12}(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d{1,2})?");

  private static final int MOST_BOXES = 20_000_000;
  private static final int MOST_LETTERS = 200; // of a label
  private static final char NONE = '\uFFFD'; // stands for bytes that are no characters

  private final Map<Path, MarkedPicture> pictures = new LinkedHashMap<>();
  private final Set<Path> doubled = new HashSet<>();
  private final UnfitFiles unfit = new UnfitFiles();
  private final List<Note> notes = new ArrayList<>();
  private final Set<String> missing = new HashSet<>(); // there may be millions
  private String firstMissing = "";
  private final Set<String> untested = new HashSet<>(); // of these what is for the test part
  private String firstUntested = "";
  private long boxes;

  void tell(String sentence) {
    notes.add(Note.of(sentence));
  }

  /** Counts what cannot be used; see {@link UnfitFiles}. */
  void add(String what, String remedy) {
    unfit.add(what, remedy);
  }

  /**
   * Counts what cannot be used, of which the cause and, behind the last semicolon, the remedy are
   * told.
   */
  void add(BadDataException failure) {
    String message = Objects.toString(failure.getMessage(), "");
    int at = message.lastIndexOf("; ");
    String remedy = at < 0 ? "" : message.substring(at + 2);
    add(
        at < 0 ? message : message.substring(0, at),
        remedy.isEmpty() ? "" : Character.toUpperCase(remedy.charAt(0)) + remedy.substring(1));
  }

  /**
   * Counts what is named and not there, as in lists of a set that was cut down since.
   *
   * @param part for which it is named, if for any
   * @param what says what names it, and that it is not there
   */
  void miss(String name, Optional<Part> part, String what) {
    firstMissing = missing.isEmpty() ? what : firstMissing;
    missing.add(name);
    if (isTest(part)) {
      firstUntested = untested.isEmpty() ? what : firstUntested;
      untested.add(name);
    }
  }

  private static boolean isTest(Optional<Part> part) {
    return part.equals(Optional.of(Part.TEST));
  }

  /**
   * Tells of what is missing: it is passed over, unless there is nothing but that.
   *
   * @param areSome whether anything that is named is there
   * @param thing what each of them is
   */
  void tellMissing(boolean areSome, String thing, String remedy) {
    int count = missing.size();
    if (count == 0) {
      return;
    }
    if (areSome) {
      tell(
          count
              + " "
              + thing
              + (count == 1
                  ? " that is named is not there and is passed over: "
                  : "s that are named are not there and are passed over; the first: ")
              + firstMissing);
    } else {
      add(andMore(firstMissing, count), remedy);
    }
  }

  private static String andMore(String first, int count) {
    return first + (count == 1 ? "" : ", and " + (count - 1) + " more like it");
  }

  /** Why there is no test part, though one is named. */
  private Optional<String> lostTest(DataFolder folder) {
    boolean isThere =
        pictures.values().stream()
            .anyMatch(each -> isTest(each.part()) || isTest(folder.partOfFolder(each.file())));
    return untested.isEmpty() || isThere
        ? Optional.empty()
        : Optional.of(andMore(firstUntested, untested.size()));
  }

  /**
   * Adds a picture. One that was added for an earlier part of a split stays there; one that other
   * annotations were given for is doubted.
   */
  void add(MarkedPicture picture) {
    MarkedPicture before = pictures.putIfAbsent(picture.file(), picture);
    if (before == null) {
      boxes += picture.marks().size();
      requireFewInAll(boxes, picture.place());
    } else if (!before.part().equals(picture.part()) && before.marks().equals(picture.marks())) {
      if (rank(picture) < rank(before)) {
        pictures.put(picture.file(), picture);
      }
      doubled.add(picture.file());
    } else {
      unfit.add(
          picture.file() + " is annotated in " + before.place() + " and in " + picture.place(),
          "Keep one of the two.");
    }
  }

  private static int rank(MarkedPicture picture) {
    return picture.part().map(Part::ordinal).orElse(Part.values().length);
  }

  /** Stops before more is kept of one picture than it may have. */
  static void requireFew(int marks, Object place) {
    if (marks > MarkedPicture.MOST_MARKS) {
      throw new BadDataException(
          place
              + " has more than "
              + MarkedPicture.MOST_MARKS
              + " boxes on one picture; cut such a picture into several.");
    }
  }

  /** Stops before more is kept than there is memory for. */
  static void requireFewInAll(long boxes, Object place) {
    if (boxes > MOST_BOXES) {
      throw new BadDataException(
          "there are more than " + MOST_BOXES + " boxes up to " + place + "; divide the data.");
    }
  }

  /**
   * The set.
   *
   * @param folder tells parts that the annotations do not
   * @param order the labels, if the annotations have an order of their own
   */
  BoxSet set(DataFolder folder, List<String> order) {
    if (!doubled.isEmpty()) {
      tell(
          doubled.size()
              + (doubled.size() == 1 ? " picture is" : " pictures are")
              + " in several parts, and kept in the first of training, validation and test");
    }
    folder.elsewhere().ifPresent(this::tell);
    BoxSet set = BoxSets.of(inParts(folder), order, notes, unfit);
    return new BoxSet(set.labels(), set.pictures(), set.notes(), lostTest(folder));
  }

  /** Folders say nothing where all pictures of the only file are in one part: it was asked for. */
  private List<MarkedPicture> inParts(DataFolder folder) {
    List<MarkedPicture> all = List.copyOf(pictures.values());
    List<MarkedPicture> told =
        all.stream()
            .map(
                each ->
                    each.in(
                        folder
                            .partOfFolder(each.file())
                            .or(() -> folder.partOfFolder(each.place()))))
            .toList();
    boolean isTold = all.stream().anyMatch(each -> each.part().isPresent());
    boolean isDivided =
        told.stream().flatMap(each -> each.part().stream()).distinct().count() > 1
            || all.stream().map(MarkedPicture::place).distinct().count() > 1;
    return isTold || !isDivided ? all : told;
  }

  /** A finite number of a size that coordinates have; empty if the text is none. */
  static OptionalDouble number(String text) {
    return NUMBER.matcher(text).matches()
        ? OptionalDouble.of(Double.parseDouble(text))
        : OptionalDouble.empty();
  }

  /**
   * A label as it is written.
   *
   * @throws BadDataException if it is none that can stand on a line
   */
  static String label(String text, String place) {
    String label = text.strip();
    boolean isPlain = label.chars().noneMatch(each -> Character.isISOControl(each) || each == NONE);
    if (label.isEmpty() || !isPlain) {
      throw new BadDataException(
          place + " has a label that is empty, not on one line or no text; give it a name.");
    }
    if (label.length() > MOST_LETTERS) {
      throw new BadDataException(
          place + " has a label of " + label.length() + " characters; give it a short name.");
    }
    return label;
  }
}
