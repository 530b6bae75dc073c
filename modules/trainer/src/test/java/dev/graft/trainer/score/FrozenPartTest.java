package dev.graft.trainer.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.model.Model;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.listener.TrainingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a network computes of examples before its head is computed once, whoever asks for it. */
class FrozenPartTest {

  private static final Dataset EXAMPLES = SmallTraining.examples();

  @TempDir private Path dir;
  private final List<TrainingEvent.Features> counts = new ArrayList<>();

  private RuntimeOptions keeping() {
    return RuntimeOptions.defaults()
        .features(new RuntimeOptions.Features(0.5, Optional.of(dir.resolve("features"))));
  }

  private float[] answers(TensorFlowRuntime runtime, Model model) {
    TrainingListener told = TrainingListener.to(TrainingEvent.Features.class, counts::add);
    TensorValue all =
        Predictor.predict(runtime, model, EXAMPLES, SmallTraining.options(Recipe.headOnly(), told))
            .values()
            .iterator()
            .next();
    return all.floats();
  }

  private void assertCounts(long computed, long reused) {
    TrainingEvent.Features last = counts.get(counts.size() - 1);
    assertThat(last.computed()).isEqualTo(computed);
    assertThat(last.reused()).isEqualTo(reused);
  }

  @Test
  void answersComeFromWhatAScoreHasKeptAndAreTheSame() {
    int all = EXAMPLES.size();
    float[] plain;
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      plain = answers(runtime, SmallTraining.MODEL);
      assertCounts(all, 0);
    }
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(keeping())) {
      Evaluator.evaluate(runtime, SmallTraining.MODEL, EXAMPLES);
      assertThat(answers(runtime, SmallTraining.MODEL)).containsExactly(plain, within(1e-5f));
      assertCounts(0, all);
      answers(runtime, SmallTraining.HIDDEN); // another head on the same network
      assertCounts(0, all);
    }
  }

  @Test
  void ofAModelWithoutAHeadItsAnswersAreKept() {
    Model headless = SmallTraining.MODEL.toBuilder().heads(ImmutableList.of()).build();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(keeping())) {
      float[] first = answers(runtime, headless);
      assertCounts(EXAMPLES.size(), 0);
      assertThat(answers(runtime, headless)).isEqualTo(first);
      assertCounts(0, EXAMPLES.size());
    }
  }
}
