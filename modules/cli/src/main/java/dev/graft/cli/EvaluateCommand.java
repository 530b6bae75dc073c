package dev.graft.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.Graft;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.job.BoxExam;
import dev.graft.job.Exam;
import dev.graft.model.Model;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.LabelScore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code graft evaluate}. */
@Command(
    name = "evaluate",
    description = "Score a model on pictures whose labels are known.",
    sortOptions = false,
    footer = {
      "",
      "The pictures lie in one folder for each label, or a table names them, as for finetune.",
      "",
      "Examples:",
      "  graft evaluate --model serving/photos --data more_photos",
      "  graft evaluate --model serving/photos/2 --data more_photos --json",
      "  graft evaluate --model serving/cells --data more_cells      (boxes: VOC, COCO, YOLO)"
    })
final class EvaluateCommand implements Callable<Integer> {

  private static final int MOST_LABELS = 20; // of a table that fits a terminal

  private final Terminal terminal;

  @Mixin private ModelOption model = new ModelOption();

  @Mixin private DataOption data = new DataOption();

  @Mixin private LabelsOption labels = new LabelsOption();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private CacheOption cache = new CacheOption();

  @Mixin private LoadFlags load = new LoadFlags();

  @Mixin private CommonOptions common = new CommonOptions();

  EvaluateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws JsonProcessingException {
    Model read = Graft.load(model.path(), load.options());
    if (BoxExam.isFor(read)) {
      if (labels.labels().isPresent()) {
        throw new BadRequestException(
            "a model that finds boxes knows its labels; leave out --labels.");
      }
      boxes(BoxExam.of(read, data.path()));
      return 0;
    }
    Exam exam = Exam.of(read, data.path(), labels.labels());
    try (Graft graft = Graft.open(cache.of(machine.settings()))) {
      List<TrainingEvent.Features> features = new ArrayList<>();
      Evaluation score = graft.evaluate(exam.model(), exam.pictures(), told(features));
      if (json) {
        aside(exam.pictures());
        terminal.json(json(score, features.get(0)));
      } else {
        print(exam.pictures(), score);
      }
    }
    return 0;
  }

  /** With a bar where no program reads what is printed; how features were come by is put down. */
  private TrainOptions told(List<TrainingEvent.Features> features) {
    TrainingListener counts = TrainingListener.to(TrainingEvent.Features.class, features::add);
    TrainOptions alone =
        TrainOptions.by(Recipe.headOnly()).listener(counts).listener(terminal.decisions());
    TrainingListener bar = TrainingListener.to(Progress.class, new ProgressBar(terminal)::show);
    return json ? alone : alone.listener(bar);
  }

  private static void put(ObjectNode node, TrainingEvent.Features features) {
    node.putObject("features")
        .put("computed", features.computed())
        .put("reused", features.reused())
        .put("bytes", features.bytes());
  }

  private void boxes(BoxExam exam) throws JsonProcessingException {
    try (Graft graft = Graft.open(cache.of(machine.settings()))) {
      List<TrainingEvent.Features> features = new ArrayList<>();
      BoxEvaluation score = exam.score(graft, told(features));
      if (json) {
        aside(exam.pictures());
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode node = mapper.createObjectNode().put("count", score.count());
        put(node, features.get(0));
        BoxAnswer.put(node, score);
        terminal.json(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(node));
      } else {
        terminal.format("pictures  %d", score.count());
        exam.pictures().notes().forEach(note -> terminal.line("          " + Flags.of(note)));
        score
            .metrics()
            .forEach(
                (name, value) -> {
                  if (value != BoxEvaluation.NOTHING) {
                    terminal.format("%-13s %.4f", name, value);
                  }
                });
        terminal.line("");
        BoxAnswer.table(score).forEach(terminal::line);
      }
    }
  }

  /** Tells on standard error what was taken for granted, where a program reads the score. */
  private void aside(Dataset pictures) {
    pictures.notes().forEach(note -> terminal.error(Flags.of(note)));
  }

  private void print(Dataset pictures, Evaluation score) {
    terminal.format("pictures  %d", score.count());
    pictures.notes().forEach(note -> terminal.line("          " + Flags.of(note)));
    if (score.classification().isPresent()) {
      terminal.format(
          "right     %d: %.3f (95%% interval %.2f to %.2f)",
          score.correct(), score.accuracy(), score.interval().low(), score.interval().high());
    }
    terminal.format("loss      %.4f", score.loss());
    score.metrics().forEach((name, value) -> terminal.format("%-9s %.4f", name, value));
    if (!score.perLabel().isEmpty()) {
      perLabel(score);
    }
    if (score.classification().isPresent()) {
      confusion(score);
    }
  }

  private void perLabel(Evaluation score) {
    TextTable table = new TextTable(30, false, true, true, true, true);
    table.row("label", "pictures", "precision", "recall", "F1");
    for (LabelScore label : score.perClass()) {
      if (label.count() + label.given() > 0) {
        table.row(
            label.label(),
            "" + label.count(),
            three(label.precision()),
            three(label.recall()),
            three(label.f1()));
      }
    }
    terminal.line("");
    table.lines().forEach(terminal::line);
  }

  /** Rows: what a picture is; columns, by number: what it was taken for. */
  private void confusion(Evaluation score) {
    int count = score.labels().size();
    if (count > MOST_LABELS) {
      return;
    }
    boolean[] right = new boolean[count + 1];
    Arrays.fill(right, 1, count + 1, true);
    TextTable table = new TextTable(30, right);
    String[] header = new String[count + 1];
    header[0] = "is, taken for:";
    for (int i = 0; i < count; i++) {
      header[i + 1] = "" + (i + 1);
    }
    table.row(header);
    for (int row = 0; row < count; row++) {
      String[] cells = new String[count + 1];
      cells[0] = (row + 1) + " " + score.labels().names().get(row);
      for (int column = 0; column < count; column++) {
        int number = score.confusion().get(row).get(column);
        cells[column + 1] = number == 0 ? "." : "" + number;
      }
      table.row(cells);
    }
    terminal.line("");
    table.lines().forEach(terminal::line);
  }

  private static String three(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static String json(Evaluation score, TrainingEvent.Features features)
      throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode node = mapper.createObjectNode();
    node.put("count", score.count());
    node.put("loss", score.loss());
    put(node, features);
    ObjectNode metrics = node.putObject("metrics");
    score.metrics().forEach(metrics::put);
    if (!score.perLabel().isEmpty()) {
      ArrayNode labels = node.putArray("labels");
      for (LabelScore label : score.perClass()) {
        ObjectNode each = labels.addObject();
        each.put("label", label.label())
            .put("count", label.count())
            .put("given", label.given())
            .put("correct", label.correct());
        label.metrics().forEach(each::put);
      }
    }
    if (score.classification().isPresent()) {
      node.put("correct", score.correct());
      node.putArray("interval").add(score.interval().low()).add(score.interval().high());
      ArrayNode confusion = node.putArray("confusion");
      score
          .confusion()
          .forEach(
              row -> {
                ArrayNode cells = confusion.addArray();
                row.forEach(cells::add);
              });
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(node);
  }
}
