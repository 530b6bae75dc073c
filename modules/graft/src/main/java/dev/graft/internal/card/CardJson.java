package dev.graft.internal.card;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.exporter.ExportReport;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Variable;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.words.Figure;
import dev.graft.words.Printable;
import dev.graft.words.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A card for programs, after the schema 0.0.2 of Google's Model Card Toolkit: its fields have their
 * meaning, and what it has no field for stands beside them in the same objects, as the schema
 * allows everywhere but at the root.
 */
final class CardJson {

  private static final String SCHEMA = "0.0.2";
  private static final int NAMED = 8; // labels in a sentence

  private final ModelCard card;
  private final Model model;
  private final BaseCard base;

  CardJson(ModelCard card) {
    this.card = card;
    this.model = card.model();
    this.base = BaseCard.of(model);
  }

  ObjectNode card() {
    ObjectNode root = object().put("schema_version", SCHEMA);
    root.set("model_details", details());
    root.set("model_parameters", parameters());
    root.set("quantitative_analysis", analysis());
    root.set("considerations", considerations());
    return root;
  }

  private ObjectNode details() {
    ObjectNode node = object();
    node.put("name", Printable.cell(model.name()));
    node.put("overview", overview());
    card.notes().ifPresent(words -> node.put("documentation", words));
    node.putObject("version").put("date", card.published().toString());
    node.set("licenses", base.licences());
    node.set("unknown", texts(unknown()));
    return node;
  }

  private String overview() {
    List<String> answers = model.heads().stream().map(CardJson::answer).toList();
    String taken =
        model.inputs().stream().anyMatch(InputSpec::isImage) ? "a picture" : "what it is fed";
    return answers.isEmpty()
        ? "A SavedModel whose outputs nobody has told the meaning of."
        : "Gives for " + taken + " " + String.join(", and ", answers) + ".";
  }

  private static String answer(Head head) {
    String labels = head.labels().map(CardJson::named).orElse(head.units() + " that have no names");
    return switch (head.kind().targets()) {
      case ONE_LABEL -> "one of " + labels;
      case ANY_LABELS -> "any of " + labels;
      case NUMBERS -> head.units() == 1 ? "a number" : head.units() + " numbers";
      case LIKENESS -> "a vector of " + head.units() + " numbers to compare with others";
      case BOXES -> "boxes around what is one of " + labels;
    };
  }

  private static String named(Labels labels) {
    List<String> all = labels.names();
    String some =
        String.join(", ", all.subList(0, Math.min(NAMED, all.size())))
            + (all.size() > NAMED ? ", …" : "");
    return all.size()
        + (all.size() == 1 ? " label" : " labels")
        + " ("
        + Printable.cell(some)
        + ")";
  }

  private List<String> unknown() {
    List<String> all = new ArrayList<>();
    if (card.notes().isEmpty()) {
      all.add("what it is for, and what not: nobody has said so");
    }
    if (base.licences().isEmpty()) {
      all.add("the licence of what it was made of: there is no card beside it that says so");
    }
    if (card.facts().parts().isEmpty()) {
      all.add(
          isTrained()
              ? "how often each label was given in what it learned from"
              : "what it learned from: it was published as it was, not after a training by Graft");
    }
    if (card.facts().scores().stream().allMatch(score -> score.part().equals("validation"))) {
      all.add("how well it does on examples that decided nothing: it was not scored on any");
    }
    if (model.heads().isEmpty()) {
      all.add("what its outputs mean");
    }
    return all;
  }

  private boolean isTrained() {
    return model.provenance().steps().stream()
        .anyMatch(step -> step.operation().equals(TrainingStep.NAME));
  }

  private ObjectNode parameters() {
    ObjectNode node = object();
    Provenance.Origin origin = model.provenance().origin();
    long all = weights(model.variables());
    node.put(
        "model_architecture",
        (base.title().isEmpty() ? "" : base.title() + "; ")
            + (origin.writer().isEmpty() ? "" : origin.writer() + "; ")
            + String.format(Locale.ROOT, "%,d weights", all));
    node.put("weights", all);
    node.set("base", base(origin));
    ArrayNode steps = node.putArray("steps");
    for (Provenance.Step step : model.provenance().steps()) {
      ObjectNode arguments =
          steps.addObject().put("operation", step.operation()).putObject("arguments");
      step.arguments().forEach(arguments::put);
    }
    node.put("data_source", card.facts().source());
    ArrayNode data = node.putArray("data");
    card.facts().parts().forEach(part -> data.add(part(part)));
    card.facts().training().ifPresent(training -> node.set("training", training(training)));
    node.put("input_format", inputs());
    node.put("output_format", overview());
    ArrayNode heads = node.putArray("heads");
    model.heads().forEach(head -> heads.add(head(head)));
    return node;
  }

  private static long weights(Collection<Variable> variables) {
    return variables.stream()
        .map(Variable::shape)
        .filter(shape -> shape.isFullyKnown())
        .mapToLong(shape -> shape.elements())
        .sum();
  }

  private ObjectNode base(Provenance.Origin origin) {
    ObjectNode node = object();
    String path = origin.path().replaceAll("[/\\\\]+$", "");
    String name = path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
    node.put("name", Printable.cell(name));
    node.put("title", base.title());
    node.put("digest", origin.digest());
    node.put("writer", origin.writer());
    node.put("tensorflow", origin.tensorflow());
    node.set("origin", base.origin());
    model
        .source()
        .filter(source -> !source.digest().equals(origin.digest()))
        .ifPresent(source -> node.put("by_version", source.digest()));
    return node;
  }

  private static ObjectNode part(PartFacts part) {
    ObjectNode node = object();
    node.put("name", part.name());
    node.put("description", part.examples() + " examples, " + part.use());
    node.put("examples", part.examples());
    node.put("sha256", part.digest());
    ObjectNode labels = node.putObject("labels");
    part.labels().forEach(labels::put);
    return node;
  }

  private static ObjectNode training(CardFacts.Training training) {
    ObjectNode node = object();
    Recipe recipe = training.recipe();
    node.put("recipe", recipe.name());
    node.put("seed", recipe.seed());
    node.put("precision", training.precision());
    recipe.metric().ifPresent(metric -> node.put("kept_by", metric));
    node.set("head", stretch(recipe.head().steps()));
    ArrayNode stretches = node.putArray("fine_tuning");
    recipe.fineTunes().forEach(each -> stretches.add(stretch(each).put("share", each.share())));
    node.put("objectives", recipe.objectives().toString());
    node.set("decisions", texts(training.decisions()));
    return node;
  }

  private static ObjectNode stretch(FineTune settings) {
    ObjectNode node =
        object()
            .put("optimizer", settings.optimizer().toString())
            .put("rate", settings.rate())
            .put("schedule", settings.schedule().toString())
            .put("epochs", settings.epochs())
            .put("clipping", settings.clipping().toString());
    return settings.findsBatch() // the decisions say which it was
        ? node.put("batch", "up to " + settings.batch())
        : node.put("batch", settings.batch());
  }

  private String inputs() {
    List<String> all = new ArrayList<>();
    for (InputSpec input : model.inputs()) {
      all.add(
          Printable.cell(input.name())
              + ": "
              + input.dtype()
              + " "
              + input.shape()
              + input
                  .range()
                  .map(
                      range ->
                          String.format(
                              Locale.ROOT,
                              ", pixels from %s to %s, %s",
                              plain(range.low()),
                              plain(range.high()),
                              input.channels()))
                  .orElse(""));
    }
    return String.join("; ", all);
  }

  private static String plain(float value) {
    return value == (int) value ? Integer.toString((int) value) : Float.toString(value);
  }

  private static ObjectNode head(Head head) {
    ObjectNode node = object();
    node.put("name", head.name());
    node.put("kind", Words.of(head.kind()));
    node.put("units", head.units());
    head.threshold().ifPresent(score -> node.put("threshold", score));
    head.labels().ifPresent(labels -> node.set("labels", texts(labels.names())));
    return node;
  }

  private ObjectNode analysis() {
    ObjectNode node = object();
    ArrayNode metrics = node.putArray("performance_metrics");
    for (ScoreFacts score : card.facts().scores()) {
      for (ScoreFacts.Metric metric : score.metrics()) {
        ObjectNode each = metrics.addObject();
        each.put("type", metric.name());
        each.put("value", metric.value());
        each.put("slice", score.part());
        if (!metric.label().isEmpty()) {
          each.put("label", metric.label());
        }
        each.put("count", metric.count());
        metric
            .interval()
            .ifPresent(
                interval ->
                    each.putObject("confidence_interval")
                        .put("lower_bound", interval.low())
                        .put("upper_bound", interval.high()));
      }
    }
    ExportReport export = card.export();
    ArrayNode asked = node.putArray("asked_for");
    for (Figure figure : export.gates()) {
      ObjectNode each = asked.addObject().put("type", figure.metric());
      number(each, "value", figure.found());
      number(each, figure.atMost() ? "at_most" : "at_least", figure.wanted());
      each.put("against", figure.against());
    }
    ObjectNode served = node.putObject("export");
    served.put("oldest_tensorflow", export.needs().release());
    served.put("needed_for", export.needs().reason());
    served.put("oldest_tensorflow_in_python", export.needsInPython().release());
    served.put("needed_in_python_for", export.needsInPython().reason());
    served.set("signatures", texts(export.signatures()));
    number(served, "largest_difference", export.largestDifference());
    ArrayNode batches = served.putArray("batches");
    export.batches().forEach(batches::add);
    served.set("uncompared", texts(export.uncompared()));
    served.put("warm_ups", export.warmUps());
    return node;
  }

  private static void number(ObjectNode into, String name, double value) {
    if (Double.isFinite(value)) {
      into.put(name, value);
    }
  }

  private ObjectNode considerations() {
    List<String> limits = new ArrayList<>();
    for (Head head : model.heads()) {
      if (head.kind() == Head.Kind.SINGLE_LABEL) {
        limits.add(
            "It gives one of its labels to whatever it is shown, also to what has none of them.");
      } else if (head.kind() == Head.Kind.BOXES) {
        Optional<Double> threshold = head.threshold();
        threshold.ifPresent(
            score ->
                limits.add(
                    String.format(
                        Locale.ROOT,
                        "Boxes with a score below %.2f are for nobody to see: validation chose that.",
                        score)));
      }
    }
    if (!card.facts().parts().isEmpty()) {
      limits.add(
          "Its scores are of examples from the same collection that it learned from. They do not"
              + " say how it does on examples of another.");
    }
    ObjectNode node = object();
    ArrayNode all = node.putArray("limitations");
    limits.stream().distinct().forEach(words -> all.addObject().put("description", words));
    return node;
  }

  private static ArrayNode texts(Collection<String> all) {
    ArrayNode node = JsonNodeFactory.instance.arrayNode();
    all.forEach(node::add);
    return node;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
