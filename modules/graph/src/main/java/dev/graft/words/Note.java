package dev.graft.words;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Something that was taken for granted, for a person to read.
 *
 * @param sentence what, and why
 * @param remedies what turns it round
 */
public record Note(String sentence, List<Remedy> remedies) {

  public Note {
    remedies = List.copyOf(remedies);
  }

  /** A note that these turn round. */
  public static Note of(String sentence, Remedy... remedies) {
    requireNonNull(sentence, "sentence");
    requireNonNull(remedies, "remedies");
    return new Note(sentence, List.of(remedies));
  }

  @Override
  public String toString() {
    return sentence;
  }
}
