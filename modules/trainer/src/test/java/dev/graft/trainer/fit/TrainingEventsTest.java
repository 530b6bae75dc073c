package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.TrainingEvent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a listener hears, from the beginning to the end. */
class TrainingEventsTest {

  private final List<TrainingEvent> heard = new ArrayList<>();

  private Run fit(Recipe recipe) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      return Trainer.fit(
          runtime,
          SmallTraining.MODEL,
          SmallTraining.BLOCKS,
          SmallTraining.parts(),
          SmallTraining.options(recipe, heard::add));
    }
  }

  @Test
  void beginsAndEndsOnceAndDecisionsHaveTheirData() {
    Run run = fit(SmallTraining.recipe(1));
    assertThat(heard)
        .startsWith(new TrainingEvent.Begun(SmallTraining.MODEL, begun().data()))
        .endsWith(new TrainingEvent.Ended(run.validation()));
    assertThat(heard).filteredOn(TrainingEvent.Ended.class::isInstance).hasSize(1);
    assertThat(heard).noneMatch(TrainingEvent.Saved.class::isInstance); // without checkpoints
    assertThat(decisions()).extracting(Decision::sentence).isEqualTo(run.decisions());
    assertThat(decisions())
        .filteredOn(each -> each.kind() == Decision.Kind.STRETCH)
        .extracting(Decision::stretch)
        .containsExactly(1, 2);
    assertThat(decisions())
        .filteredOn(each -> each.kind() == Decision.Kind.START)
        .singleElement()
        .satisfies(start -> assertThat(start.score()).isPresent());
    assertThat(decisions())
        .filteredOn(each -> each.kind() == Decision.Kind.KEPT)
        .allSatisfy(kept -> assertThat(kept.sentence()).contains(": kept, "))
        .allSatisfy(kept -> assertThat(kept.score()).isPresent());
  }

  @Test
  void tellsOfAFailureWithItsCause() {
    Recipe recipe = SmallTraining.recipe(1).each(each -> each.stop(EarlyStop.on("f2", 3)));
    Throwable failure = catchThrowable(() -> fit(recipe));
    assertThat(heard).containsExactly(begun(), new TrainingEvent.Failed(failure));
  }

  private TrainingEvent.Begun begun() {
    return (TrainingEvent.Begun) heard.get(0);
  }

  private List<Decision> decisions() {
    return heard.stream().filter(Decision.class::isInstance).map(Decision.class::cast).toList();
  }
}
