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

  /** Whether it is as good as was asked for. What is no number is not. */
  public boolean holds() {
    return atMost ? found <= wanted : found >= wanted;
  }

  /** For a person: {@code accuracy 0.812, at least 0.900 asked for}. */
  public String words() {
    return String.format(
        Locale.ROOT,
        "%s %s, at %s %s %s",
        metric,
        number(found),
        atMost ? "most" : "least",
        number(wanted),
        against.isEmpty() ? "asked for" : "as " + against + " has it");
  }

  private String number(double value) {
    if (Double.isNaN(value)) {
      return "no number";
    }
    return UNITS.containsKey(metric)
        ? String.format(Locale.ROOT, "%.1f %s", value, UNITS.get(metric))
        : String.format(Locale.ROOT, "%.3f", value);
  }
}
