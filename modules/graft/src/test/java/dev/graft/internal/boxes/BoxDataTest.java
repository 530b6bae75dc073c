package dev.graft.internal.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import org.junit.jupiter.api.Test;

/** How a head for boxes is trained where nobody says it. */
class BoxDataTest {

  @Test
  void belowTheHeadBoxesLearnFasterAndForShorter() {
    FineTune top = BoxData.usual(Recipe.headThenTop(), 292).fineTunes().get(0);
    assertThat(top.share()).isGreaterThan(0.5);
    assertThat(top.rate()).isEqualTo(3e-4);
    assertThat(top.batch()).isEqualTo(8);
    assertThat(top.epochs()).isEqualTo(1); // each of eight views once
    FineTune ofMany = BoxData.usual(Recipe.headThenTop(), 50_000).fineTunes().get(0);
    assertThat(ofMany.epochs()).isEqualTo(8); // one view
    assertThat(BoxData.usual(Recipe.full(), 292).fineTunes().get(0).share()).isEqualTo(1);
  }

  @Test
  void withoutAWordTheHeadAloneLearns() {
    assertThat(BoxData.usual(Recipe.auto(), 292).fineTunes()).isEmpty();
  }
}
