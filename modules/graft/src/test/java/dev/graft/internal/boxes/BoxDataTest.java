package dev.graft.internal.boxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.InputOutputException;
import dev.graft.model.Labels;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a head for boxes is trained where nobody says it. */
class BoxDataTest {

  private static Recipe usual(Recipe recipe, int pictures) {
    return BoxData.usual(recipe, pictures, BoxData.views(pictures));
  }

  @Test
  void belowTheHeadBoxesLearnFasterAndForShorter() {
    FineTune top = usual(Recipe.headThenTop(), 292).fineTunes().get(0);
    assertThat(top.share()).isGreaterThan(0.5);
    assertThat(top.rate()).isEqualTo(1e-3);
    assertThat(top.batch()).isEqualTo(8);
    assertThat(top.epochs()).isEqualTo(1); // each of eight views once
    FineTune ofMany = usual(Recipe.headThenTop(), 50_000).fineTunes().get(0);
    assertThat(ofMany.epochs()).isEqualTo(8); // one view
    assertThat(usual(Recipe.full(), 292).fineTunes().get(0).share()).isEqualTo(1);
  }

  /** Before the rest learns with it, a head need not be finished. */
  @Test
  void theHeadLearnsForShorterWhereTheRestFollows() {
    int alone = usual(Recipe.headOnly(), 292).head().steps().epochs();
    int before = usual(Recipe.headThenTop(), 292).head().steps().epochs();
    assertThat(alone).isEqualTo(6); // of eight views each
    assertThat(before).isEqualTo(3);
  }

  /** Else a head learns few pictures by heart. */
  @Test
  void ofFewPicturesThereAreMoreViews() {
    assertThat(IntStream.of(8, 25, 50, 51, 6000, 7000).map(BoxData::views))
        .containsExactly(64, 32, 16, 8, 8, 4);
  }

  @Test
  void whatALabelTellsOfSidesIsNotMirrored(@TempDir Path dir) throws IOException {
    for (String name : List.of("left_hand", "turn right", "handLeft", "leftHand", "RIGHT")) {
      assertThat(labelled(dir, name).isMirrored()).as(name).isFalse();
      assertThat(labelled(dir, name).dataset().notes().toString()).contains("not mirrored", name);
    }
    for (String name : List.of("bright", "copyright", "cleft", "Lefty", "LEFTOVER", "cell")) {
      assertThat(labelled(dir, name).isMirrored()).as(name).isTrue();
    }
    for (String name : List.of("b", "7", "\u00d1")) {
      assertThat(labelled(dir, name).isMirrored()).as(name).isFalse();
      assertThat(labelled(dir, name).dataset().notes().toString())
          .contains("not mirrored", "'" + name + "'", "single letters or digits");
    }
    assertThat(Sides.allowMirrors(Labels.of("b", "d", "dot"))).as("most").isFalse();
    assertThat(Sides.allowMirrors(Labels.of("b", "dot"))).as("half").isTrue();
    assertThat(Sides.allowMirrors(Labels.of("\u732b", "\u72ac"))).as("words").isTrue();
    BoxData blood = BoxData.read(Checkout.path("testdata/bccd"));
    assertThat(blood.isMirrored()).isTrue();
    assertThat(blood.dataset().notes().toString()).contains("may be learned from mirrored");
    assertThat(Sides.in(Labels.of("ahead", "turnleft", "turnright"))).contains("turnleft");
    assertThat(Sides.in(Labels.of("ahead", "turnleft"))).isEmpty(); // nothing tells that it is one
  }

  private static BoxData labelled(Path dir, String name) throws IOException {
    Path picture = Checkout.path("testdata/bccd/JPEGImages/BloodImage_00000.jpg");
    Files.copy(picture, dir.resolve("one.jpg"), StandardCopyOption.REPLACE_EXISTING);
    Path table = dir.resolve("boxes.csv");
    Files.writeString(table, "file,label,left,top,right,bottom\none.jpg," + name + ",1,1,90,90\n");
    return BoxData.read(table);
  }

  /** What is scored last chooses nothing, not even how large pictures are. */
  @Test
  void theTestPartIsNotAmongWhatIsLearned() {
    BoxData all = BoxData.read(Checkout.path("testdata/bccd"));
    Split split = Split.of(60, 20, 20);
    Parts parts = all.dataset().split(split);
    Dataset learned = all.learned(parts).dataset();
    assertThat(learned.size()).isEqualTo(parts.train().size() + parts.validation().size());
    Set<String> names = new HashSet<>();
    for (int i = 0; i < learned.size(); i++) {
      names.add(learned.name(i));
    }
    for (int i = 0; i < parts.test().size(); i++) {
      assertThat(names).doesNotContain(parts.test().name(i));
    }
  }

  @Test
  void withoutAWordTheHeadAloneLearns() {
    assertThat(usual(Recipe.auto(), 292).fineTunes()).isEmpty();
  }

  /** Half of the views, each seen by the head twice as often, and what follows has them, too. */
  @Test
  void aTrainingThatOnlyChoosesTakesAsManySteps() {
    BoxData all = BoxData.read(Checkout.path("testdata/bccd"));
    BoxData half = all.forChoosing();
    Parts parts = all.dataset().split(Split.of(60, 20, 20));
    int pictures = parts.train().size();
    Recipe usual = usual(Recipe.headThenTop(), pictures);
    Recipe stretched = half.onViews(usual, pictures);
    assertThat(all.onViews(usual, pictures)).isEqualTo(usual);
    assertThat(all.seen(parts, 1).train().size()).isEqualTo(8 * pictures);
    assertThat(half.seen(parts, 1).train().size()).isEqualTo(4 * pictures);
    assertThat(stretched.head().steps().epochs()).isEqualTo(2 * usual.head().steps().epochs());
    assertThat(stretched.fineTunes().get(0).epochs())
        .as("half of the steps")
        .isEqualTo(usual.fineTunes().get(0).epochs());
    Set<String> later = views(all.turned().seen(parts, 1).train());
    assertThat(views(half.seen(parts, 1).train())).hasSize(4 * pictures).isSubsetOf(later);
  }

  /** Where time or memory is short. */
  @Test
  void ofFewerViewsAHeadSeesEachMoreOften(@TempDir Path run) {
    BoxData two = BoxData.read(Checkout.path("testdata/bccd")).atMost(2).keptIn(run);
    assertThat(two.ways(60)).isEqualTo(2);
    assertThat(two.atMost(4).keptIn(run)).as("of a run that goes on").isEqualTo(two);
    Parts parts = two.dataset().split(Split.of(60, 20, 20));
    int pictures = parts.train().size();
    assertThat(two.seen(parts, 1).train().size()).isEqualTo(2 * pictures);
    assertThat(two.forChoosing().seen(parts, 1).train().size()).isEqualTo(pictures);
    Recipe all = usual(Recipe.headThenTop(), pictures);
    Recipe fewer = BoxData.usual(Recipe.headThenTop(), pictures, 2);
    assertThat((double) fewer.head().steps().epochs() / all.head().steps().epochs())
        .isBetween(3.8, 4.2);
    assertThat(fewer.fineTunes().get(0).epochs()).isEqualTo(4);
  }

  /** BatchNorm knows no mean of one example. */
  @Test
  void noBatchIsOfASingleView() {
    for (int pictures = 24; pictures < 400; pictures++) {
      for (int views : List.of(1, 2, 8)) {
        int batch = BoxData.usual(Recipe.headOnly(), pictures, views).head().steps().batch();
        assertThat(pictures * views % batch).isNotEqualTo(1);
        assertThat(pictures * Math.max(1, views / 2) % batch).isNotEqualTo(1);
        assertThat(batch).isBetween(8, views == 8 ? 8 : 16);
      }
    }
  }

  /** A picture with many boxes takes a map for each of them. */
  @Test
  void ofDensePicturesFewerAreComputedAtOnce() {
    BoxSize large = new BoxSize(768, 1024);
    Recipe usual = usual(Recipe.headThenTop(), 300);
    assertThat(new DenseBoxes(600).held(usual, large, 2400)).isEqualTo(usual);
    DenseBoxes dense = new DenseBoxes(1000);
    Recipe held = dense.held(usual, large, 2400);
    assertThat(held.head().steps().microBatch()).isEqualTo(4);
    assertThat(held.fineTunes().get(0).microBatch()).isEqualTo(4);
    assertThat(dense.note(usual, usual)).isEmpty();
    assertThat(dense.note(usual, held).orElseThrow().toString())
        .contains("4 pictures of a batch of 8 are computed at once", "one has 1000 boxes");
    assertThat(dense.held(usual, large, 2405).head().steps().microBatch())
        .as("four of five would leave one")
        .isEqualTo(3);
    assertThat(new DenseBoxes(5000).held(usual, large, 2400).head().steps().microBatch())
        .as("never one by itself")
        .isEqualTo(2);
    assertThat(DenseBoxes.views(8, 1000)).isEqualTo(8);
    assertThat(DenseBoxes.views(8, 1 << 28)).isEqualTo(2);
    assertThat(DenseBoxes.views(8, 1L << 40)).isEqualTo(1);
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
    Recipe recipe = usual(Recipe.headThenTop(), 292);
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
        """);
    ChosenEpochs chosen = ChosenEpochs.by(table, first);
    assertThat(chosen.words(10)).contains("4 of 6 and 1 of 1");
    Recipe again = chosen.of(recipe);
    assertThat(recipe.head().steps().epochs()).isEqualTo(3);
    assertThat(again.head().steps().epochs()).as("it ended early").isEqualTo(2);
    assertThat(again.fineTunes()).isEqualTo(recipe.fineTunes());
    Recipe impatient = recipe.head(recipe.head().steps(recipe.head().steps().patience(1)));
    assertThat(chosen.of(impatient).head().steps().stop().patience())
        .as("what is learned from does not tell when to end")
        .isEqualTo(2);
    Files.delete(table);
    assertThat(ChosenEpochs.by(table, first)).as("once and for all").isEqualTo(chosen);
  }

  /** What validation refused is not learned after all, from the same pictures. */
  @Test
  void aStretchThatDidNoGoodIsLeftOut(@TempDir Path dir) throws IOException {
    Path table = dir.resolve("log.csv");
    Files.writeString(
        table,
        """
        stretch,epoch,step,rate,loss,val_loss
        1,1,10,0.1,3,2.0
        1,2,20,0.1,2,1.5
        2,1,10,0.1,1,1.6
        """);
    Recipe recipe = usual(Recipe.headThenTop(), 292);
    ChosenEpochs chosen = ChosenEpochs.by(table, recipe);
    assertThat(chosen.of(recipe).fineTunes()).isEmpty();
    assertThat(chosen.by(10)).isEqualTo(chosen);
    assertThat(chosen.words(9)).contains("2 of 3 and 0 of 1", "so all are learned");
    Recipe few = chosen.by(9).of(recipe);
    assertThat(few.head()).as("nine pictures tell little").isEqualTo(recipe.head());
    assertThat(few.fineTunes()).isEmpty();
    assertThat(chosen.words(10)).contains("2 of 3 and 0 of 1");
    assertThat(ChosenEpochs.by(table, recipe)).isEqualTo(chosen);
  }

  @Test
  void whatTheFirstTrainingTookIsKept(@TempDir Path dir) throws IOException {
    assertThat(Spent.in(dir, Duration.ofSeconds(90))).hasSeconds(90);
    assertThat(Spent.in(dir, Duration.ofMillis(3))).as("in another process").hasSeconds(90);
  }

  @Test
  void whetherUpsideDownIsAlikeIsDecidedOnce(@TempDir Path dir) throws IOException {
    UpsideDown first = UpsideDown.in(dir, () -> new UpsideDown(2.0001, 2.3));
    assertThat(first.isAlike()).isTrue();
    assertThat(first.words()).contains("2.000", "2.300", "upside down, too");
    assertThat(UpsideDown.in(dir, () -> new UpsideDown(2, 2.3001))).isEqualTo(first);
    assertThat(new UpsideDown(2, 2.3001).isAlike()).as("on another machine").isFalse();
    Files.writeString(dir.resolve("upside-down.txt"), "2.1");
    assertThatThrownBy(() -> UpsideDown.in(dir, () -> first))
        .isInstanceOf(InputOutputException.class)
        .hasMessageContaining("upside-down.txt' is damaged");
  }

  @Test
  void ofATableThatSaysSomethingElseAllEpochsAreLearned(@TempDir Path dir) throws IOException {
    Path table = dir.resolve("log.csv");
    Files.writeString(table, "stretch,epoch,step,rate,loss,val_loss\n1,1,10,0.1,3,2\n");
    Recipe recipe = usual(Recipe.headThenTop(), 292);
    ChosenEpochs chosen = ChosenEpochs.by(table, recipe);
    assertThat(chosen.of(recipe)).isEqualTo(recipe);
    assertThat(chosen.words(10)).isEqualTo("it is learned for as long");
    assertThat(ChosenEpochs.by(table, recipe)).isEqualTo(chosen);
  }
}
