package dev.graft.data;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadDataException;
import dev.graft.words.Note;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Divides a dataset: as it is said, where it was read from folders of parts, and by a {@link
 * Stratifier} what is left to be drawn.
 */
final class Division {

  private final Dataset dataset;
  private final Map<Part, int[]> told = new EnumMap<>(Part.class);
  private final List<String> notes = new ArrayList<>();
  private final Split split;

  Division(Dataset dataset, Split split) {
    this.dataset = dataset;
    this.split = split;
    for (Part part : Part.values()) {
      int[] examples = of(dataset, part);
      if (examples.length > 0) {
        told.put(part, examples);
      }
    }
  }

  private static int[] of(Dataset dataset, Part part) {
    return IntStream.range(0, dataset.size()).filter(i -> dataset.part(i) == part).toArray();
  }

  /**
   * The parts.
   *
   * @throws BadDataException if a part is too small to score by
   */
  Parts parts() {
    int[] all = told.getOrDefault(Part.TRAIN, IntStream.range(0, dataset.size()).toArray());
    if (!told.isEmpty()) {
      tell();
      told.forEach(this::checkLabels);
    } else if (dataset.duplicates() > 0) {
      notes.add("duplicates are kept on one side");
    }
    Dataset drawn = dataset.subset(all);
    Stratifier stratifier =
        new Stratifier(
            drawn,
            new Split(
                split.train(),
                told.containsKey(Part.VALIDATION) ? 0 : split.validation(),
                told.containsKey(Part.TEST) ? 0 : split.test(),
                split.seed(),
                split.perLabel()));
    List<int[]> parts = stratifier.parts();
    notes.addAll(stratifier.notes());
    return new Parts(
        drawn.subset(parts.get(0)),
        part(Part.VALIDATION, drawn, parts.get(1)),
        part(Part.TEST, drawn, parts.get(2)),
        ImmutableList.copyOf(notes));
  }

  private Dataset part(Part part, Dataset drawn, int[] examples) {
    int[] said = told.get(part);
    return said == null ? drawn.subset(examples) : dataset.subset(said);
  }

  /** Whose parts these are, and what they have in common that they should not. */
  private void tell() {
    List<String> folders = told.keySet().stream().map(Part::words).toList();
    List<String> missing =
        Stream.of(Part.VALIDATION, Part.TEST)
            .filter(part -> !told.containsKey(part))
            .map(Part::words)
            .toList();
    notes.add(
        String.join(" and ", folders)
            + (folders.size() == 1 ? " part as the data say" : " parts as the data say")
            + (missing.isEmpty()
                ? ""
                : "; "
                    + String.join(" and ", missing)
                    + (missing.size() == 1 ? " part" : " parts")
                    + " drawn from what is for training"));
    Set<String> learned = new HashSet<>();
    for (int i : told.getOrDefault(Part.TRAIN, new int[0])) {
      learned.add(dataset.content(i));
    }
    told.forEach(
        (part, examples) -> {
          long known =
              IntStream.of(examples).filter(i -> learned.contains(dataset.content(i))).count();
          if (part != Part.TRAIN && known > 0) {
            notes.add(
                known
                    + " of the "
                    + part.words()
                    + " part are equal to one that is learned from, so that its score is too good;"
                    + " take them out of one of the two");
          }
        });
  }

  /** A part that somebody divided may lack labels, of which no score tells then. */
  private void checkLabels(Part part, int[] examples) {
    if (part == Part.TRAIN || !dataset.isOneLabel()) {
      return;
    }
    int[] counts = dataset.subset(examples).perLabel();
    List<String> names = dataset.labels().names();
    List<String> missing =
        IntStream.range(0, counts.length)
            .filter(label -> counts[label] == 0)
            .mapToObj(label -> "'" + names.get(label) + "'")
            .toList();
    if (names.size() > 1 && missing.size() == names.size() - 1) {
      throw new BadDataException(
          "the "
              + part.words()
              + " part has examples of one label only, of "
              + names.size()
              + ", and a score on one label alone says nothing; add some of the others, or leave"
              + " the part out, so that it is drawn.");
    }
    if (!missing.isEmpty()) {
      notes.add(
          "the "
              + part.words()
              + " part has no example of "
              + Stratifier.named(missing)
              + ": no score on it tells how well "
              + (missing.size() == 1 ? "that is" : "these are")
              + " learned");
    }
  }

  /**
   * What of a dataset is for scoring a model: its test part, if folders say which that is, else its
   * validation part; all of it where nothing is said.
   */
  static Dataset scored(Dataset dataset) {
    for (Part part : List.of(Part.TEST, Part.VALIDATION)) {
      int[] examples = of(dataset, part);
      if (examples.length > 0) {
        return dataset
            .subset(examples)
            .noted(
                Note.of(
                    examples.length
                        + " of "
                        + dataset.size()
                        + " are scored, those that the folders put in the "
                        + part.words()
                        + " part"));
      }
    }
    return dataset;
  }
}
