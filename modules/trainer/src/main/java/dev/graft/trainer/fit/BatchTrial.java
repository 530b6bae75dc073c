package dev.graft.trainer.fit;

import dev.graft.error.ExhaustedException;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.runtime.StepTrial;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.internal.graph.LayersInTraining;
import dev.graft.trainer.internal.memory.BatchSearch;
import dev.graft.trainer.internal.memory.MemoryForecast;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.words.Remedy;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How many examples make a step of a stage that leaves it to the memory: steps of several sizes are
 * tried in a session of their own, whose values are thrown away.
 *
 * @param setup with that batch
 * @param reason a sentence for a person; empty if nothing was to be found
 */
record BatchTrial(LoopSetup setup, String reason) {

  /** So many steps an epoch keeps: with fewer a stretch learns little of few examples. */
  private static final int FEWEST_STEPS = 16;

  /** So many are not too many for so few examples. */
  private static final int USUAL = FineTune.top().batch();

  private static final int TRIES = 2; // the second one has what the first one left in memory

  /**
   * Finds it.
   *
   * @param soFar what a training that goes on had: another would not end as it would have
   */
  static BatchTrial of(TensorFlowRuntime runtime, LoopSetup setup, Optional<Integer> soFar) {
    FineTune settings = setup.stage().settings();
    if (!settings.findsBatch()) {
      return new BatchTrial(setup, "");
    }
    if (soFar.isPresent() && soFar.get() > 0) {
      return sized(setup, soFar.get(), "as it was so far");
    }
    int size = setup.data().train().size();
    int enough = Math.max(Math.min(USUAL, size), size / FEWEST_STEPS);
    int most = whole(setup, Math.min(settings.batch(), enough));
    String limit =
        enough < settings.batch()
            ? String.format(
                Locale.ROOT,
                "with more an epoch of %,d examples has fewer than %d steps",
                size,
                FEWEST_STEPS)
            : "no more are to be tried";
    if (settings.microBatch() < most) {
      return sized(setup, most, limit + ", and no more than a micro-batch is computed at once");
    }
    BatchSearch found = search(runtime, setup, most);
    if (found.batch() == 0) {
      throw new ExhaustedException(
          "there is not enough memory for a step with a single example: " + found.why(),
          Remedy.SMALLER_PICTURES,
          Remedy.CPU);
    }
    return found.unfit() == 0
        ? sized(setup, most, limit)
        : sized(
            setup,
            whole(setup, found.batch()),
            String.format(
                Locale.ROOT, "%,d do not fit in memory (%s)", found.unfit(), found.why()));
  }

  private static BatchSearch search(TensorFlowRuntime runtime, LoopSetup setup, int most) {
    boolean isAuto = setup.precision() == Precision.AUTO; // float32 takes the most of them
    LoopSetup largest = batch(isAuto ? setup.in(Precision.FLOAT32) : setup, most);
    StepForm form = StepTrial.usual(runtime, largest.precision());
    MemoryForecast forecast = MemoryForecast.on(runtime);
    try (TrainingSession session = TrainingSession.trying(runtime, largest, form)) {
      int[] examples = session.order().batch(0);
      return BatchSearch.of(
          Math.min(USUAL, most),
          most,
          forecast,
          batch -> {
            for (int i = 0; i < TRIES; i++) {
              setup.gate().run();
              session.stepper().tried(Arrays.copyOf(examples, batch));
            }
          });
    }
  }

  private static BatchTrial sized(LoopSetup setup, int batch, String why) {
    return new BatchTrial(
        batch(setup, batch), String.format(Locale.ROOT, "%,d examples in a step: %s", batch, why));
  }

  private static LoopSetup batch(LoopSetup setup, int batch) {
    Stage stage = setup.stage();
    return setup.in(stage.settings(stage.settings().batch(batch)));
  }

  /** One less where a single example would be left over, which BatchNorm cannot normalise by. */
  private static int whole(LoopSetup setup, int batch) {
    boolean normalises = setup.stage().layers().stream().anyMatch(LayersInTraining::hasBatchNorm);
    int fitting = batch;
    while (normalises && fitting > 2 && setup.data().train().size() % fitting == 1) {
      fitting--;
    }
    return fitting;
  }
}
