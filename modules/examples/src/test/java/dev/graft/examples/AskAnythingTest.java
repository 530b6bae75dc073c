package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.answer.Example;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.testkit.Zoo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Versions that answer something else than a label for a picture. */
class AskAnythingTest {

  private static final Model NETWORK = Graft.load(Zoo.model("keras2/dense_mlp").savedModel());
  private static final Map<String, ?> ROW = Map.of("x", List.of(1, 0.5, 3, -2, 0, 7));

  @TempDir private Path out;

  @Test
  void severalHeads() {
    try (Graft graft = Graft.open()) {
      var unused =
          graft.publish(
              NETWORK.with(
                  replaceHead(
                      HeadSpec.multiLabel(Labels.of("a", "b")).named("tags"),
                      HeadSpec.regression(1).named("size"))),
              out);
    }
    assertThat(AskAnything.ask(out, ROW)).contains("tags: [", "size: [");
  }

  @Test
  void vectors() {
    try (Graft graft = Graft.open();
        LiveModel live =
            graft.serve(graft.publish(NETWORK.with(replaceHead(HeadSpec.embedding(4))), out))) {
      assertThat(AskAnything.alike(live, Example.of(ROW), Example.of(ROW)))
          .isCloseTo(1, within(1e-6));
      assertThat(AskAnything.words(live.answer(Example.of(ROW)))).isEqualTo("a vector of 4");
      assertThat(AskAnything.health(live))
          .isEqualTo("version 1, asked by serving_default: 3 answered, 0 failed");
    }
  }
}
