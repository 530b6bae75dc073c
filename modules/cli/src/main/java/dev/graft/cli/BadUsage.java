package dev.graft.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Says of a command line that cannot be read what is wrong with it, where the eye falls: the whole
 * help would push that off the screen.
 */
record BadUsage(Terminal terminal) implements CommandLine.IParameterExceptionHandler {

  @Override
  public int handleParseException(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    if (command.getParent() == null && args.length == 0) {
      terminal.errorWriter().println(command.getUsageMessage().stripTrailing());
      return Failures.BAD_INPUT;
    }
    List<String> said = new ArrayList<>();
    UnmatchedArgumentException unmatched = unmatched(failure);
    if (unmatched != failure) {
      said.add(words(String.valueOf(failure.getMessage())));
    }
    if (unmatched != null) {
      said.add(words(command, unmatched));
      if (!unmatched.getSuggestions().isEmpty()) {
        said.add("Did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?");
      }
    }
    boolean knows = command.getCommandSpec().findOption("--gpu") != null; // as inspect does
    if (Arrays.asList(args).contains("--gpu") && !knows) {
      said.add("--gpu is for ./graft and comes first: ./graft --gpu finetune ...");
    }
    String name = command.getCommandSpec().qualifiedName();
    said.add("'" + name + " --help' shows what it takes, with examples.");
    terminal.error("error: " + String.join("\n  ", said));
    return Failures.BAD_INPUT;
  }

  /** In words of people who write no Java. */
  private static String words(String message) {
    return message
        .replaceAll(" is not an? (int|long)$", " is no whole number")
        .replaceAll(" is not an? (double|float)$", " is no number");
  }

  private static String words(CommandLine command, UnmatchedArgumentException unmatched) {
    if (unmatched.isUnknownOption()) {
      return String.valueOf(unmatched.getMessage());
    }
    String first = "'" + unmatched.getUnmatched().get(0) + "'";
    return command.getParent() == null
        ? "there is no command " + first
        : first + " is one argument too many";
  }

  /** What nobody asked for: often the reason why something else is missing. */
  private static @Nullable UnmatchedArgumentException unmatched(ParameterException failure) {
    if (failure instanceof UnmatchedArgumentException unmatched) {
      return unmatched;
    }
    List<String> rest = failure.getCommandLine().getUnmatchedArguments();
    return rest.isEmpty() ? null : new UnmatchedArgumentException(failure.getCommandLine(), rest);
  }
}
