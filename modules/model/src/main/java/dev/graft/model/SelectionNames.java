package dev.graft.model;

import dev.graft.error.Internal;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How a layer is called in the language that selects layers, which the surgeon reads. Whoever
 * advises a user what to select says it in the same words.
 */
@Internal
public final class SelectionNames {

  private static final Pattern PLAIN = Pattern.compile("[\\w*?.:-][\\w*?/.:-]*");

  /** Words of the language itself: a layer called so has to be quoted. */
  private static final Set<String> RESERVED =
      Set.of(
          "all",
          "and",
          "backbone",
          "block",
          "blocks",
          "class",
          "except",
          "from",
          "head",
          "last",
          "not",
          "or",
          "role",
          "until",
          "variables");

  private SelectionNames() {}

  /** Returns {@code name}, in quotes where it needs them. */
  public static String quoted(String name) {
    return PLAIN.matcher(name).matches() && !RESERVED.contains(name)
        ? name
        : "'" + name.replace("'", "''") + "'";
  }
}
