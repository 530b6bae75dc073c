package dev.graft.surgeon;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.train;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.model.TrainingPlan.Stretch;
import dev.graft.model.Variable;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlansTest {

  private static final Model MODEL =
      Models.efficientNetLite0()
          .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel("a", "b")));

  @Test
  void theTopIsCountedInBlocks() {
    assertThat(Plans.headOnly().stretches()).isEmpty();
    Stretch two = only(Plans.topBlocks(MODEL, 2));
    assertThat(two.name()).isEqualTo("last 2 blocks");
    assertThat(two.variables())
        .contains("block14_expand_conv/kernel", "block15_expand_bn/gamma", "top_conv/kernel")
        .noneMatch(name -> name.startsWith("block13") || name.contains("moving"))
        .noneMatch(name -> name.startsWith("predictions"));
    assertThat(only(Plans.topShare(MODEL, 0.2)))
        .as("a fifth of 17 blocks, rounded up")
        .isEqualTo(only(Plans.topBlocks(MODEL, 4)));
    assertThatThrownBy(() -> Plans.topBlocks(MODEL, 18))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("17 blocks (stem, block0");
    assertThatThrownBy(() -> Plans.topShare(MODEL, 0)).isInstanceOf(BadRequestException.class);
  }

  @Test
  void everythingIsWhatKerasTrains() {
    Model original = Models.efficientNetLite0();
    FoundHead head = HeadFinder.only(original);
    assertThat(only(Plans.everything(original)).variables())
        .containsExactlyInAnyOrderElementsOf(
            original.trainableVariables().stream()
                .map(Variable::name)
                .filter(name -> !name.equals(head.kernel()))
                .filter(name -> !name.equals(head.bias().orElseThrow().name()))
                .toList());
  }

  @Test
  void gradualUnfreezingGoesDownToTheStem() {
    List<Stretch> stretches = Plans.gradual(MODEL, 4).stretches();
    assertThat(stretches)
        .extracting(Stretch::name)
        .containsExactly("last 5 blocks", "last 9 blocks", "last 13 blocks", "all blocks");
    for (int i = 1; i < 4; i++) {
      assertThat(stretches.get(i).variables()).containsAll(stretches.get(i - 1).variables());
    }
    assertThat(stretches.get(3)).isEqualTo(only(Plans.everything(MODEL)));
    assertThat(Plans.gradual(Models.zoo("keras3/residual"), 50).stretches())
        .as("no more stretches than blocks")
        .hasSize(3);
    assertThatThrownBy(() -> Plans.gradual(MODEL, 0)).isInstanceOf(BadRequestException.class);
  }

  @Test
  void anySelectionMakesAStretch() {
    TrainingPlan plan =
        Plans.of(MODEL, Where.parse("block15_*"), Where.parse("role bias or role gamma"));
    assertThat(plan.stretches()).hasSize(2);
    Set<String> second = plan.stretches().get(1).variables();
    assertThat(second).contains("stem_bn/gamma").doesNotContain("predictions/bias");
    assertThat(MODEL.with(train(Where.parse("block15_*"))).trainableVariables())
        .extracting(Variable::name)
        .containsExactlyInAnyOrderElementsOf(plan.stretches().get(0).variables());
    assertThatThrownBy(() -> Plans.of(MODEL, Where.head()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'last block' is the least");
  }

  private static Stretch only(TrainingPlan plan) {
    assertThat(plan.stretches()).hasSize(1);
    return plan.stretches().get(0);
  }
}
