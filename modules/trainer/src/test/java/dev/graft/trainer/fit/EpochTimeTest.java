package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objectives;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EpochTimeTest {

  private static final Parts PARTS = SmallTraining.parts();

  private final AtomicLong now = new AtomicLong();

  private void pass(double seconds) {
    now.addAndGet((long) (seconds * 1e9));
  }

  /** The choice after a score of 2 s, a slow first step and three of 0.5 s; 96 make an epoch. */
  private EpochTime.Choice after(Duration limit, int wanted, boolean needed) {
    EpochTime time = new EpochTime(TimeLeft.of(limit, now::get), 96, needed);
    time.begin();
    pass(2);
    time.scored();
    List<EpochTime.Choice> choices = new ArrayList<>();
    for (double seconds : new double[] {8, 0.5, 0.5, 0.5, 0.5, 0.5}) {
      pass(60); // a pause, say
      time.begin();
      pass(seconds);
      time.stepped(wanted).ifPresent(choices::add);
    }
    assertThat(choices).hasSize(1);
    return choices.get(0);
  }

  @Test
  void anEpochIsItsStepsAndAScore() {
    assertThat(after(Duration.ofHours(2), 10, false))
        .isEqualTo(new EpochTime.Choice(10, Optional.of("10 epochs take about 8 min at most")));
    assertThat(after(Duration.ofHours(2), 1, false).words()).isEmpty();
  }

  @Test
  void fewerEpochsAreTakenWhereThereIsNoTimeForAll() {
    EpochTime.Choice few = after(Duration.ofMinutes(8), 10, false);
    assertThat(few.epochs()).isEqualTo(4);
    assertThat(few.words())
        .hasValue("10 epochs take about 8 min, so it is 4, to keep to 8 min in all");
  }

  @Test
  void noneIsTakenWhereThereIsNoTimeForOneUnlessItIsNeeded() {
    EpochTime.Choice none = after(Duration.ofSeconds(30), 10, false);
    assertThat(none.epochs()).isZero();
    assertThat(none.words().orElseThrow())
        .endsWith("and of 30 s in all there is not enough left for one");
    assertThat(after(Duration.ofSeconds(30), 10, true).epochs()).isEqualTo(1);
  }

  /** A clock that is a second later whenever somebody looks, so that 200 looks are all there is. */
  @Test
  void aLoopEndsInItsTimeAndSaysSo() {
    FineTune settings = FineTune.top().share(1).epochs(1_000_000).batch(4).stop(EarlyStop.never());
    Task task = Task.of(SmallTraining.MODEL, PARTS.train(), Objectives.usual());
    Recipe recipe = Recipe.headOnly().then(settings);
    Stage stage = Stretches.first(task, SmallTraining.BLOCKS, recipe);
    CachedFeatures.Part data = new CachedFeatures.Part(PARTS.train(), PARTS.validation());
    TimeLeft time = TimeLeft.of(Duration.ofSeconds(200), () -> now.addAndGet(1_000_000_000L));
    List<String> said = new ArrayList<>();
    TrainOptions heard =
        TrainOptions.by(recipe)
            .listener(TrainingListener.to(Decision.class, each -> said.add(each.sentence())));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        TrainingLoop loop =
            TrainingLoop.open(
                runtime, LoopSetup.of(task, stage, data).in(time), Optional.empty())) {
      TrainingLoop.Result result =
          loop.run(Watch.of(heard), Checkpoints.none().open(), state -> {});
      assertThat(result.epochs()).isBetween(1, 30);
    }
    assertThat(said).anyMatch(words -> words.contains("1000000 epochs take about"));
  }

  @Test
  void aTrainingWhoseTimeIsOverKeepsItsHead() {
    Recipe recipe = Recipe.full().then(FineTune.top().share(1).batch(4));
    TrainOptions options = TrainOptions.by(recipe).time(Duration.ofNanos(1));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run run = Trainer.fit(runtime, SmallTraining.MODEL, SmallTraining.BLOCKS, PARTS, options);
      assertThat(run.decisions()).anyMatch(words -> words.endsWith("1 s in all are over"));
      assertThatThrownBy(
              () ->
                  Trainer.findRate(
                      Computing.exactly(runtime),
                      SmallTraining.MODEL,
                      SmallTraining.BLOCKS,
                      PARTS,
                      options))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("leave out the time");
    }
    assertThatThrownBy(() -> options.time(Duration.ZERO)).isInstanceOf(BadRequestException.class);
  }
}
