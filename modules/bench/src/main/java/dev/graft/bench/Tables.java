package dev.graft.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Makes the tables of {@code docs/benchmarks/README.md} from the results beside it. */
final class Tables {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String MARK = "<!-- from here on made by tools/bench/run --tables -->\n";

  private Tables() {}

  /** Writes the tables anew. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Files.writeString(folder.resolve("README.md"), page(folder));
  }

  /** What the page should be: what a person wrote, and a table for each file of results. */
  static String page(Path folder) throws IOException {
    String now = Files.readString(folder.resolve("README.md"));
    StringBuilder page = new StringBuilder(now.substring(0, now.indexOf(MARK) + MARK.length()));
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
    for (Path file : files) {
      table(file, page);
    }
    return page.toString();
  }

  private static void table(Path file, StringBuilder page) throws IOException {
    JsonNode json = JSON.readTree(file.toFile());
    page.append(
        String.format(
            "%n## [%s](%s)%n%n%s, %s%n%n",
            file.getFileName().toString().replace(".json", ""),
            file.getFileName(),
            json.get("machine").asText(),
            json.get("date").asText()));
    double load = 0;
    for (JsonNode row : json.get("rows")) {
      load = Math.max(load, row.get("load").asDouble());
    }
    page.append(String.format(Locale.ROOT, "Load average %.1f at most: ", load))
        .append(
            load < 4
                ? "little else ran.\n\n"
                : "much else ran, which tells in the ranges of the pairs.\n\n");
    page.append("| row | what | Graft | peer | ratio (pairs) | bar | |\n");
    page.append("|---|---|---|---|---|---|---|\n");
    for (JsonNode row : json.get("rows")) {
      page.append(row(row));
    }
  }

  private static String row(JsonNode row) {
    boolean hasBar = row.get("bar").asDouble() > 0;
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %.2f (%.2f to %.2f) | %s | %s |%n",
        row.get("name").asText(),
        row.get("what").asText() + chosen(row),
        amount(row.get("graft").asDouble(), row.get("measure").asText()),
        amount(row.get("peer").asDouble(), row.get("measure").asText()),
        row.get("ratio").asDouble(),
        row.get("spread").get(0).asDouble(),
        row.get("spread").get(1).asDouble(),
        hasBar ? String.format(Locale.ROOT, "%.2f", row.get("bar").asDouble()) : "-",
        hasBar ? row.get("met").asBoolean() ? "met" : "missed" : "-");
  }

  /** What was chosen by a measurement, which another processor may choose otherwise. */
  private static String chosen(JsonNode row) {
    return row.has("chosen")
        ? "; chosen on " + row.get("machine").asText() + ": " + row.get("chosen").asText()
        : "";
  }

  private static String amount(double value, String measure) {
    if (measure.startsWith("share")) {
      return String.format(Locale.ROOT, "%.1f%%", 100 * value);
    }
    return measure.startsWith("MB")
        ? String.format(Locale.ROOT, "%.0f MB", value)
        : value < 1
            ? String.format(Locale.ROOT, "%.1f ms", 1000 * value)
            : String.format(Locale.ROOT, "%.2f s", value);
  }
}
