package dev.graft.words;

import java.io.Serializable;
import java.util.Locale;
import java.util.Map;

/**
 * What was asked for of a model, and what came out.
 *
 * @param metric of what, such as {@code accuracy} or {@code recall.daisy}
 * @param found what came out
 * @param wanted what it is held against
 * @param atMost whether less is better, so that {@code wanted} is the most that will do
 * @param against what has {@code wanted}, such as {@code version 3}; empty if it was given outright
 */
public record Figure(String metric, double found, double wanted, boolean atMost, String against)
    implements Serializable {

  private static final Map<String, String> UNITS = Map.of("latency", "ms", "size", "MB");
  private static final int MOST_DIGITS = 9;

  /** Whether it is as good as was asked for. What is no number is not. */
  public boolean holds() {
    return atMost ? found <= wanted : found >= wanted;
  }

  /**
   * For a person: {@code accuracy 0.812, at least 0.900 asked for}. With as many digits as it takes
   * to show what was asked for, and that the two differ.
   */
  public String words() {
    int digits = digits();
    return String.format(
        Locale.ROOT,
        "%s %s, at %s %s %s",
        metric,
        number(found, digits),
        atMost ? "most" : "least",
        number(wanted, digits),
        against.isEmpty() ? "asked for" : "as " + against + " has it");
  }

  private int digits() {
    int digits = UNITS.containsKey(metric) ? 1 : 3;
    while (digits < MOST_DIGITS && !isTold(digits)) {
      digits++;
    }
    return digits;
  }

  private boolean isTold(int digits) {
    String bound = rounded(wanted, digits);
    boolean isWhole = !against.isEmpty() || Double.parseDouble(bound) == wanted;
    return isWhole && (found == wanted || !rounded(found, digits).equals(bound));
  }

  private static String rounded(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  private String number(double value, int digits) {
    if (Double.isNaN(value)) {
      return "no number";
    }
    String unit = UNITS.getOrDefault(metric, "");
    return unit.isEmpty() ? rounded(value, digits) : rounded(value, digits) + " " + unit;
  }
}
