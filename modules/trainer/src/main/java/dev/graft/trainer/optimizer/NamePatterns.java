package dev.graft.trainer.optimizer;

import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.Model;
import dev.graft.words.Remedy;
import java.util.Collection;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Regular expressions that are looked for in the names of variables. */
@Internal
public final class NamePatterns {

  private NamePatterns() {}

  /**
   * Makes sure that each is found in the name of a variable.
   *
   * @param what they say, for a person to read
   */
  public static void requireHits(String what, Collection<String> patterns, Model model) {
    for (String pattern : patterns) {
      Pattern wanted = Pattern.compile(pattern);
      if (model.variables().stream().noneMatch(v -> wanted.matcher(v.name()).find())) {
        throw new BadRequestException(
            what
                + " '"
                + pattern
                + "', which is found in no variable's name of "
                + model.name()
                + "; an inspection of the model lists them.",
            Remedy.INSPECT);
      }
    }
  }

  /**
   * Makes sure that they are what they should be.
   *
   * @param what they say, for a person to read
   */
  static void check(String what, Collection<String> patterns) {
    for (String pattern : patterns) {
      try {
        Pattern.compile(pattern);
      } catch (PatternSyntaxException e) {
        throw new BadRequestException(
            what
                + " '"
                + pattern
                + "', which is no regular expression: "
                + e.getDescription()
                + (e.getIndex() < 0 ? "" : " after character " + e.getIndex())
                + "; correct it, or take Pattern.quote(...) of what stands in a name as it is.",
            e);
      }
    }
  }
}
