package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Compiled;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.StepTrial;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.graph.BesideXla;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.score.Scoring;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Whether compiling pays, by runs that take as long as the test says. */
class CompiledTrialTest extends FineTuneFixture {

  private static final StepTrial BEFORE =
      new StepTrial(new StepForm(Precision.FLOAT32, Kernels.TENSORFLOW), "");

  /** 20 ms without XLA; 2 ms with it, after 300. */
  private static Function<ModelSession, Runnable> runs() {
    int[] sessions = new int[1];
    return session -> {
      boolean isPlain = sessions[0]++ == 0;
      boolean[] isReady = {isPlain};
      return () -> {
        pause(isPlain ? 20 : isReady[0] ? 2 : 300);
        isReady[0] = true;
      };
    };
  }

  private static void pause(long time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Each run computes a micro-batch only, and there are as many more of them. */
  @Test
  void aStepTakesAllOfItsRuns() {
    StepTrial one =
        new CompiledTrial(SmallTraining.HIDDEN, 10, 1, runs()).measured(runtime, BEFORE);
    assertThat(one.form().compiled()).isEqualTo(Compiled.NOTHING);
    StepTrial many =
        new CompiledTrial(SmallTraining.HIDDEN, 10, 50, runs()).measured(runtime, BEFORE);
    assertThat(many.form().compiled()).isNotEqualTo(Compiled.NOTHING);
    assertThat(many.reason()).contains("of 10 steps one takes 1"); // 1,000 ms and more
  }

  /** Else each score would be compiled once more, for all that it has beside the step. */
  @Test
  void anEpochsScoreIsNotCompiled() {
    Dataset data = PARTS.train();
    Task task = Task.of(MODEL, data, Objectives.usual());
    GraphEditor editor = task.inputs().graph().edit();
    Scoring scoring = Scoring.add(editor, task, 200, true);
    assertThat(scoring.atOnce()).as("of those that a GPU scores").isEqualTo(128);
    assertThat(Batch.scored(5, true)).as("memory has room for no more").isEqualTo(5);
    assertThat(Batch.scored(200, false)).isEqualTo(16);
    Task scored = task.fedAt(task.inputs().into(editor.build()));
    Stage stage = stage(PLAIN.batchNorm(FineTune.BatchNorm.TRAINING));
    TrainingGraph graph = TrainingGraph.of(scored, stage, StepExtras.NONE);
    Model marked = BesideXla.forStep(graph.model(), graph.steps(), scoring.nodes());
    assertThat(compiled(marked, scored, scoring.nodes())).as("the score").isZero();
    assertThat(compiled(graph.model(), scored, scoring.nodes())).as("unmarked").isPositive();
    Set<String> step = marked.graph().upstream(graph.steps());
    assertThat(step)
        .allMatch(node -> marked.graph().node(node).equals(graph.model().graph().node(node)));
  }

  /** In how many pieces XLA compiles what is fetched of {@code nodes}. */
  private static int compiled(Model model, Task task, List<String> nodes) {
    Batch batch = PARTS.train().batch(new int[] {0, 1, 2});
    List<TensorRef> feeds = new ArrayList<>(task.inputs().tensors());
    model.graph().upstream(nodes).stream()
        .filter(node -> node.endsWith("/targets"))
        .forEach(node -> feeds.add(TensorRef.of(node)));
    List<TensorValue> values = new ArrayList<>(task.inputs().values(batch));
    values.addAll(task.targets(batch));
    try (ModelSession session = runtime.open(model, Precision.FLOAT32, true);
        PreparedRun run =
            session.graph().prepare(feeds, nodes.stream().map(TensorRef::of).toList(), List.of())) {
      return run.pieces(values).compiled();
    }
  }
}
