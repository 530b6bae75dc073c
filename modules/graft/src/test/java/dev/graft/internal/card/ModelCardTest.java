package dev.graft.internal.card;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import dev.graft.Graft;
import dev.graft.exporter.ExportReport;
import dev.graft.graph.op.OpHistory;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.surgeon.HeadSpec;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.Interval;
import dev.graft.trainer.metric.LabelScore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cards of models of every kind, without a training and without native code. */
class ModelCardTest {

  private static final ExportReport EXPORT =
      new ExportReport(
          ImmutableSortedSet.of("serving_default"),
          ImmutableSortedSet.of(1, 3),
          1e-7,
          ImmutableList.of(),
          3,
          ImmutableList.of(),
          new OpHistory.Need("2.4", "op Sparkle"),
          new OpHistory.Need("2.3", ""),
          ImmutableList.of());

  @TempDir private Path dir;

  private String text(Model model, CardFacts facts, Optional<String> notes) throws IOException {
    for (String file : List.of(ModelCard.JSON, ModelCard.TEXT)) {
      Files.deleteIfExists(dir.resolve(file));
    }
    new ModelCard(model, EXPORT, facts, notes, LocalDate.of(2026, 11, 29)).write(dir);
    return Files.readString(dir.resolve(ModelCard.TEXT));
  }

  private JsonNode json() throws IOException {
    return new JsonMapper().readTree(dir.resolve(ModelCard.JSON).toFile());
  }

  private static Model lstm(HeadSpec head) {
    return Graft.load(Zoo.model("keras2/lstm").savedModel()).with(replaceHead(head));
  }

  @Test
  void eachKindOfHeadSaysWhatItGives() throws IOException {
    Labels labels = Labels.of("up|down", "<b>loud</b>", "still");
    CardFacts none = CardFacts.scored(List.of());
    assertThat(text(lstm(HeadSpec.singleLabel(labels)), none, Optional.empty()))
        .contains("one of 3 labels (up\\|down, \\<b\\>loud\\</b\\>, still)")
        .contains("also to what has none of them");
    assertThat(text(lstm(HeadSpec.multiLabel(labels)), none, Optional.empty()))
        .contains("any of 3 labels")
        .doesNotContain("has none of them");
    assertThat(text(lstm(HeadSpec.regression(4)), none, Optional.empty())).contains("4 numbers");
    assertThat(text(lstm(HeadSpec.embedding(16)), none, Optional.empty()))
        .contains("a vector of 16 numbers");
  }

  @Test
  void whatNobodyKnowsIsSaid() throws IOException {
    Model model = Graft.load(Zoo.model("keras2/lstm").savedModel());
    assertThat(text(model, CardFacts.scored(List.of()), Optional.empty()))
        .contains("Nobody has said so")
        .contains("the licence of what it was made of")
        .contains("what it learned from")
        .contains("TensorFlow 2.4 or newer (for op Sparkle) to be served")
        .contains("how well it does")
        .doesNotContain(Checkout.root().toString());
    assertThat(json().path("model_parameters").path("input_format").asText()).contains("float32 [");
    assertThat(json().path("model_details").path("unknown")).hasSizeGreaterThan(3);
    assertThat(json().path("model_details").path("licenses")).isEmpty();
  }

  @Test
  void theUsersOwnWordsStandAsTheyAre() throws IOException {
    String words = "For **weeds**, from above.\n\n- not for people\u001b[2J\n";
    String text =
        text(lstm(HeadSpec.regression(1)), CardFacts.scored(List.of()), Optional.of(words));
    assertThat(text)
        .contains("For **weeds**, from above.\n\n- not for people")
        .doesNotContain("\u001b")
        .doesNotContain("Nobody has said so");
    assertThat(json().path("model_details").path("documentation").asText()).isEqualTo(words);
  }

  @Test
  void severalHeadsHaveTheirOwnScores() throws IOException {
    Evaluation score =
        new Evaluation(
            10,
            0.5,
            Map.of("day/accuracy", 0.8, "mood/f1", 0.25),
            Map.of(
                "day",
                List.of(new LabelScore("dawn", 4, 5, 3), new LabelScore("dusk", 6, 5, 5)),
                "mood",
                List.of(new LabelScore("calm", 7, 0, 0))),
            Optional.empty(),
            Set.of());
    String text =
        text(
            lstm(HeadSpec.regression(1)),
            CardFacts.scored(List.of(ScoreFacts.of("test", score))),
            Optional.empty());
    Interval interval = Interval.wilson(8, 10);
    JsonNode accuracy = metric("day/accuracy", "");
    assertThat(accuracy.path("value").asDouble()).isEqualTo(0.8);
    assertThat(accuracy.path("confidence_interval").path("lower_bound").asDouble())
        .isEqualTo(interval.low());
    assertThat(metric("mood/f1", "").has("confidence_interval")).isFalse();
    assertThat(metric("day/recall", "dawn").path("value").asDouble()).isEqualTo(0.75);
    assertThat(metric("mood/precision", "calm").has("confidence_interval")).isFalse();
    assertThat(text).contains("| day/dusk | 1.000 (0.57 to 1.00, of 5) | 0.833");
  }

  private JsonNode metric(String type, String label) throws IOException {
    for (JsonNode each : json().path("quantitative_analysis").path("performance_metrics")) {
      if (each.path("type").asText().equals(type) && each.path("label").asText().equals(label)) {
        return each;
      }
    }
    throw new AssertionError(type + " of " + label);
  }

  @Test
  void whatIsNoNumberIsLeftOut() throws IOException {
    Evaluation broken =
        new Evaluation(
            3, Double.NaN, Map.of("accuracy", 0.3), Map.of(), Optional.empty(), Set.of());
    CardFacts facts = CardFacts.scored(List.of(ScoreFacts.of("test", broken)));
    text(lstm(HeadSpec.regression(1)), facts, Optional.empty());
    assertThat(json().path("quantitative_analysis").path("performance_metrics")).isEmpty();
  }

  @Test
  void theLicenceOfTheBaseComesFromItsCardAndGoesOn() throws IOException {
    Model base = Graft.load(Checkout.path("models/efficientnet-lite0"));
    String text = text(base, CardFacts.scored(List.of()), Optional.empty());
    assertThat(text)
        .contains("| licence | Apache-2.0 (efficientnet-lite0) |")
        .contains("copyright 2020 ML Illustrated")
        .doesNotContain("the licence of what it was made of");
    Model version =
        base.toBuilder()
            .source(new Model.Source(dir, "f00d"))
            .provenance(new Provenance(base.provenance().origin(), List.of()))
            .build();
    JsonNode before = json().path("model_parameters").path("base");
    Path next = Files.createDirectory(dir.resolve("next"));
    new ModelCard(version, EXPORT, CardFacts.scored(List.of()), Optional.empty(), LocalDate.EPOCH)
        .write(next);
    JsonNode card = new JsonMapper().readTree(next.resolve(ModelCard.JSON).toFile());
    assertThat(card.path("model_details").path("licenses"))
        .isEqualTo(json().path("model_details").path("licenses"))
        .isNotEmpty();
    assertThat(card.path("model_parameters").path("base").path("origin"))
        .isEqualTo(before.path("origin"))
        .isNotEmpty();
    assertThat(card.path("model_parameters").path("base").path("by_version").asText())
        .isEqualTo("f00d");
  }

  @Test
  void aDamagedCardOfTheBaseSaysNothing() throws IOException {
    Model model = lstm(HeadSpec.regression(1));
    Path folder = Files.createDirectory(dir.resolve("base"));
    Model moved = model.toBuilder().source(new Model.Source(folder, "f00d")).build();
    for (String damaged :
        List.of("", "[]", "{", "7", "{\"licence\":[1],\"origin\":7,\"title\":{}}")) {
      Files.writeString(folder.resolve("card.json"), damaged);
      assertThat(text(moved, CardFacts.scored(List.of()), Optional.empty()))
          .contains("the licence of what it was made of");
    }
  }
}
