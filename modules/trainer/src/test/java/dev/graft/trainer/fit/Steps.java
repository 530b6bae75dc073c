package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.checkpoint.Counters;
import dev.graft.trainer.checkpoint.LossScale;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.feed.Feed;
import dev.graft.trainer.internal.feed.Feeding;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The steps of a whole network on the same few examples, in sessions of any kind. */
record Steps(LoopSetup setup, TrainingGraph graph) {

  static final Labels LABELS = Labels.of("a", "b");
  static final int[] BATCH = {0, 3, 5, 6}; // of eight examples

  /** The model at {@code path}, all of which trains to give two labels. */
  static Model network(Path path) {
    return SavedModelImporter.load(path)
        .with(replaceHead(HeadSpec.singleLabel(LABELS)), unfreeze(Where.all()));
  }

  static Steps of(Model model, FineTune settings) {
    return of(model, settings, Precision.FLOAT32);
  }

  /** The steps of {@code model}, in the form that multiplies in {@code precision}. */
  static Steps of(Model model, FineTune settings, Precision precision) {
    Dataset data = SmallData.of(model, LABELS, 8);
    Task task = Task.of(model, data, Objectives.usual());
    Recipe recipe = Recipe.headOnly().then(settings.share(1).epochs(1).batch(BATCH.length));
    Stage stage = Stretches.first(task, Plans.gradual(model, 100), recipe);
    LoopSetup setup = LoopSetup.of(task, stage, new CachedFeatures.Part(data, data)).in(precision);
    TrainingGraph graph =
        TrainingGraph.of(setup.task(), setup.stage(), StepExtras.NONE, precision.inGraph());
    return new Steps(setup, graph);
  }

  /** The model with a step that these kernels compute. */
  Model by(Kernels kernels) {
    return requireNonNull(graph.models().get(kernels));
  }

  Stepper in(TensorFlowRuntime runtime, ModelSession session) {
    Feeding feeding = Feeding.fromHost(setup.task(), graph, setup.data().train());
    return new Stepper(runtime, session, feeding, setup);
  }

  /** How batches get to its steps: {@code host}, {@code staged} or {@code resident}. */
  Feeding fedBy(String feed, TensorFlowRuntime runtime) {
    return Feeds.by(feed, () -> Feeding.of(runtime, setup.task(), graph, setup.data().train()));
  }

  /**
   * Takes a step in {@code session} on a batch that gets there by {@code feeding}, and says what of
   * it XLA compiled.
   */
  PreparedRun.Pieces pieces(ModelSession session, Feeding feeding) {
    try (Feed feed = feeding.open(session.graph())) {
      List<TensorRef> fed = new ArrayList<>(feed.tensors());
      List<TensorValue> values = new ArrayList<>(feed.take(List.of(BATCH)));
      TrainingGraph.Fed numbers = graph.fed();
      numbers.scale().ifPresent(fed::add);
      numbers.scale().ifPresent(ref -> values.add(number(LossScale.START.value())));
      fed.addAll(List.of(numbers.rate(), numbers.updated(), numbers.draw()));
      values.addAll(List.of(number(0), TensorValue.scalar(0L), TensorValue.scalar(0L)));
      return session
          .graph()
          .prepare(fed, List.of(graph.step().loss()), graph.step().updates())
          .pieces(values);
    }
  }

  private static TensorValue number(double value) {
    return TensorValue.of(Shape.scalar(), new double[] {value});
  }

  /** Fails unless what trains became {@code wanted}, to a tolerance. */
  void assertLearned(List<TensorValue> found, List<TensorValue> wanted, double tolerance) {
    for (int i = 0; i < wanted.size(); i++) {
      assertThat(found.get(i).asDoubles())
          .as(setup.stage().training().get(i).name())
          .containsExactly(wanted.get(i).asDoubles(), within(tolerance));
    }
  }

  /** What so many steps in {@code session} make of all that trains. */
  List<TensorValue> learned(
      TensorFlowRuntime runtime, ModelSession session, int count, double rate) {
    try (Stepper stepper = in(runtime, session)) {
      for (int i = 0; i < count; i++) {
        stepper.step(List.of(BATCH), new Stepper.At(Counters.START, rate, 1));
      }
      return session.readVariables(setup.stage().training());
    }
  }
}
