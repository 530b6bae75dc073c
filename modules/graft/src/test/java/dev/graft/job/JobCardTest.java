package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.internal.card.DatasetDigest;
import dev.graft.model.Provenance;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The card of what a job publishes. */
@Tag("slow")
class JobCardTest {

  private static final String NOTES = "For tools on a bench.\n\nNot for anything else.";

  @TempDir private Path dir;

  /** A few photos of three labels, called as nobody shall learn from the model. */
  private Path photos() throws IOException {
    Path photos = dir.resolve("home-of-erika/secret-album");
    for (String label : List.of("tools", "animals", "fish")) {
      Path folder = Files.createDirectories(photos.resolve(label));
      try (Stream<Path> files = Files.list(Checkout.path("testdata/photos/" + label))) {
        List<Path> some = files.sorted().limit(8).toList();
        for (int i = 0; i < some.size(); i++) {
          Files.copy(some.get(i), folder.resolve("private-" + i + ".jpg"));
        }
      }
    }
    return photos;
  }

  @Test
  void itSaysWhatIsKnownAndNothingOfTheUsers() throws IOException {
    Path photos = photos();
    Path out = dir.resolve("serving");
    Job job =
        Job.of(Checkout.path("models/efficientnet-lite0"), photos, out)
            .publication(Publication.to(out).notes(NOTES).require("accuracy", 0.1))
            .training(Training.by("top").seed(7).epochs(1))
            .runs(dir.resolve("runs"))
            .build();
    try (Graft graft = Graft.open(Settings.defaults().threads(1, 1))) {
      JobResult result = FineTuneJob.run(graft, job, event -> {});
      Path version = result.version();
      String text = Files.readString(version.resolve("MODEL_CARD.md"));
      String json = Files.readString(version.resolve("model_card.json"));
      for (String card : List.of(text, json)) {
        assertThat(card)
            .doesNotContain("erika")
            .doesNotContain("secret")
            .doesNotContain("private-")
            .doesNotContain(dir.toString())
            .doesNotContain(Checkout.root().toString())
            .doesNotContain(System.getProperty("user.home"));
      }
      assertThat(text)
          .contains(NOTES)
          .contains("Apache-2.0")
          .contains("| label | training | validation | test |")
          .contains("By the recipe 'head then top', with the seed 7")
          .contains("not kept")
          .contains("TensorFlow 2.4 or newer (for op DecodeImage) to be served")
          .contains("serving\\_bytes");
      JsonNode card = new JsonMapper().readTree(json);
      assertThat(told(card, "test")).containsAllEntriesOf(scores(version));
      JsonNode data = card.path("model_parameters").path("data");
      assertThat(data).hasSize(3);
      assertThat(data.get(0).path("sha256").asText())
          .isEqualTo(DatasetDigest.of(result.parts().train()));
      assertThat(data.get(0).path("labels").path("fish").asInt())
          .isEqualTo(result.parts().train().perLabel()[1]);

      List<Provenance.Step> steps = Graft.load(version, Trust.ALLOW).provenance().steps();
      Provenance.Step train =
          steps.stream().filter(step -> step.operation().equals("train")).findFirst().orElseThrow();
      assertThat(train.arguments())
          .containsEntry("training digest", data.get(0).path("sha256").asText())
          .containsEntry("seed", "7")
          .containsEntry("validation accuracy", "" + result.run().validation().accuracy())
          .containsEntry("test accuracy", "" + result.score().evaluation().accuracy())
          .containsEntry("test loss", "" + result.score().evaluation().loss())
          .containsEntry("test examples", "" + result.parts().test().size())
          .containsEntry("test digest", data.get(2).path("sha256").asText());
      JsonNode known =
          new JsonMapper().readTree(version.resolve("assets.extra/graft.json").toFile());
      assertThat(known.path("provenance").path("needs").path("tensorflow").asText())
          .as("written before, and not lost")
          .isEqualTo("2.4");
      JsonNode told = card.path("model_parameters").path("steps");
      assertThat(told.get(told.size() - 1).path("arguments").path("test loss").asText())
          .as("the card has it from the same place")
          .isEqualTo("" + result.score().evaluation().loss());

      Path again = graft.rollback(out, Optional.of(1L));
      assertThat(again.resolve("MODEL_CARD.md")).hasContent(text);
    }
  }

  private static Map<String, Double> scores(Path version) throws IOException {
    Map<String, Double> scores = new HashMap<>();
    new JsonMapper()
        .readTree(version.resolve("assets.extra/scores.json").toFile())
        .properties()
        .forEach(each -> scores.put(each.getKey(), each.getValue().asDouble()));
    return scores;
  }

  /** The metrics of a part, named as in {@code scores.json}. */
  static Map<String, Double> told(JsonNode card, String part) {
    Map<String, Double> told = new HashMap<>();
    for (JsonNode each : card.path("quantitative_analysis").path("performance_metrics")) {
      if (each.path("slice").asText().equals(part)) {
        String label = each.path("label").asText();
        told.put(
            each.path("type").asText() + (label.isEmpty() ? "" : "." + label),
            each.path("value").asDouble());
      }
    }
    return told;
  }

  /** What is kept in the folder of a run. */
  @Test
  void aRunKeepsHowItIsPublished() throws IOException {
    Path model = Files.createDirectories(dir.resolve("model"));
    Job job =
        Job.of(model, dir.resolve("pictures"), dir.resolve("out"))
            .publication(
                Publication.to(dir.resolve("out")).notes(NOTES).features(true).serverBatches(3))
            .runs(dir.resolve("runs"))
            .build();
    try (RunFolder made = RunFolder.create(job, Settings.defaults())) {
      assertThat(made.path()).exists();
    }
    try (RunFolder opened = RunFolder.open(dir.resolve("runs/pictures-1"))) {
      assertThat(opened.job().publication())
          .extracting(Publication::notes)
          .isEqualTo(Optional.of(NOTES));
      assertThat(opened.job().publication().features()).isTrue();
      assertThat(opened.job().publication().serverBatches().orElseThrow()).containsExactly(3);
      assertThat(opened.job().publication().ungated().notes()).hasValue(NOTES);
    }
  }
}
