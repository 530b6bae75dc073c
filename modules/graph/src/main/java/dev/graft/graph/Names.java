package dev.graft.graph;

import dev.graft.error.Internal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Gives names of which none is given twice: {@code x} if it is free, else {@code x_1} and so on.
 */
@Internal
public final class Names {

  private final Predicate<String> elsewhere;
  private final Set<String> given = new HashSet<>();
  private final Map<String, Integer> suffixes = new HashMap<>(); // the last tried, by wanted name

  /**
   * Begins to give names.
   *
   * @param elsewhere tells which names are taken already
   */
  public Names(Predicate<String> elsewhere) {
    this.elsewhere = elsewhere;
  }

  /** Begins where no name is taken yet. */
  public static Names none() {
    return new Names(name -> false);
  }

  /** Returns {@code wanted}, with a suffix if that is taken; the name is taken from now on. */
  public String take(String wanted) {
    String name = wanted;
    while (elsewhere.test(name) || !given.add(name)) {
      name = wanted + "_" + suffixes.merge(wanted, 1, Integer::sum);
    }
    return name;
  }

  /** Returns {@code wanted}, or the first of {@code wanted_1}, ... that is not {@code taken}. */
  public static String free(String wanted, Predicate<String> taken) {
    return new Names(taken).take(wanted);
  }
}
