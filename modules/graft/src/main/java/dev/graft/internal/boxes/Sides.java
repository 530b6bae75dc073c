package dev.graft.internal.boxes;

import dev.graft.model.Labels;
import dev.graft.words.Note;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Labels that tell left from right: a picture in a mirror shows another label then. */
final class Sides {

  /** A word by itself, as in left_hand, turn right, leftHand, handLeft, LEFT. */
  private static final Pattern WORD =
      Pattern.compile(
          "(?<![A-Za-z])(left|right)(?![a-z])|(Left|Right)(?![a-z])"
              + "|(?<![A-Za-z])(LEFT|RIGHT)(?![A-Za-z])");

  private Sides() {}

  /** The first of {@code labels} that tells sides apart, by a word or by one for the other side. */
  static Optional<String> in(Labels labels) {
    Set<String> all =
        labels.names().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    return labels.names().stream()
        .filter(name -> WORD.matcher(name).find() || all.contains(otherSide(name)))
        .findFirst();
  }

  /** What it is called in a mirror; empty where it says nothing of sides. */
  private static String otherSide(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    String other =
        Pattern.compile("left|right")
            .matcher(lower)
            .replaceAll(found -> found.group().equals("left") ? "right" : "left");
    return other.equals(lower) ? "" : other;
  }

  /** That pictures are not mirrored, and why. */
  static Note note(String name) {
    return Note.of(
        "pictures are not mirrored, nor turned upside down, since '"
            + name
            + "' tells left from right");
  }
}
