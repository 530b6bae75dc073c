package dev.graft.data;

import dev.graft.data.file.Reading;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
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
@Internal
public final class UnfitFiles {

  private static final int NAMED = 10; // as many as a message names

  private final List<String> named = new ArrayList<>();
  private final Set<String> remedies = new LinkedHashSet<>();
  private int count;

  /** What speaks against a file, and what to do about it. */
  private record Unfit(String what, String remedy) {}

  /**
   * Adds those of {@code files} that are no pictures which can be decoded, as far as their headers
   * tell. Looks at several at once: what takes the time is to open them.
   */
  public void check(List<Path> files) {
    for (Optional<Unfit> found : Reading.each(files, UnfitFiles::look)) {
      found.ifPresent(unfit -> add(unfit.what(), unfit.remedy()));
    }
  }

  private static Optional<Unfit> look(Path file) {
    if (Files.isDirectory(file)) {
      return Optional.of(
          new Unfit(
              file + " is a folder inside the folder of a label",
              "Put the pictures of such a folder one level up, beside it."));
    }
    try {
      return ImageFormat.unfit(file)
          .map(what -> new Unfit(file + " is " + what, "Convert it, or take it out."));
    } catch (IOException e) {
      return Optional.of(
          new Unfit(file + " cannot be read (" + e.getMessage() + ")", "Check its permissions."));
    }
  }

  /**
   * Adds what cannot be used.
   *
   * @param what says which and why
   * @param remedy a sentence that says what to do about it
   */
  public void add(String what, String remedy) {
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
  public void throwIfAny() {
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
