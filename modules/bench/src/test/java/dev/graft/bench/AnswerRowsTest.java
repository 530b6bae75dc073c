package dev.graft.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.ChildJava;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code tools/bench/run} reads of the rows about answers. */
@Tag("nightly")
class AnswerRowsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  /** What the process of a case says: that it is ready, and a line for each turn. */
  private List<JsonNode> said(String work, Path model, String... turns) throws Exception {
    Path file = folder.resolve("case.json");
    JSON.writeValue(
        file.toFile(),
        Map.of(
            "work",
            work,
            "folder",
            model.toString(),
            "batch",
            16,
            "rate",
            1e-5,
            "batch_norm",
            "inference",
            "precision",
            "float32",
            "root",
            Checkout.root().toString(),
            "requests",
            8,
            "handed",
            folder.resolve("handed").toString()));
    Path asked = Files.writeString(folder.resolve("turns"), String.join("\n", turns) + "\n");
    Path out = folder.resolve("out");
    Path errors = folder.resolve("errors");
    Process process =
        ChildJava.running(Main.class, file.toString())
            .redirectInput(asked.toFile())
            .redirectOutput(out.toFile())
            .redirectError(errors.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return lines(out);
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  @ParameterizedTest
  @ValueSource(strings = {"live", "together", "boxes"})
  void bothSidesTakeTurns(String work) throws Exception {
    List<JsonNode> said =
        said(work, Checkout.path("models/efficientnet-lite0"), "2", "bare 2", "1");
    assertThat(said).hasSize(4);
    assertThat(said.get(0).get("version").asText()).startsWith("Graft, TensorFlow");
    assertThat(said.subList(1, 4)).allMatch(turn -> turn.get("median").asDouble() > 0);
  }

  @Test
  void aTrainingAndAnswersAreTimedAloneAndTogether() throws Exception {
    List<JsonNode> said = said("beside", Checkout.path("testdata/surgery/mobilenet"), "5");
    assertThat(said).hasSize(2);
    for (String figure : List.of("p99", "step")) {
      JsonNode both = said.get(1).get(figure);
      assertThat(both.get("alone").asDouble()).isBetween(1e-4, 60.0);
      assertThat(both.get("beside").asDouble()).isBetween(1e-4, 60.0);
    }
  }
}
