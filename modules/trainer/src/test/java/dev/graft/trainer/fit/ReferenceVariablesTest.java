package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.score.Evaluator;
import org.junit.jupiter.api.Test;

/** Models of TensorFlow 1 whose variables are references train below their head, too. */
class ReferenceVariablesTest {

  @Test
  void theyTrainBelowTheHead() {
    Labels labels = Labels.of("low", "high");
    Model model =
        SavedModelImporter.load(Zoo.model("tf1/tf1_ref_variables").savedModel())
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(labels)));
    assertThat(model.graph().nodes()).anyMatch(node -> node.getOp().startsWith("Variable"));
    Parts parts = SmallData.of(model, labels, 60).split(Split.of(60, 40, 0));
    Recipe recipe =
        Recipe.full()
            .then(FineTune.top().share(1).rate(0.01).epochs(20).stop(EarlyStop.onLoss(20)))
            .seed(1);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Run run =
          Trainer.fit(runtime, model, Plans.gradual(model, 100), parts, TrainOptions.by(recipe));
      assertThat(run.decisions().get(run.decisions().size() - 1))
          .startsWith("fine-tuning ")
          .contains(": kept, ");
      Model again = run.model().withValues(java.util.Map.of());
      assertThat(Evaluator.evaluate(runtime, again, parts.validation()))
          .isEqualTo(run.validation());
      Run checkpointed =
          Trainer.fit(runtime, model, Plans.headOnly(), parts, TrainOptions.by(Recipe.headOnly()));
      assertThat(checkpointed.validation().accuracy()).isGreaterThan(0.7);
    }
  }
}
