package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Inspection;
import dev.graft.Trust;
import dev.graft.model.Model;
import dev.graft.surgeon.Selection;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code graft inspect}. */
@Command(
    name = "inspect",
    description = "Look at a SavedModel without running it: layers, inputs, outputs, its head.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  graft inspect efficientnet-lite0",
      "  graft inspect my/saved_model --depth 2",
      "  graft inspect efficientnet-lite0 --select 'last 2 blocks'",
      "  graft inspect my/saved_model --json"
    })
final class InspectCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private CommonOptions common = new CommonOptions();

  @Parameters(
      paramLabel = "DIR|NAME",
      description =
          "A SavedModel's folder or archive (.zip, .tar.gz), or a backbone that ships with Graft.")
  private String model = "";

  @Option(
      names = "--depth",
      paramLabel = "N",
      description =
          "1 folds blocks into a line, 2 shows every layer, 3 those inside them, and so on.")
  private int depth = 1;

  @Option(names = "--json", description = "Print everything as JSON.")
  private boolean json;

  @Option(names = "--graph", description = "List the nodes of the flat graph.")
  private boolean graph;

  @Option(
      names = "--select",
      paramLabel = "WHERE",
      description =
          "Show what a selection hits: names, globs, classes, 'last 2 blocks', 'until x'.")
  private String selection = "";

  InspectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    Model loaded = Graft.load(ModelNames.resolve(model), Trust.ALLOW); // nothing of it runs here
    if (graph) {
      loaded
          .graph()
          .nodes()
          .forEach(
              node ->
                  terminal.line(
                      node.getName()
                          + "\t"
                          + node.getOp()
                          + "\t"
                          + String.join(" ", node.getInputList())));
      return 0;
    }
    Inspection inspection = Graft.inspect(loaded);
    if (!selection.isEmpty()) {
      show(inspection.select(selection));
    } else if (json) {
      terminal.line(ModelJson.of(inspection));
    } else {
      lines(inspection).forEach(terminal::line);
    }
    return 0;
  }

  private List<String> lines(Inspection inspection) {
    return new ModelText(inspection).lines(depth);
  }

  private void show(Selection hit) {
    hit.layers().forEach(layer -> terminal.line("layer     " + layer));
    hit.variables().forEach(variable -> terminal.line("variable  " + variable));
  }
}
