package dev.graft.model;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * The answers of a classifier, in the order of its outputs. At least one, none twice.
 *
 * @param names the labels, letters and accents composed (Unicode's form NFC): a name from an
 *     archive of macOS has them apart, and would be another label than the same word from elsewhere
 */
public record Labels(List<String> names) {

  private static final int NAMED = 10; // of the doubles

  public Labels {
    if (names.isEmpty()) {
      throw new BadRequestException("there has to be at least one label.");
    }
    names =
        names.stream()
            .map(name -> Normalizer.normalize(name, Normalizer.Form.NFC))
            .collect(ImmutableList.toImmutableList());
    if (new HashSet<>(names).size() != names.size()) {
      throw new BadRequestException(
          "a label stands twice: " + doubles(names) + "; give each label once.");
    }
  }

  /** Which labels stand where more than once, counted from 1. */
  private static String doubles(List<String> names) {
    Map<String, Integer> first = new HashMap<>();
    List<String> found = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Integer before = first.putIfAbsent(names.get(i), i + 1);
      if (before != null) {
        found.add("'" + names.get(i) + "' is number " + before + " and " + (i + 1));
      }
    }
    return String.join(", ", found.subList(0, Math.min(NAMED, found.size())))
        + (found.size() > NAMED ? " and " + (found.size() - NAMED) + " more" : "");
  }

  /** The labels in this order. */
  public static Labels of(String... names) {
    requireNonNull(names, "names");
    return new Labels(ImmutableList.copyOf(names));
  }

  /** The labels in this order. */
  public static Labels of(List<String> names) {
    requireNonNull(names, "names");
    return new Labels(ImmutableList.copyOf(names));
  }

  /** How many there are. */
  public int size() {
    return names.size();
  }

  /** The label of this number, from 0; the number itself where there are not so many. */
  public String name(int number) {
    return number < names.size() ? names.get(number) : "" + number;
  }
}
