package dev.graft.model;

import com.google.common.collect.ImmutableList;
import java.util.HashSet;
import java.util.List;

/**
 * The answers of a classifier, in the order of its outputs. At least one, none twice.
 *
 * @param names the labels
 */
public record Labels(ImmutableList<String> names) {

  public Labels {
    if (names.isEmpty()) {
      throw new BadRequestException("there has to be at least one label.");
    }
    if (new HashSet<>(names).size() != names.size()) {
      throw new BadRequestException("a label stands twice in " + names + "; give each label once.");
    }
  }

  /** The labels in this order. */
  public static Labels of(String... names) {
    return new Labels(ImmutableList.copyOf(names));
  }

  /** The labels in this order. */
  public static Labels of(List<String> names) {
    return new Labels(ImmutableList.copyOf(names));
  }

  /** How many there are. */
  public int size() {
    return names.size();
  }
}
