package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.check.CheckOptions;
import dev.graft.check.CheckReport;
import dev.graft.check.ModelCheck;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft check}. */
@Command(
    name = "check",
    description =
        "Will this model train and serve? Takes it the whole road once, in a process of its own.",
    sortOptions = false,
    footer = {
      "",
      "Exit code 0 only if everything held.",
      "",
      "Examples:",
      "  graft check someones/saved_model",
      "  graft check someones/saved_model --json --timeout 120"
    })
final class CheckCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private ModelParameter model = new ModelParameter();

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "Stop after so many seconds (default: ${DEFAULT-VALUE}).")
  private long timeout = CheckOptions.defaults().timeout().toSeconds();

  @Option(
      names = "--heap",
      paramLabel = "MB",
      description = "The Java heap of the process that runs the model (default: the JVM's choice).")
  private int heap;

  @Mixin private TrustOption trust = new TrustOption();

  @Mixin private CommonOptions common = new CommonOptions();

  CheckCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    CheckReport report =
        ModelCheck.of(
            model.path(),
            CheckOptions.defaults()
                .trust(trust.trust())
                .timeout(Duration.ofSeconds(timeout))
                .heapMegabytes(heap)
                .cache(NativeLogFile.home()));
    if (json) {
      terminal.json(json(report));
    } else {
      for (CheckReport.Line line : report.story()) {
        String text = Flags.with(line.text(), line.remedies(), "; ");
        terminal.format("%-10s %s", line.step(), text);
      }
      if (report.held()) {
        terminal.bold(verdict(report));
      } else {
        terminal.line("not ready");
      }
    }
    return report.held() ? 0 : Failures.FAILED;
  }

  private static String verdict(CheckReport report) {
    long layers = report.blocked().stream().map(CheckReport.Blocked::layer).distinct().count();
    return report.blocked().isEmpty()
        ? "ready to fine-tune"
        : "ready to fine-tune, with "
            + (layers == 1 && !report.blocked().get(0).layer().isEmpty()
                ? report.blocked().get(0).layer()
                : "the blocked variables")
            + " frozen";
  }

  private static String json(CheckReport report) throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("imported", report.imported());
    root.put("parityMaxDiff", report.parityMaxDiff());
    root.put("trainable", report.trainable());
    ArrayNode blocked = root.putArray("blocked");
    for (CheckReport.Blocked each : report.blocked()) {
      ObjectNode node = blocked.addObject().put("op", each.op()).put("layer", each.layer());
      each.variables().forEach(node.putArray("variables")::add);
    }
    root.put("head", report.head());
    root.put("trained", report.trained());
    root.put("exported", report.exported());
    root.put("exportMaxDiff", report.exportMaxDiff());
    String error = report.error();
    root.put("error", error == null ? null : Flags.with(error, report.remedies(), " "));
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root);
  }
}
