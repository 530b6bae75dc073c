package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EpochTimeTest {

  private final AtomicLong now = new AtomicLong();

  private void pass(double seconds) {
    now.addAndGet((long) (seconds * 1e9));
  }

  /** The choice after a score of 2 s, a slow first step and three of 0.5 s; 96 make an epoch. */
  private Optional<EpochTime.Choice> after(Duration limit, int wanted, boolean needed) {
    EpochTime time = new EpochTime(TimeLeft.of(limit, now::get), 96, needed, now::get);
    pass(2);
    time.scored();
    pass(8);
    assertThat(time.stepped(wanted)).isEmpty();
    for (int i = 0; i < 2; i++) {
      pass(0.5);
      assertThat(time.stepped(wanted)).isEmpty();
    }
    pass(0.5);
    Optional<EpochTime.Choice> choice = time.stepped(wanted);
    assertThat(time.stepped(wanted)).as("once").isEmpty();
    return choice;
  }

  @Test
  void anEpochIsItsStepsAndAScore() {
    assertThat(after(Duration.ofHours(2), 10, false).orElseThrow())
        .isEqualTo(new EpochTime.Choice(10, "10 epochs take about 8 min at most"));
  }

  @Test
  void fewerEpochsAreTakenWhereThereIsNoTimeForAll() {
    assertThat(after(Duration.ofMinutes(4), 10, false).orElseThrow())
        .isEqualTo(
            new EpochTime.Choice(
                4, "10 epochs take about 8 min, so it is 4, to keep to 4 min in all"));
  }

  @Test
  void noneIsTakenWhereThereIsNoTimeForOneUnlessItIsNeeded() {
    EpochTime.Choice none = after(Duration.ofSeconds(30), 10, false).orElseThrow();
    assertThat(none.epochs()).isZero();
    assertThat(none.words()).endsWith("and of 30 s in all there is not enough left for one");
    assertThat(after(Duration.ofSeconds(30), 10, true).orElseThrow().epochs()).isEqualTo(1);
  }

  @Test
  void trainingKeepsToItsTimeAndSaysSo() {
    Recipe recipe = Recipe.full().then(FineTune.top().share(1).epochs(1_000_000).batch(4));
    TrainOptions options = TrainOptions.by(recipe).time(Duration.ofSeconds(4));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      long start = System.nanoTime();
      Run run =
          Trainer.fit(
              runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, SmallTraining.parts(), options);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
      assertThat(run.decisions()).anyMatch(words -> words.contains("1000000 epochs take about"));
      assertThatThrownBy(
              () ->
                  Trainer.findRate(
                      runtime,
                      SmallTraining.MODEL,
                      SmallTraining.BLOCKS,
                      SmallTraining.parts(),
                      options))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("leave out the time");
    }
    assertThatThrownBy(() -> options.time(Duration.ZERO)).isInstanceOf(BadRequestException.class);
  }
}
