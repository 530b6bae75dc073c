package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.PublishedVersion;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code graft versions}. */
@Command(
    name = "versions",
    description = "List the versions in a folder, and which of them are in use.",
    sortOptions = false,
    footer = {
      "",
      "Servers go to the last. A version is in use while some process reads it with Graft.",
      "",
      "Examples:",
      "  graft versions serving/photos",
      "  graft versions serving/photos --json"
    })
final class VersionsCommand implements Callable<Integer> {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  private final Terminal terminal;

  @Parameters(paramLabel = "BASE", description = "A folder of versions: --out of finetune.")
  private Path base = Path.of("");

  @Option(names = "--json", description = "Print one JSON array.")
  private boolean json;

  @Mixin private CommonOptions common = new CommonOptions();

  VersionsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    List<PublishedVersion> versions = PublishedVersion.in(base);
    if (json) {
      terminal.json(json(versions));
      return 0;
    }
    if (versions.isEmpty()) {
      terminal.line("'" + base + "' holds no version.");
      return 0;
    }
    TextTable table = new TextTable(30, true, false, false, true, false);
    table.row("version", "published", "score", "MB", "in use");
    for (PublishedVersion version : versions) {
      table.row(
          "" + version.number(),
          TIME.format(version.published().atZone(ZoneId.systemDefault())),
          version.scores().entrySet().stream().findFirst().map(VersionsCommand::words).orElse("-"),
          String.format(Locale.ROOT, "%.1f", version.megabytes()),
          version.isInUse() ? "yes" : "-");
    }
    table.lines().forEach(terminal::line);
    return 0;
  }

  private static String words(Map.Entry<String, Double> score) {
    return String.format(Locale.ROOT, "%s %.3f", score.getKey(), score.getValue());
  }

  private static String json(List<PublishedVersion> versions) throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode all = mapper.createArrayNode();
    for (PublishedVersion version : versions) {
      ObjectNode node =
          all.addObject()
              .put("version", version.number())
              .put("path", version.path().toString())
              .put("published", version.published().toString())
              .put("megabytes", version.megabytes())
              .put("inUse", version.isInUse());
      ObjectNode scores = node.putObject("scores");
      version.scores().forEach(scores::put);
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(all);
  }
}
