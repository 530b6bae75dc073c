package dev.graft.surgeon.internal.analysis;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Finds the names that a mistyped one may have meant. */
public final class Nearest {

  private static final int MOST = 3;

  private Nearest() {}

  /** The names nearest to {@code wanted}, nearest first. */
  static List<String> to(String wanted, Collection<String> known) {
    return known.stream()
        .distinct()
        .sorted(Comparator.comparingInt((String name) -> score(wanted, name)))
        .limit(MOST)
        .toList();
  }

  /** {@code "Nearest: a, b, c."}, or that there is nothing to choose from. */
  public static String sentence(String wanted, Collection<String> known) {
    if (known.isEmpty()) {
      return "There is none to choose from.";
    }
    return to(wanted, known).stream().collect(Collectors.joining(", ", "Nearest: ", "."));
  }

  /** The first few of many names, and how many more there are. */
  public static String some(List<String> names) {
    String first = names.stream().limit(MOST).collect(Collectors.joining(", "));
    return names.size() <= MOST ? first : first + " and " + (names.size() - MOST) + " more";
  }

  /** Edits between the two, half price for a name that contains the other. */
  private static int score(String wanted, String name) {
    String a = wanted.toLowerCase(Locale.ROOT);
    String b = name.toLowerCase(Locale.ROOT);
    int edits = 2 * distance(a, b);
    return a.isEmpty() || !(b.contains(a) || a.contains(b)) ? edits : edits / 4;
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
