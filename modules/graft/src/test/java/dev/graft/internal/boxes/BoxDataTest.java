package dev.graft.internal.boxes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

  /** Half of the views, each seen twice as often, and what follows has them, too. */
  @Test
  void aTrainingThatOnlyChoosesTakesAsManySteps() {
    BoxData all = BoxData.read(Checkout.path("testdata/bccd"));
    BoxData half = all.forChoosing();
    Parts parts = all.dataset().split(Split.of(60, 20, 20));
    int pictures = parts.train().size();
    Recipe usual = BoxData.usual(Recipe.headThenTop(), pictures);
    Recipe stretched = half.onViews(usual, pictures);
    assertThat(all.onViews(usual, pictures)).isEqualTo(usual);
    assertThat(all.seen(parts, 1).train().size()).isEqualTo(8 * pictures);
    assertThat(half.seen(parts, 1).train().size()).isEqualTo(4 * pictures);
    assertThat(stretched.head().steps().epochs()).isEqualTo(2 * usual.head().steps().epochs());
    assertThat(stretched.fineTunes().get(0).epochs())
        .isEqualTo(2 * usual.fineTunes().get(0).epochs());
    Set<String> later = views(all.turned().seen(parts, 1).train());
    assertThat(views(half.seen(parts, 1).train())).hasSize(4 * pictures).isSubsetOf(later);
  }

  private static Set<String> views(Dataset data) {
    Set<String> views = new HashSet<>();
    for (int i = 0; i < data.size(); i++) {
      Batch one = data.batch(new int[] {i});
      views.add(data.name(i) + Arrays.toString(one.views().floats()));
    }
    return views;
  }

  @Test
  void epochsAreChosenByTheTableOfATraining(@TempDir Path dir) throws IOException {
    Path table = dir.resolve("log.csv");
    Recipe recipe = BoxData.usual(Recipe.headThenTop(), 292);
    Recipe first = ChosenEpochs.ALL.of(recipe, 2); // of half of the views
    Files.writeString(
        table,
        """
        stretch,epoch,step,rate,loss,val_loss
        1,1,10,0.1,3,NaN
        1,2,20,0.1,2,2.5
        1,4,40,0.1,1,1.5
        1,5,50,0.1,1,1.6
        2,1,10,0.1,1,1.4
        2,2,10,0.1,1,1.3
        """);
    ChosenEpochs chosen = ChosenEpochs.by(table, first);
    assertThat(chosen.words()).contains("4 of 12 and 2 of 2");
    Recipe again = chosen.of(recipe, 1);
    assertThat(recipe.head().steps().epochs()).isEqualTo(6);
    assertThat(again.head().steps().epochs()).as("it ended early").isEqualTo(2);
    assertThat(again.fineTunes()).isEqualTo(recipe.fineTunes());
    Files.delete(table);
    assertThat(ChosenEpochs.by(table, first)).as("once and for all").isEqualTo(chosen);
  }

  @Test
  void ofATableThatSaysSomethingElseAllEpochsAreLearned(@TempDir Path dir) throws IOException {
    Path table = dir.resolve("log.csv");
    Files.writeString(table, "stretch,epoch,step,rate,loss,val_loss\n1,1,10,0.1,3,2\n");
    Recipe recipe = BoxData.usual(Recipe.headThenTop(), 292);
    ChosenEpochs chosen = ChosenEpochs.by(table, recipe);
    assertThat(chosen.of(recipe, 1)).isEqualTo(recipe);
    assertThat(chosen.words()).isEqualTo("it is learned for as long");
    assertThat(ChosenEpochs.by(table, recipe)).isEqualTo(chosen);
  }
}
