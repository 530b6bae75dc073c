package dev.graft.internal.card;

import com.fasterxml.jackson.databind.JsonNode;
import dev.graft.words.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A card for people: what {@link CardJson} says, in Markdown. */
final class CardText {

  private static final int MOST_LABELS = 100; // in a table; all are in the other form
  private static final int LONGEST = 160; // characters of what a step was given
  private static final String NOTHING = "–";

  /** What Markdown takes for more than a character, where it stands in a line. */
  private static final String MARKS = "\\`*_[]<>|#~$&";

  private final JsonNode card;
  private final StringBuilder text = new StringBuilder();

  CardText(JsonNode card) {
    this.card = card;
  }

  String page() {
    JsonNode details = card.path("model_details");
    say("# " + plain(details.path("name").asText()));
    say(plain(details.path("overview").asText()));
    purpose(details);
    origin();
    data();
    training();
    scores();
    served();
    list("Not known", details.path("unknown"));
    return text.toString();
  }

  private void purpose(JsonNode details) {
    say("## What it is for, and what not");
    String words = details.path("documentation").asText();
    if (words.isEmpty()) {
      say("Nobody has said so: words that are given when it is published stand here.");
    } else {
      say(words.lines().map(Printable::line).reduce((a, b) -> a + "\n" + b).orElse("").strip());
    }
    card.path("considerations")
        .path("limitations")
        .forEach(limit -> say("- " + plain(limit.path("description").asText())));
  }

  private void origin() {
    JsonNode parameters = card.path("model_parameters");
    JsonNode base = parameters.path("base");
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("published", card.path("model_details").path("version").path("date").asText());
    rows.put("made of", base.path("name").asText());
    rows.put("which is", base.path("title").asText());
    rows.put("its digest", base.path("digest").asText());
    rows.put("by way of the version", base.path("by_version").asText());
    rows.put("licence", licences());
    rows.put("written by", base.path("writer").asText());
    rows.put("weights", String.format(Locale.ROOT, "%,d", parameters.path("weights").asLong()));
    rows.put("takes", parameters.path("input_format").asText());
    rows.values().removeIf(String::isEmpty);
    say("## Where it comes from");
    table(
        List.of("", ""),
        rows.entrySet().stream().map(r -> List.of(r.getKey(), r.getValue())).toList());
    for (Map.Entry<String, JsonNode> part : base.path("origin").properties()) {
      List<String> said = new ArrayList<>();
      part.getValue()
          .properties()
          .forEach(each -> said.add(each.getKey() + " " + each.getValue().asText()));
      say("- Its " + plain(part.getKey()) + ": " + plain(String.join(", ", said)));
    }
    if (!parameters.path("steps").isEmpty()) {
      say("What was done to it, in order:");
      List<List<String>> steps = new ArrayList<>();
      for (JsonNode step : parameters.path("steps")) {
        List<String> given = new ArrayList<>();
        step.path("arguments")
            .properties()
            .forEach(each -> given.add(each.getKey() + " " + shortened(each.getValue().asText())));
        steps.add(List.of(step.path("operation").asText(), String.join("; ", given)));
      }
      table(List.of("step", "with"), steps);
    }
  }

  private String licences() {
    List<String> all = new ArrayList<>();
    for (JsonNode each : card.path("model_details").path("licenses")) {
      String of = each.path("of").asText();
      all.add(
          each.path("identifier").asText()
              + each.path("custom_text").asText()
              + (of.isEmpty() ? "" : " (" + of + ")"));
    }
    return all.isEmpty() ? "of what it was made of: not known" : String.join(", ", all);
  }

  private static String shortened(String value) {
    String line = value.replace("\n", ", ");
    return line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line;
  }

  private void data() {
    JsonNode data = card.path("model_parameters").path("data");
    if (data.isEmpty()) {
      return;
    }
    say("## What it learned from");
    say(plain(card.path("model_parameters").path("data_source").asText()));
    List<List<String>> parts = new ArrayList<>();
    Set<String> labels = new LinkedHashSet<>();
    List<String> header = new ArrayList<>(List.of("label"));
    for (JsonNode part : data) {
      String name = part.path("name").asText();
      parts.add(List.of(name, part.path("description").asText(), part.path("sha256").asText()));
      part.path("labels").fieldNames().forEachRemaining(labels::add);
      header.add(name);
    }
    table(List.of("part", "what", "SHA-256 of contents and labels"), parts);
    List<List<String>> counts = new ArrayList<>();
    for (String label : labels.stream().limit(MOST_LABELS).toList()) {
      List<String> row = new ArrayList<>(List.of(label));
      data.forEach(part -> row.add(part.path("labels").path(label).asText("0")));
      counts.add(row);
    }
    if (!counts.isEmpty()) {
      table(header, counts);
      rest(labels.size());
    }
  }

  private void rest(int labels) {
    if (labels > MOST_LABELS) {
      say("The other " + (labels - MOST_LABELS) + " labels are in " + ModelCard.JSON + ".");
    }
  }

  private void training() {
    JsonNode training = card.path("model_parameters").path("training");
    if (training.isMissingNode()) {
      return;
    }
    say("## How it learned");
    say(
        "By the recipe '"
            + plain(training.path("recipe").asText())
            + "', with the seed "
            + training.path("seed").asText()
            + ", computing in "
            + training.path("precision").asText()
            + ". What was decided on the way, what was tried and not kept among it:");
    training.path("decisions").forEach(words -> line("- " + plain(words.asText())));
    text.append('\n');
    List<List<String>> stretches = new ArrayList<>();
    for (JsonNode each : training.path("fine_tuning")) {
      List<String> row = new ArrayList<>();
      for (String name : List.of("share", "optimizer", "rate", "schedule", "epochs", "batch")) {
        row.add(each.path(name).asText());
      }
      stretches.add(row);
    }
    if (!stretches.isEmpty()) {
      say("The stretches after the head:");
      table(
          List.of("share of blocks", "optimizer", "rate", "schedule", "epochs, at most", "batch"),
          stretches);
    }
  }

  private void scores() {
    JsonNode metrics = card.path("quantitative_analysis").path("performance_metrics");
    Set<String> slices = new LinkedHashSet<>();
    metrics.forEach(metric -> slices.add(metric.path("slice").asText()));
    if (!slices.isEmpty()) {
      say("## How well it does");
      say("Intervals are Wilson's, of 95%, for what is a share of examples.");
    }
    JsonNode asked = card.path("quantitative_analysis").path("asked_for");
    if (!asked.isEmpty()) {
      say("It was published on these terms:");
      List<List<String>> rows = new ArrayList<>();
      for (JsonNode each : asked) {
        boolean most = each.has("at_most");
        rows.add(
            List.of(
                each.path("type").asText(),
                number(each.path("value")),
                (most ? "at most " : "at least ")
                    + number(each.path(most ? "at_most" : "at_least")),
                each.path("against").asText()));
      }
      table(List.of("metric", "value", "asked for", "which has it"), rows);
    }
    for (String slice : slices) {
      List<JsonNode> of = new ArrayList<>();
      metrics.forEach(
          metric -> {
            if (metric.path("slice").asText().equals(slice)) {
              of.add(metric);
            }
          });
      say("### On the " + plain(slice) + (slice.contains(" ") ? "" : " part"));
      List<List<String>> all = new ArrayList<>();
      for (JsonNode metric : of) {
        if (!metric.has("label")) {
          all.add(
              List.of(
                  metric.path("type").asText(),
                  number(metric.path("value")),
                  interval(metric),
                  metric.path("count").asText()));
        }
      }
      table(List.of("metric", "value", "95% interval", "examples"), all);
      labels(of);
    }
  }

  /** A row for each label, with a column for each metric of labels that there is. */
  private void labels(List<JsonNode> metrics) {
    Map<String, Map<String, JsonNode>> byLabel = new LinkedHashMap<>();
    Set<String> types = new LinkedHashSet<>();
    for (JsonNode metric : metrics) {
      if (metric.has("label")) {
        String type = metric.path("type").asText();
        int slash = type.lastIndexOf('/');
        String label = type.substring(0, slash + 1) + metric.path("label").asText();
        types.add(type.substring(slash + 1));
        byLabel
            .computeIfAbsent(label, k -> new LinkedHashMap<>())
            .put(type.substring(slash + 1), metric);
      }
    }
    if (byLabel.isEmpty()) {
      return;
    }
    List<String> header = new ArrayList<>(List.of("label"));
    types.forEach(header::add);
    List<List<String>> rows = new ArrayList<>();
    byLabel.forEach(
        (label, of) -> {
          List<String> row = new ArrayList<>(List.of(label));
          for (String type : types) {
            JsonNode metric = of.get(type);
            row.add(
                metric == null
                    ? NOTHING
                    : number(metric.path("value"))
                        + (metric.has("confidence_interval")
                            ? " (" + interval(metric) + ", of " + metric.path("count") + ")"
                            : ""));
          }
          rows.add(row);
        });
    table(header, rows.subList(0, Math.min(MOST_LABELS, rows.size())));
    rest(rows.size());
  }

  private static String interval(JsonNode metric) {
    JsonNode interval = metric.path("confidence_interval");
    return interval.isMissingNode()
        ? NOTHING
        : String.format(
            Locale.ROOT,
            "%.2f to %.2f",
            interval.path("lower_bound").asDouble(),
            interval.path("upper_bound").asDouble());
  }

  private static String number(JsonNode value) {
    if (!value.isNumber()) {
      return "no number";
    }
    double number = value.asDouble();
    boolean isSmall = number != 0 && Math.abs(number) < 0.1; // 0.0003 is not 0.000
    return String.format(Locale.ROOT, isSmall ? "%.3g" : "%.3f", number);
  }

  private void served() {
    JsonNode export = card.path("quantitative_analysis").path("export");
    say("## How it is served");
    List<String> signatures = new ArrayList<>();
    export.path("signatures").forEach(name -> signatures.add(plain(name.asText())));
    say("Signatures: " + String.join(", ", signatures) + ".");
    say(
        "It needs TensorFlow "
            + since(export.path("oldest_tensorflow"), export.path("needed_for"))
            + " to be served, and TensorFlow "
            + since(export.path("oldest_tensorflow_in_python"), export.path("needed_in_python_for"))
            + " to be loaded in Python, which reads all of its functions.");
    List<String> batches = new ArrayList<>();
    export.path("batches").forEach(size -> batches.add(size.asText()));
    say(
        "TensorFlow's own loader gives what the model gave"
            + (batches.isEmpty() ? "" : ", in batches of " + String.join(", ", batches))
            + ", to "
            + String.format(Locale.ROOT, "%.1e", export.path("largest_difference").asDouble())
            + ".");
    list("Not compared", export.path("uncompared"));
  }

  private static String since(JsonNode release, JsonNode reason) {
    return plain(release.asText())
        + " or newer"
        + (reason.asText().isEmpty()
            ? " (older ones were not looked at)"
            : " (for " + plain(reason.asText()) + ")");
  }

  private void list(String title, JsonNode sentences) {
    if (!sentences.isEmpty()) {
      say("## " + title);
      sentences.forEach(words -> line("- " + plain(words.asText())));
      text.append('\n');
    }
  }

  private void table(List<String> header, List<List<String>> rows) {
    row(header);
    row(header.stream().map(name -> "---").toList());
    rows.forEach(this::row);
    text.append('\n');
  }

  private void row(List<String> cells) {
    boolean isRule = cells.stream().allMatch("---"::equals);
    line("| " + String.join(" | ", cells.stream().map(c -> isRule ? c : plain(c)).toList()) + " |");
  }

  private void say(String paragraph) {
    text.append(paragraph).append("\n\n");
  }

  private void line(String words) {
    text.append(words).append('\n');
  }

  /** {@code words} of anybody as they are, in one line, whatever Markdown would make of them. */
  private static String plain(String words) {
    StringBuilder all = new StringBuilder();
    for (char each : Printable.cell(words).toCharArray()) {
      all.append(MARKS.indexOf(each) >= 0 ? "\\" : "").append(each);
    }
    return all.toString();
  }
}
