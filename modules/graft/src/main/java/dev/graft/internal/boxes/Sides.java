package dev.graft.internal.boxes;

import dev.graft.model.Labels;
import dev.graft.words.Note;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Labels that a mirror changes: those that tell left from right, and signs, of which b is d there.
 */
final class Sides {

  /** A word by itself, as in left_hand, turn right, leftHand, handLeft, LEFT. */
  private static final Pattern WORD =
      Pattern.compile(
          "(?<![A-Za-z])(left|right)(?![a-z])|(Left|Right)(?![a-z])"
              + "|(?<![A-Za-z])(LEFT|RIGHT)(?![A-Za-z])");

  /** A letter or a digit, and no sign that stands for a whole word. */
  private static final Pattern SIGN = Pattern.compile("[\\p{L}\\p{N}&&[^\\p{IsIdeographic}]]");

  private Sides() {}

  /** Whether pictures with these labels are still pictures of them when they are mirrored. */
  static boolean allowMirrors(Labels labels) {
    return in(labels).isEmpty() && !areSigns(labels);
  }

  /** Whether most are single letters or digits. */
  private static boolean areSigns(Labels labels) {
    return 2 * labels.names().stream().filter(Sides::isSign).count() > labels.size();
  }

  private static boolean isSign(String name) {
    return SIGN.matcher(name).matches();
  }

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

  /** Whether pictures with these labels are mirrored, and why. */
  static Note note(Labels labels) {
    if (allowMirrors(labels)) {
      return Note.of(
          "pictures may be learned from mirrored, since no label is seen to tell left from right, nor"
              + " are most single letters or digits");
    }
    return Note.of(
        "pictures are not mirrored, nor turned upside down, since "
            + in(labels)
                .map(name -> "'" + name + "' tells left from right")
                .orElseGet(
                    () ->
                        "most labels, such as '"
                            + labels.names().stream().filter(Sides::isSign).findFirst().orElse("")
                            + "', are single letters or digits, which are other signs then; give"
                            + " them names where they only stand for something"));
  }
}
