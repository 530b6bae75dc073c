package dev.graft.words;

import static java.util.Objects.requireNonNull;

/**
 * Text of others, such as a model's names or a file's, made fit to be printed: a control character
 * in it would move the cursor, colour what follows or begin a line, and so say something in Graft's
 * name.
 */
public final class Printable {

  private static final char INSTEAD = '\uFFFD';
  private static final char LINE_BREAK = '\u21B5'; // an arrow, as on the key

  private Printable() {}

  /** {@code text} for a cell of a table that tabs and lines divide. */
  public static String cell(String text) {
    requireNonNull(text, "text");
    return without(text, "");
  }

  /** {@code text} for one line, in which tabs may divide cells. */
  public static String line(String text) {
    requireNonNull(text, "text");
    return without(text, "\t");
  }

  /**
   * {@code text} for several lines, each but the first indented: so none of them can pass for one
   * that Graft began.
   */
  public static String lines(String text) {
    requireNonNull(text, "text");
    StringBuilder all = new StringBuilder();
    for (String line : text.stripTrailing().split("\r?\n", -1)) {
      boolean isMore = all.length() > 0;
      all.append(isMore ? "\n" : "")
          .append(isMore && !line.startsWith("  ") && !line.isEmpty() ? "  " : "")
          .append(line(line));
    }
    return all.toString();
  }

  /** {@code json} with such characters in their escaped form; its own line breaks stay. */
  public static String json(String json) {
    requireNonNull(json, "json");
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (c != '\n' && c != '\r' && isControl(c)) {
        all.append(String.format("\\u%04x", (int) c));
      } else {
        all.append(c);
      }
    }
    return all.toString();
  }

  private static String without(String text, String allowed) {
    StringBuilder all = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean stays = !isControl(c) || allowed.indexOf(c) >= 0;
      all.append(stays ? c : c == '\n' ? LINE_BREAK : INSTEAD);
    }
    return all.toString();
  }

  /** Those of ASCII and Latin-1, line and paragraph ends, and what turns the direction round. */
  private static boolean isControl(char c) {
    return Character.isISOControl(c)
        || c >= '\u2028' && c <= '\u202E'
        || c >= '\u2066' && c <= '\u2069'
        || c == '\u200E'
        || c == '\u200F'
        || c == '\u061C';
  }
}
