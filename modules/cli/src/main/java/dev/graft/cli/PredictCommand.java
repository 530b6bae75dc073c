package dev.graft.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Prediction;
import dev.graft.Settings;
import dev.graft.model.BadDataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code graft predict}. */
@Command(
    name = "predict",
    description = "Ask a published model about pictures: file, label, score.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  graft predict --model serving/photos cat.jpg dog.jpg",
      "  graft predict --model serving/photos/2 --json *.jpg"
    })
final class PredictCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private TrustOption trust = new TrustOption();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "A published version, or the folder of versions (the newest is asked).")
  private String model = "";

  @Option(names = "--json", description = "Print one JSON array with the scores of all labels.")
  private boolean json;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "JPEG, PNG, GIF or BMP files.")
  private List<Path> files = List.of();

  PredictCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    List<String> unreadable = new ArrayList<>();
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode answers = mapper.createArrayNode();
    try (Graft graft = Graft.open(Settings.defaults().nativeLog(NativeLogFile.path()));
        LiveModel live = graft.serve(ModelNames.resolve(model), trust.trust())) {
      for (Path file : files) {
        try {
          Prediction prediction = live.classify(file);
          if (json) {
            answers.add(node(mapper, file, prediction));
          } else {
            terminal.line(
                String.format(
                    Locale.ROOT, "%s\t%s\t%.4f", file, prediction.label(), prediction.score()));
          }
        } catch (BadDataException e) {
          unreadable.add(e.getMessage());
        }
      }
    }
    if (json) {
      terminal.line(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(answers));
    }
    if (!unreadable.isEmpty()) {
      throw new BadDataException(String.join("\n  ", unreadable));
    }
    return 0;
  }

  private static ObjectNode node(ObjectMapper mapper, Path file, Prediction prediction) {
    ObjectNode node = mapper.createObjectNode();
    node.put("file", file.toString());
    node.put("label", prediction.label());
    node.put("score", prediction.score());
    ObjectNode scores = node.putObject("scores");
    prediction.scores().forEach(scores::put);
    return node;
  }
}
