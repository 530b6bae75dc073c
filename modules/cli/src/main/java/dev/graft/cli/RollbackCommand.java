package dev.graft.cli;

import dev.graft.Device;
import dev.graft.Graft;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code graft rollback}. */
@Command(
    name = "rollback",
    description = "Publish an older version once more, as the next one, which servers go to.",
    sortOptions = false,
    footer = {
      "",
      "Without --to: what was there before the last one; a second rollback goes back one further.",
      "The copy is compared byte for byte and loaded by TensorFlow before it is visible.",
      "",
      "Examples:",
      "  graft rollback serving/photos",
      "  graft rollback serving/photos --to 3"
    })
final class RollbackCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(paramLabel = "BASE", description = "A folder of versions: --out of finetune.")
  private Path base = Path.of("");

  @Option(names = "--to", paramLabel = "N", description = "The version to go back to.")
  private Optional<Long> number = Optional.empty();

  @Mixin private CommonOptions common = new CommonOptions();

  RollbackCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    try (Graft graft = Graft.open(MachineOptions.settings(Device.CPU, 0))) {
      terminal.line("export    " + graft.rollback(base, number) + " · loaded by TensorFlow");
    }
    return 0;
  }
}
