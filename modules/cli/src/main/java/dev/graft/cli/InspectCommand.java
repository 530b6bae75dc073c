package dev.graft.cli;

import dev.graft.Graft;
import dev.graft.Inspection;
import dev.graft.error.BadRequestException;
import dev.graft.surgeon.Selection;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.words.Printable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
      "  graft inspect my/saved_model --tags serve,gpu --signature predict",
      "  graft inspect my/model.tar.gz --json",
      "  graft inspect my/saved_model --gpu --optimizer adagrad"
    })
final class InspectCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private ModelParameter model = new ModelParameter();

  @Option(
      names = "--depth",
      paramLabel = "N",
      description =
          "1 folds blocks into a line (default), 2 shows every layer, 3 those inside them, and so"
              + " on.")
  private @Nullable Integer depth;

  @Mixin private SignatureOptions signature = new SignatureOptions();

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

  @Option(
      names = "--gpu",
      description =
          "Show which ops of a training step, and so which variables, a GPU would leave to the CPU."
              + " Needs no GPU.")
  private boolean gpu;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "With --gpu: whose step (that of finetune).")
  private @Nullable String optimizer;

  @Mixin private CommonOptions common = new CommonOptions();

  InspectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    requireOneKind();
    Inspection inspection = Graft.inspect(model.path(), signature.options());
    if (graph) {
      nodes(GraphDef.parseFrom(inspection.model().graphDef()));
    } else if (!selection.isEmpty()) {
      show(inspection.select(selection));
    } else if (json) {
      terminal.json(ModelJson.of(inspection, gpu ? Optional.of(step()) : Optional.empty()));
    } else if (gpu) {
      PlacementText.lines(inspection, step()).forEach(terminal::line);
    } else {
      lines(inspection).forEach(terminal::line);
    }
    return 0;
  }

  private void requireOneKind() {
    if (Stream.of(json, graph, !selection.isEmpty()).filter(given -> given).count() > 1) {
      throw new BadRequestException(
          "give one of --json, --graph and --select: each prints something else.");
    }
    if (gpu && (graph || !selection.isEmpty())) {
      throw new BadRequestException(
          "--gpu goes with --json or alone: --graph and --select print something else.");
    }
    if (optimizer != null && !gpu) {
      throw new BadRequestException("--optimizer is for --gpu; give that, too, or leave it out.");
    }
    if (depth == null) {
      return;
    }
    if (depth < 1) {
      throw new BadRequestException(
          "--depth must be 1 or more, given " + depth + "; 1 folds blocks into a line.");
    }
    if (json || graph || gpu || !selection.isEmpty()) {
      throw new BadRequestException(
          "--depth is of the table of layers; leave it out with --json, --graph, --select and --gpu,"
              + " which print something else.");
    }
  }

  /** By whose step placing is judged. */
  private Optimizer step() {
    return optimizer == null ? FineTune.top().optimizer() : Optimizer.named(optimizer);
  }

  /** A line for each node, then the functions of loops and branches with theirs. */
  private void nodes(GraphDef flat) {
    flat.getNodeList().forEach(node -> node("", node));
    flat.getLibrary()
        .getFunctionList()
        .forEach(
            function -> {
              terminal.line("function " + function.getSignature().getName());
              function.getNodeDefList().forEach(node -> node("  ", node));
            });
  }

  private void node(String indent, NodeDef node) {
    String inputs = String.join(" ", node.getInputList());
    terminal.line(
        indent
            + Printable.cell(node.getName())
            + "\t"
            + Printable.cell(node.getOp())
            + "\t"
            + Printable.cell(inputs));
  }

  private List<String> lines(Inspection inspection) {
    return new ModelText(inspection).lines(depth == null ? 1 : depth);
  }

  private void show(Selection hit) {
    hit.layers().forEach(layer -> terminal.line("layer     " + layer));
    hit.variables().forEach(variable -> terminal.line("variable  " + variable));
  }
}
