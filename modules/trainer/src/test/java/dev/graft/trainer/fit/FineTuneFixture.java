package dev.graft.trainer.fit;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objectives;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** What tests of single steps and of whole stretches share. */
abstract class FineTuneFixture {
  static final Model MODEL = SmallTraining.MODEL;

  static final Parts PARTS = SmallTraining.parts();

  static final TrainingPlan BLOCKS = SmallTraining.BLOCKS;

  static final FineTune PLAIN = SmallTraining.PLAIN;

  static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stage stage(FineTune settings) {
    return stage(settings, BLOCKS);
  }

  /** A loop over one stretch with these settings. */
  static TrainingLoop loop(FineTune settings, Dataset train) {
    return Loops.open(runtime, MODEL, stage(settings), train, PARTS.validation());
  }

  /** What a loop is about that does {@code extras} beside. */
  static LoopSetup setup(FineTune settings, Dataset train, StepExtras extras) {
    Task task = Task.of(MODEL, train, Objectives.usual());
    CachedFeatures.Part data = new CachedFeatures.Part(train, PARTS.validation());
    return LoopSetup.of(task, stage(settings), data).with(extras);
  }

  /** What each variable that trains is after some steps. */
  static Map<String, TensorValue> after(int steps, FineTune settings) {
    try (TrainingLoop loop = loop(settings, PARTS.train())) {
      for (int i = 0; i < steps; i++) {
        loop.step(settings.rate());
      }
      return loop.state().values();
    }
  }

  static double[] start(String name) {
    Variable variable = MODEL.variable(name).orElseThrow();
    return new VariableValues().of(variable).asDoubles();
  }

  /** How far a variable moved: the largest difference. */
  static double moved(String name, TensorValue now) {
    return largest(start(name), now.asDoubles());
  }

  static double largest(double[] a, double[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    return largest;
  }

  static Run fit(Model model, Parts parts, FineTune settings, TrainingListener... listeners) {
    Recipe recipe = SmallTraining.recipe(1).then(settings);
    return Trainer.fit(runtime, model, BLOCKS, parts, SmallTraining.options(recipe, listeners));
  }

  static List<String> trained(TrainingPlan blocks, double share) {
    return stage(PLAIN.share(share), blocks).training().stream().map(Variable::name).toList();
  }

  static Stage stage(FineTune settings, TrainingPlan blocks) {
    Task task = Task.of(MODEL, PARTS.train(), Objectives.usual());
    return Stretches.first(task, blocks, Recipe.headOnly().then(settings).seed(1));
  }
}
