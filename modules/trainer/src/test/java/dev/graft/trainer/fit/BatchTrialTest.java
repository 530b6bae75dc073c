package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.Compute.Precision;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.NoMemory;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoint;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.StepGradients;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/**
 * A stretch that leaves its batch to the memory finds one, says why, and goes on with it.
 * TensorFlow waits ten seconds before it says that there is no room.
 */
@Tag("slow")
class BatchTrialTest extends FineTuneFixture {

  private static final Dataset MANY = SmallData.of(MODEL, SmallTraining.LABELS, 640);

  /**
   * A step that has no room for more than {@code most} examples: what it fills then has no address.
   */
  private static StepExtras roomFor(int most) {
    return new StepExtras(
        gradients -> filling(gradients, most), UnaryOperator.identity(), UnaryOperator.identity());
  }

  private static StepGradients filling(StepGradients gradients, int most) {
    GraphEditor editor = gradients.graph().edit();
    Scope g = new Scope(editor, "room");
    TensorRef count = g.add("Size", TensorRef.of("graft/train/weights"));
    TensorRef isMore = g.add("Greater", count, g.scalar(most));
    TensorRef largest = NoMemory.where(g, isMore);
    String guard = g.op("CheckNumerics").attr("message", "room").input(largest).node();
    return gradients.with(editor.build(), gradients.gradients()).guardedBy(guard);
  }

  private static TensorRef size(Scope g, long value) {
    return g.constant(TensorValue.scalar(value));
  }

  private static LoopSetup setup(FineTune settings, Dataset train, int room) {
    return setup(settings, train, roomFor(room));
  }

  private static BatchTrial found(FineTune settings, int room) {
    return BatchTrial.of(runtime, setup(settings, MANY, room), Optional.empty());
  }

  @Test
  void takesTheLargestThatFits() {
    BatchTrial found = found(PLAIN.batchUpTo(17), 16);
    assertThat(found.setup().stage().settings()).isEqualTo(PLAIN.batch(16));
    assertThat(found.reason()).startsWith("16 examples in a step: 17 do not fit in memory (");
  }

  @Test
  void anEpochKeepsSixteenSteps() {
    BatchTrial found = found(PLAIN.batchUpTo(256), 1000);
    assertThat(found.setup().stage().settings().batch()).isEqualTo(40);
    assertThat(found.reason())
        .isEqualTo(
            "40 examples in a step: with more an epoch of 640 examples has fewer than 16 steps");
    assertThat(found(PLAIN.batchUpTo(20), 1000).reason())
        .isEqualTo("20 examples in a step: no more are to be tried");
    assertThat(found(PLAIN.batchUpTo(30).microBatch(4), 4).reason())
        .startsWith("30 examples in a step: no more are to be tried, and no more than a micro");
  }

  @Test
  void whatIsSaidIsTaken() {
    LoopSetup said = setup(PLAIN.batch(64), MANY, 5);
    assertThat(BatchTrial.of(runtime, said, Optional.empty())).isEqualTo(new BatchTrial(said, ""));
    LoopSetup before = setup(PLAIN.batchUpTo(64), MANY, 5);
    BatchTrial found = BatchTrial.of(runtime, before, Optional.of(12));
    assertThat(found.setup().stage().settings().batch()).isEqualTo(12);
    assertThat(found.reason()).isEqualTo("12 examples in a step: as it was so far");
  }

  @Test
  void notEvenOneIsAFailure() {
    assertThatThrownBy(() -> found(PLAIN.batchUpTo(1), 0))
        .isInstanceOf(ExhaustedException.class)
        .hasMessageContaining("not enough memory for a step with a single example");
  }

  /** What fails for another reason is no lack of memory, and is told when it is learned. */
  @Test
  void anotherFailureIsForTheFirstStepToTell() {
    StepExtras extras =
        new StepExtras(BatchTrialTest::failing, UnaryOperator.identity(), UnaryOperator.identity());
    LoopSetup setup = setup(PLAIN.batchUpTo(17), MANY, extras);
    BatchTrial found = BatchTrial.of(runtime, setup, Optional.empty());
    assertThat(found.setup().stage().settings().batch()).isEqualTo(17);
    try (TrainingLoop loop = TrainingLoop.open(runtime, setup, Optional.empty())) {
      assertThatThrownBy(() -> loop.step(0.01)).hasMessageContaining("nobody");
    }
  }

  /** Reads a variable that has no value. */
  private static StepGradients failing(StepGradients gradients) {
    GraphEditor editor = gradients.graph().edit();
    Scope g = new Scope(editor, "failing");
    TensorRef variable =
        g.op("VarHandleOp")
            .attr("dtype", DataType.DT_FLOAT)
            .attr("shape", Shape.scalar())
            .attr("shared_name", "nobody")
            .output();
    TensorRef read =
        g.op("ReadVariableOp").input(variable).attr("dtype", DataType.DT_FLOAT).output();
    String guard = g.op("CheckNumerics").attr("message", "failing").input(read).node();
    return gradients.with(editor.build(), gradients.gradients()).guardedBy(guard);
  }

  /** Nobody waits for all tries, of which each may take long: nor for those of a precision. */
  @Test
  void whatIsCancelledTriesNoMore() {
    AtomicInteger tries = new AtomicInteger();
    Runnable gate =
        () -> {
          if (tries.incrementAndGet() == 2) {
            throw new CancellationException("enough");
          }
        };
    LoopSetup setup = setup(PLAIN.batchUpTo(256), MANY, 1000).gatedBy(gate);
    assertThatThrownBy(() -> BatchTrial.of(runtime, setup, Optional.empty())).hasMessage("enough");
    assertThat(tries.getAndSet(0)).isEqualTo(2);
    LoopSetup measured = setup(PLAIN, MANY, 1000).gatedBy(gate).in(Precision.AUTO);
    assertThatThrownBy(() -> TrainingLoop.open(runtime, measured, Optional.empty()))
        .hasMessage("enough");
    assertThat(tries.get()).isEqualTo(2);
  }

  /** BatchNorm cannot normalise by the one example that would be left over. */
  @Test
  void leavesNoExampleAlone() {
    Dataset odd = MANY.subset(IntStream.range(0, 337).toArray());
    FineTune settings = PLAIN.batchUpTo(21).batchNorm(FineTune.BatchNorm.TRAINING);
    BatchTrial found = BatchTrial.of(runtime, setup(settings, odd, 1000), Optional.empty());
    assertThat(found.setup().stage().settings().batch()).isEqualTo(20); // 21 and 16 leave one
  }

  /** What a step has no room for is said with how many it has room for. */
  @Test
  @Tag("nightly")
  void aStepThatIsTooLargeSaysWhatFits() {
    LoopSetup large = setup(PLAIN.batch(64), MANY, 40);
    try (TrainingLoop loop =
        Feeds.by("staged", () -> TrainingLoop.open(runtime, large, Optional.empty()))) {
      assertThatThrownBy(() -> loop.step(0.01))
          .isInstanceOf(ExhaustedException.class)
          .hasMessageStartingWith(
              "there is not enough memory for 64 examples at once, but for at least 40: ")
          .asString()
          .contains("FineTune.batch", "FineTune.microBatch");
    }
  }

  /** Found once, it is in the checkpoint: another search might find something else. */
  @Test
  void aRunGoesOnWithWhatItFound(@TempDir Path folder) {
    Recipe recipe = SmallTraining.recipe(2).each(each -> each.batchUpTo(12));
    TrainOptions options = TrainOptions.by(recipe);
    Run whole = Trainer.fit(runtime, MODEL, BLOCKS, PARTS, options);
    assertThat(whole.decisions())
        .anyMatch(sentence -> sentence.contains("12 examples in a step: no more are to be tried"));
    CancellationToken cancel = new CancellationToken();
    TrainOptions kept = options.checkpoints(Checkpoints.in(folder).everySteps(1));
    TrainingListener stopping = TrainingListener.to(Step.class, step -> cancel.cancel());
    Parts parts = PARTS;
    assertThatThrownBy(
            () ->
                Trainer.fit(
                    runtime, MODEL, BLOCKS, parts, kept.listener(stopping).cancellation(cancel)))
        .isInstanceOf(CancellationException.class);
    Checkpoint last = Checkpoints.in(folder).open().newest(damaged -> {}).orElseThrow();
    assertThat(last.loop().orElseThrow().batch()).isEqualTo(12);
    List<Decision> decisions = new ArrayList<>();
    Run resumed =
        Trainer.fit(
            runtime,
            MODEL,
            BLOCKS,
            parts,
            kept.listener(TrainingListener.to(Decision.class, decisions::add)));
    assertThat(decisions)
        .filteredOn(each -> each.kind() == Decision.Kind.BATCH)
        .first()
        .matches(each -> each.sentence().endsWith("12 examples in a step: as it was so far"));
    assertThat(SmallTraining.digest(resumed.model()))
        .isEqualTo(SmallTraining.digest(whole.model()));
  }
}
