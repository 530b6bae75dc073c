package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.error.BadRequestException;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How a training is written down, and the recipe that it becomes. */
class TrainingTest {

  private static final JsonMapper JSON = new JsonMapper();

  @Test
  void isWrittenByTheNamesOfItsSettings() throws IOException {
    Training training = Training.by("top").seed(7).microBatch(4).rate(1).monitor("f1");
    String json = JSON.writeValueAsString(training);
    assertThat(json)
        .isEqualTo(
            "{\"recipe\":\"top\",\"seed\":7,\"rate\":1.0,\"microBatch\":4,\"monitor\":\"f1\"}");
    assertThat(JSON.readValue(json, Training.class)).isEqualTo(training);
    String before = json.replace("}", ",\"epochs\":null,\"time\":null}"); // by a version of before
    assertThat(JSON.readValue(before, Training.class)).isEqualTo(training);
    for (String damaged : List.of("{\"epoch\":3}", "{\"epochs\":\"few\"}")) {
      assertThatThrownBy(() -> JSON.readValue(damaged, Training.class))
          .isInstanceOf(JsonProcessingException.class);
    }
  }

  /** Of a batch and what it is to be at most the last one said holds. */
  @Test
  void aBatchIsSaidOrFound() throws IOException {
    Training found = Training.by("top").batch(8).batchUpTo(64);
    assertThat(JSON.writeValueAsString(found)).contains("\"batchUpTo\":64").doesNotContain("8");
    assertThat(JSON.readValue(JSON.writeValueAsString(found), Training.class)).isEqualTo(found);
    assertThat(found.toRecipe().fineTunes()).containsExactly(FineTune.top().batchUpTo(64));
    assertThat(found.toRecipe().head().steps()).isEqualTo(FineTune.head().batchUpTo(64));
    assertThat(found.batch(8)).isEqualTo(Training.by("top").batch(8));
    assertThat(Training.by("head").batchUpTo(64).stepsOfHead()).containsExactly("batch up to");
    assertThat(FineTune.top().batchUpTo(16)).isNotEqualTo(FineTune.top());
    assertThat(FineTune.top().batchUpTo(64).batch(16)).isEqualTo(FineTune.top());
  }

  /** What is of fine-tuning only has nothing to be about where there is none. */
  @Test
  void theRecipeHeadTakesWhatItsOwnStepsAreAbout() {
    Training bare = Training.by("head").seed(1);
    Training head =
        bare.batch(8)
            .microBatch(4)
            .optimizer("sgd")
            .schedule("linear")
            .warmUp(0.2)
            .clipNorm(1)
            .monitor("f1")
            .patience(2);
    FineTune steps = head.toRecipe().head().steps();
    assertThat(steps.batch()).isEqualTo(8);
    assertThat(steps.optimizer()).isEqualTo(Optimizer.sgd());
    assertThat(steps.patience(10)).isNotEqualTo(FineTune.head());
    assertThat(head.toRecipe().metric()).contains("f1");
    assertThat(head.stepsOfHead())
        .containsExactly("batch", "optimizer", "schedule", "warm up", "clip norm", "patience");
    assertThat(bare.time(Duration.ofMinutes(1)).stepsOfHead()).containsExactly("time");
    assertThat(bare.microBatch(4).stepsOfHead()).as("it is for features and scores, too").isEmpty();
    for (Training refused : List.of(bare.epochs(3), bare.rate(0.1), bare.layerDecay(0.9))) {
      assertThatThrownBy(refused::toRecipe)
          .isInstanceOf(BadRequestException.class)
          .asString()
          .contains("has no fine-tuning", "HeadSettings.steps", "'top'");
    }
  }

  /** One cycle rises by itself, so that a warm-up would be left out without a word. */
  @Test
  void aScheduleThatRisesByItselfTakesNoWarmUp() {
    assertThat(rateOverTime("one-cycle", null, null, null).schedule())
        .isEqualTo(Schedule.oneCycle());
    for (double part : new double[] {0, 0.2}) {
      assertThatThrownBy(() -> rateOverTime("one-cycle", part, null, null))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContainingAll("rises by itself", "leave out the warm-up", "cosine");
    }
  }

  /** Else a stretch ends in the epoch in which the rate would fall for the first time. */
  @Test
  void aPlateauEndsBeforePatienceDoes() {
    assertThat(rateOverTime("plateau:1", null, null, null).stop()).isEqualTo(EarlyStop.usual(3));
    assertThat(rateOverTime("plateau:4", 0.0, null, null).stop()).isEqualTo(EarlyStop.usual(9));
    assertThat(rateOverTime("plateau:4", null, null, 5).stop()).isEqualTo(EarlyStop.usual(5));
    assertThat(rateOverTime("plateau:4", null, "f1", null).stop()).isEqualTo(EarlyStop.usual(9));
    assertThat(rateOverTime("plateau:4", null, "f1", 2).stop()).isEqualTo(EarlyStop.usual(2));
    assertThat(rateOverTime("plateau:" + Integer.MAX_VALUE, null, null, null).stop())
        .isEqualTo(EarlyStop.never());
    assertThat(rateOverTime("step:3:0.5", null, null, null).stop()).isEqualTo(EarlyStop.usual(3));
    for (int patience : new int[] {3, 4}) {
      assertThatThrownBy(() -> rateOverTime("plateau:4", null, null, patience))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContainingAll("plateau:4", "patience of " + patience, "5 or more", "plateau");
    }
  }

  private static FineTune rateOverTime(
      String schedule,
      @Nullable Double warmUp,
      @Nullable String monitor,
      @Nullable Integer patience) {
    Training training = Training.by("top").schedule(schedule);
    training = warmUp == null ? training : training.warmUp(warmUp);
    training = monitor == null ? training : training.monitor(monitor);
    training = patience == null ? training : training.patience(patience);
    return training.toRecipe().fineTunes().get(0);
  }
}
