package dev.graft.data;

import dev.graft.error.BadDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The files of a data set that cannot be used, told all at once: whoever mends one wants to know of
 * the others.
 */
final class UnfitFiles {

  private static final int NAMED = 10; // as many as a message names

  private final List<String> named = new ArrayList<>();
  private final Set<String> remedies = new LinkedHashSet<>();
  private int count;

  /** Adds {@code file} if it is no picture that can be decoded, as far as its header tells. */
  void check(Path file) {
    if (Files.isDirectory(file)) {
      add(
          file + " is a folder inside the folder of a label",
          "Put the pictures of such a folder one level up, beside it.");
      return;
    }
    try {
      Optional<String> unfit = ImageFormat.unfit(file);
      unfit.ifPresent(what -> add(file + " is " + what, "Convert it, or take it out."));
    } catch (IOException e) {
      add(file + " cannot be read (" + e.getMessage() + ")", "Check its permissions.");
    }
  }

  /**
   * Adds what cannot be used.
   *
   * @param what says which and why
   * @param remedy a sentence that says what to do about it
   */
  void add(String what, String remedy) {
    if (count++ < NAMED) {
      named.add(what);
    }
    remedies.add(remedy);
  }

  /**
   * Fails if there is any.
   *
   * @throws BadDataException naming them, up to ten, and how many there are
   */
  void throwIfAny() {
    String remedy = String.join(" ", remedies);
    if (count == 1) {
      throw new BadDataException(named.get(0) + ". " + remedy);
    }
    if (count > 1) {
      int more = count - named.size();
      throw new BadDataException(
          count
              + " cannot be used:\n  "
              + String.join("\n  ", named)
              + (more > 0 ? "\n  and " + more + " more" : "")
              + "\n"
              + remedy.replace("Convert it, or take it out.", "Convert them, or take them out."));
    }
  }
}
