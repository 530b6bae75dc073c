package dev.graft.trainer.internal.task;

import static dev.graft.trainer.SmallBoxes.detector;
import static dev.graft.trainer.SmallBoxes.drawn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.trainer.SmallBoxes;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.loss.Objectives;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a task hands on to who scores what was trained for it. */
class TaskTest {

  private static List<String> losses(Task task) {
    return task.goals().stream().map(Goal::identity).toList();
  }

  @Test
  void boxesAreScoredByTheLossOfTheTraining() {
    Objectives usual = Objectives.usual();
    Model model = detector(SmallBoxes.head());
    Task trained = Task.of(model, drawn(3), usual);
    assertThat(losses(Task.of(model, drawn(1), usual))).isNotEqualTo(losses(trained));
    Head shown = SmallBoxes.head().threshold(0.4); // as validation chose it
    Task scored = Task.of(detector(shown), drawn(1), trained.objectives(usual));
    assertThat(losses(scored)).isEqualTo(losses(trained));
    assertThat(scored.heads()).containsExactly(shown);
  }

  @Test
  void ofLabelsNothingIsToBeHandedOn() {
    Objectives asked =
        Objectives.usual()
            .with(SmallTraining.MODEL.heads().get(0).name(), Objective.of(Head.Kind.SINGLE_LABEL));
    Task task = Task.of(SmallTraining.MODEL, SmallTraining.examples(), asked);
    assertThat(task.objectives(asked)).isEqualTo(asked);
  }
}
