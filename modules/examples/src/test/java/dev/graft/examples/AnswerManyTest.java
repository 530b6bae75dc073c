package dev.graft.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Trust;
import dev.graft.answer.Answer;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingStats;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service's side of a published version. */
class AnswerManyTest {

  private static final Path PHOTO = Checkout.path("testdata/photos/animals/cat.jpg");

  @TempDir private Path base;

  @Test
  void picturesAreAnsweredTogether() throws IOException {
    Path from = Checkout.path("testdata/published/bytes");
    Checkout.copy(from, base.resolve("1"));
    byte[] photo = Files.readAllBytes(PHOTO);
    List<Answer> answers = new ArrayList<>();
    ServingStats stats =
        AnswerMany.ask(base, List.of(photo, photo, photo), answers::add, line -> {});
    assertThat(answers).hasSize(3).containsOnly(answers.get(0));
    assertThat(stats.pictures().answered()).isEqualTo(3);
    assertThat(stats.version()).isEqualTo(1);
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(base, Trust.ALLOW);
        Serving serving = AnswerMany.open(graft, base, event -> {})) {
      assertThat(AnswerMany.each(live, List.of(photo, new byte[] {1, 2})).get(0))
          .hasValue(answers.get(0));
      assertThat(AnswerMany.each(live, List.of(photo, new byte[] {1, 2})).get(1)).isEmpty();
      assertThat(AnswerMany.reply(serving, photo)).startsWith("200 Prediction");
    }
  }
}
