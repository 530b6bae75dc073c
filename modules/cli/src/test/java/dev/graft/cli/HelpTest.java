package dev.graft.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Collection;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What {@code --help} shows. */
class HelpTest {

  static Collection<CommandLine> commands() {
    return Main.commands(Terminal.system()).getSubcommands().values();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void showsEachExampleAsItIsTyped(CommandLine command) {
    String[] footer = command.getCommandSpec().usageMessage().footer();
    assertThat(command.getUsageMessage().lines().map(String::stripTrailing))
        .containsAll(
            Arrays.stream(footer).map(line -> String.format(line).stripTrailing()).toList());
  }
}
