package dev.graft.cli;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.Boxes;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Prediction;
import dev.graft.ServeOptions;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.words.Printable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code graft predict}. */
@Command(
    name = "predict",
    description =
        "Ask a published model about pictures: file, label, score; or file and numbers; or file,"
            + " label, score and corners of each box.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  graft predict --model serving/photos cat.jpg dog.jpg",
      "  graft predict --model serving/photos/2 --json *.jpg",
      "  graft predict --model serving/cells --draw drawn blood.jpg"
    })
final class PredictCommand implements Callable<Integer> {

  /** From this score on, one of several labels counts as holding. */
  private static final float HOLDS = 0.5f;

  private final Terminal terminal;

  @Mixin private ModelOption model = new ModelOption();

  @Option(
      names = "--json",
      description =
          "Print one JSON array with the scores of all labels, or the numbers; of labels any number"
              + " of which may hold those that do, too.")
  private boolean json;

  @Option(
      names = "--threshold",
      paramLabel = "SCORE",
      description =
          "Of boxes those that the model is so sure of (what training chose by validation, else"
              + " 0.3); 0 for all.")
  private @Nullable Double threshold;

  @Option(
      names = "--draw",
      paramLabel = "DIR",
      description = "Draw the boxes on the pictures, a PNG file each in this folder.")
  private @Nullable Path drawings;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "JPEG, PNG, GIF or BMP files.")
  private List<Path> files = List.of();

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private TrustOption trust = new TrustOption();

  @Mixin private CommonOptions common = new CommonOptions();

  PredictCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    List<String> unreadable = new ArrayList<>();
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode answers = mapper.createArrayNode();
    Path path = model.path();
    ServeOptions serving = ServeOptions.defaults().trust(trust.trust()).cache(NativeLogFile.home());
    try (Graft graft = Graft.open(machine.settings());
        LiveModel live = graft.serve(path, serving)) {
      if (drawings != null && !live.findsBoxes()) {
        throw new BadRequestException(
            "the model finds no boxes that could be drawn; leave out --draw.");
      }
      if (drawings != null) {
        BoxAnswer.requireNamesApart(files);
      }
      for (Path file : files) {
        try {
          if (live.findsBoxes()) {
            Boxes all = (Boxes) live.answer(file);
            Boxes boxes = threshold == null ? all.shown() : all.atLeast(threshold);
            if (json) {
              answers.add(BoxAnswer.node(mapper, file, boxes));
            } else {
              BoxAnswer.lines(file, boxes).forEach(terminal::line);
            }
            BoxAnswer.draw(file, boxes, drawings);
          } else if (json) {
            answers.add(node(mapper, file, live));
          } else {
            terminal.line(Printable.cell(file.toString()) + "\t" + words(file, live));
          }
        } catch (BadDataException e) {
          unreadable.add(e.getMessage());
        }
      }
    }
    if (json) {
      terminal.json(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(answers));
    }
    if (!unreadable.isEmpty()) {
      throw new BadDataException(String.join("\n  ", unreadable));
    }
    return 0;
  }

  /** A label and its score; all labels that hold, if any number may; or numbers. */
  private static String words(Path file, LiveModel live) {
    if (!live.isClassifier()) {
      return live.numbers(file).stream()
          .map(number -> String.format(Locale.ROOT, "%.6g", number))
          .collect(joining("\t"));
    }
    Prediction prediction = live.classify(file);
    if (!live.isMultiLabel()) {
      return scored(prediction.label(), prediction.score());
    }
    String all =
        holding(prediction, live)
            .map(score -> scored(score.label(), score.score()))
            .collect(joining("\t"));
    return all.isEmpty() ? "(none)" : all;
  }

  private static String scored(String label, float score) {
    return String.format(Locale.ROOT, "%s\t%.4f", Printable.cell(label), score);
  }

  /** The labels that hold, if any number may. */
  private static Stream<Prediction.Score> holding(Prediction prediction, LiveModel live) {
    return prediction.top(live.labels().size()).stream().filter(each -> each.score() >= HOLDS);
  }

  private static ObjectNode node(ObjectMapper mapper, Path file, LiveModel live) {
    ObjectNode node = mapper.createObjectNode();
    node.put("file", file.toString());
    if (live.isClassifier()) {
      Prediction prediction = live.classify(file);
      if (live.isMultiLabel()) { // maybe none
        ArrayNode labels = node.putArray("labels");
        holding(prediction, live).forEach(each -> labels.add(each.label()));
      } else {
        node.put("label", prediction.label());
        node.put("score", prediction.score());
      }
      ObjectNode scores = node.putObject("scores");
      prediction.scores().forEach(scores::put);
    } else {
      ArrayNode numbers = node.putArray("numbers");
      live.numbers(file).forEach(numbers::add);
    }
    return node;
  }
}
