package dev.graft.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.ServeOptions;
import dev.graft.answer.Answer;
import dev.graft.answer.Boxes;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.InputOutputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code graft predict}. */
@Command(
    name = "predict",
    description =
        "Ask a published model: file, label, score; or file and numbers; or file, label, score and"
            + " corners of each box.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  graft predict --model serving/photos cat.jpg dog.jpg",
      "  graft predict --model serving/photos --top 3 --json holiday/",
      "  graft predict --model serving/cells --draw drawn blood.jpg",
      "  curl -s https://example.org/cat.jpg | graft predict --model serving/photos -",
      "  graft predict --model serving/reviews reviews.csv",
      "  echo '{\"age\": 41, \"text\": \"fine\"}' | graft predict --model serving/both -"
    })
final class PredictCommand implements Callable<Integer> {

  private static final int AT_ONCE = 8;

  private final Terminal terminal;

  @Mixin private ModelOption model = new ModelOption();

  @Option(
      names = "--json",
      description =
          "Print one JSON array with the scores of all labels, or the numbers; of labels any number"
              + " of which may hold those that do, too.")
  private boolean json;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Tell the N surest labels (1, or all that hold) or boxes (all).")
  private @Nullable Integer top;

  @Option(
      names = "--threshold",
      paramLabel = "SCORE",
      description =
          "Tell labels and boxes with this score at least: 0 for all (of boxes what training chose"
              + " by validation, else 0.3; 0.5 where any number of labels may hold).")
  private @Nullable Double threshold;

  @Option(
      names = "--draw",
      paramLabel = "DIR",
      description = "Draw the boxes on the pictures, a PNG file each in this folder.")
  private @Nullable Path drawings;

  @Option(
      names = "--signature",
      paramLabel = "NAME",
      description = "Ask by this signature (serving_bytes where there is one, else the default).")
  private @Nullable String signature;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "Pictures (JPEG, PNG, GIF, BMP) or folders of them; of a model that takes values tables"
              + " (CSV with a column for each input) or JSON objects by the names of inputs; - for"
              + " standard input.")
  private List<Path> files = List.of();

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private TrustOption trust = new TrustOption();

  @Mixin private CommonOptions common = new CommonOptions();

  private final ObjectMapper mapper = new ObjectMapper();
  private final ArrayNode answers = mapper.createArrayNode();
  private final List<String> unfit = new ArrayList<>();

  PredictCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    AnswerText text = new AnswerText(top, threshold);
    ServeOptions options = ServeOptions.defaults().trust(trust.trust()).cache(NativeLogFile.home());
    ServeOptions serving = signature == null ? options : options.signature(signature);
    Path path = model.path();
    try (Graft graft = Graft.open(machine.settings());
        LiveModel live = graft.serve(path, serving)) {
      List<Example> some = new ArrayList<>();
      AskedFiles asked =
          new AskedFiles(
              files,
              live,
              example -> {
                some.add(example);
                if (some.size() == AT_ONCE) {
                  tell(live, some, text);
                }
              },
              e -> unfit.add(e.getMessage()),
              terminal::error);
      List<Path> all = asked.all();
      if (drawings != null) {
        requireDrawable(live, asked, all);
      }
      asked.read(all);
      tell(live, some, text);
    }
    if (json) {
      terminal.json(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(answers));
    }
    if (!unfit.isEmpty()) {
      throw new BadDataException(String.join("\n  ", unfit));
    }
    return 0;
  }

  private void requireDrawable(LiveModel live, AskedFiles asked, List<Path> all) {
    if (!live.findsBoxes()) {
      throw new BadRequestException(
          "the model finds no boxes that could be drawn; leave out --draw.");
    }
    if (asked.readsStandardInput()) {
      throw new BadRequestException("a drawing is called after its file; give one instead of -.");
    }
    BoxAnswer.requireNamesApart(all);
  }

  /** Tells of {@code some}, which are none then. */
  private void tell(LiveModel live, List<Example> some, AnswerText text) {
    List<Example> these = List.copyOf(some);
    some.clear();
    List<Outcome> outcomes = live.answerEach(these);
    for (int i = 0; i < these.size(); i++) {
      String name = these.get(i).name().orElseThrow();
      outcomes.get(i).failure().ifPresent(e -> unfit.add(e.getMessage()));
      outcomes.get(i).answer().ifPresent(answer -> tell(name, answer, text));
    }
  }

  private void tell(String name, Answer answer, AnswerText text) {
    if (json) {
      ObjectNode node = mapper.createObjectNode().put("file", name);
      text.put(node, answer);
      answers.add(node);
    } else {
      text.lines(name, answer).forEach(terminal::line);
    }
    if (drawings != null) {
      draw(Path.of(name), text.shown((Boxes) answer), drawings);
    }
  }

  private void draw(Path picture, Boxes boxes, Path folder) {
    try {
      BoxAnswer.draw(picture, boxes, folder);
    } catch (BadDataException e) { // TensorFlow reads some that Java does not
      unfit.add(e.getMessage());
    } catch (IOException e) {
      throw new InputOutputException(
          "'" + folder + "' cannot be written to (" + e.getMessage() + "); make room there.", e);
    }
  }
}
