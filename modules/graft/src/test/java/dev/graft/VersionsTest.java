package dev.graft;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions are kept, listed and brought back; what is in use stays. */
@Tag("slow")
class VersionsTest {

  private static final Labels LABELS = Labels.of("calm", "shaken");

  @TempDir private Path base;

  private static Model network(long seed) {
    return Graft.load(Zoo.model("keras2/lstm").savedModel())
        .with(replaceHead(HeadSpec.singleLabel(LABELS).seed(seed)));
  }

  private List<Long> numbers() {
    return PublishedVersion.in(base).stream().map(PublishedVersion::number).toList();
  }

  private double[] answer(Graft graft, Path version) {
    TensorValue x = TensorValue.of(Shape.of(1, 5, 3), new float[15]);
    Dataset one = Dataset.of(Map.of("x", x), TensorValue.of(Shape.of(1), new int[1]), LABELS);
    return graft.predict(Graft.load(version), one).values().iterator().next().asDoubles();
  }

  @Test
  void theNewestAreKeptAndOldOnesComeBack() {
    TensorValue x = TensorValue.of(Shape.of(2, 5, 3), new float[30]);
    Dataset two = Dataset.of(Map.of("x", x), TensorValue.of(Shape.of(2), new int[2]), LABELS);
    try (Graft graft = Graft.open()) {
      graft.publish(network(1), base);
      graft.publish(network(2), base);
      Publication scored = Publication.to(base).examples(two).require("accuracy", 0);
      graft.publish(network(3), scored.keep(2));
      assertThat(numbers()).containsExactly(2L, 3L);
      List<PublishedVersion> versions = PublishedVersion.in(base);
      assertThat(versions.get(0).scores()).isEmpty();
      assertThat(versions.get(1).scores()).containsKeys("accuracy", "recall.calm", "loss");
      assertThat(versions.get(1).scores().keySet().iterator().next()).isEqualTo("accuracy");
      assertThat(versions.get(1).megabytes()).isPositive();
      assertThat(base.resolve("2/MODEL_CARD.md"))
          .content()
          .contains("one of 2 labels (calm, shaken)")
          .contains("not after a training by Graft")
          .contains("it was not scored on any")
          .doesNotContain(base.toString());
      assertThat(base.resolve("3/MODEL_CARD.md"))
          .content()
          .contains("On the given examples")
          .contains("| accuracy |")
          .doesNotContain("it was not scored on any");
      double[] before = answer(graft, base.resolve("2"));
      assertThat(graft.rollback(base, Optional.empty())).isEqualTo(base.resolve("4"));
      assertThat(answer(graft, base)).isEqualTo(before);
      assertThatThrownBy(() -> graft.rollback(base, Optional.empty()))
          .as("4 is 2 once more, and before that there is nothing")
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("no version before the newest")
          .hasMessageContaining("[2, 3, 4]");
      assertThat(graft.rollback(base, Optional.of(3L))).isEqualTo(base.resolve("5"));
      assertThat(PublishedVersion.in(base).get(3).scores()).containsKey("accuracy");
      assertThat(graft.rollback(base, Optional.empty())).isEqualTo(base.resolve("6"));
      assertThat(answer(graft, base)).isEqualTo(before);
      assertThatThrownBy(() -> graft.rollback(base, Optional.of(7L)))
          .hasMessageContaining("no version 7");
    }
    assertThatThrownBy(() -> PublishedVersion.in(base.resolve("none")))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("holds no version");
    assertThatThrownBy(() -> Publication.to(base).keep(0)).isInstanceOf(BadRequestException.class);
  }

  @Test
  void whatAModelOrAServiceReadsStays() throws IOException {
    Model pictures =
        Graft.load(Checkout.path("testdata/surgery/efficientnet/model"))
            .with(replaceHead(HeadSpec.singleLabel(LABELS)));
    try (Graft graft = Graft.open()) {
      for (int i = 0; i < 3; i++) {
        graft.publish(pictures, base);
      }
      Model lazy = Graft.load(base.resolve("1"));
      try (LiveModel live = graft.serve(base.resolve("2"))) {
        assertThat(PublishedVersion.in(base).stream().map(PublishedVersion::isInUse))
            .containsExactly(true, true, false);
        Version last = graft.publish(pictures, Publication.to(base).keep(1));
        assertThat(last.remarks())
            .contains("version 1 stays, since it is in use", "version 2 stays, since it is in use");
        assertThat(numbers()).containsExactly(1L, 2L, 4L);
        assertThat(live.isClassifier()).isTrue();
      }
      Version last = graft.publish(lazy, Publication.to(base).keep(1));
      assertThat(last.number()).as("its weights are read now").isEqualTo(5);
      assertThat(numbers()).containsExactly(1L, 5L);
      Reference.reachabilityFence(lazy);
    }
    assertThatThrownBy(() -> Graft.load(base.resolve("2"))).isInstanceOf(RuntimeException.class);
    try (Stream<Path> all = Files.list(base)) {
      assertThat(all.map(path -> path.getFileName().toString()).filter(n -> n.startsWith(".")))
          .allMatch(name -> name.startsWith(".graft-use-1-"));
    }
  }

  /** What was only looked at is free again once nobody can reach it. */
  @Test
  void aModelThatIsForgottenIsNotInUse() throws InterruptedException {
    try (Graft graft = Graft.open()) {
      graft.publish(network(1), base);
      assertThat(Graft.load(base).variables()).isNotEmpty();
      for (int i = 0; i < 100 && PublishedVersion.in(base).get(0).isInUse(); i++) {
        System.gc();
        Thread.sleep(20);
      }
      assertThat(PublishedVersion.in(base).get(0).isInUse()).isFalse();
    }
  }
}
