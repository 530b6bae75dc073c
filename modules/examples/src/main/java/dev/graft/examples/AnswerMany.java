package dev.graft.examples;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.answer.Answer;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.serving.OverloadException;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingEvent;
import dev.graft.serving.ServingListener;
import dev.graft.serving.ServingOptions;
import dev.graft.serving.ServingStats;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Answers while newer versions are published, as a service does. */
public final class AnswerMany {

  private AnswerMany() {}

  /** Asks the newest version below {@code base} about some pictures at once. */
  public static ServingStats ask(
      Path base, List<byte[]> pictures, Consumer<Answer> told, Consumer<String> log) {
    // docs begin
    ServingOptions options =
        ServingOptions.defaults()
            .model(ServeOptions.defaults().trust(Trust.ALLOW).timeout(Duration.ofSeconds(10)))
            .poll(Duration.ofSeconds(5)) // how often it looks for a newer version
            .batches(8, Duration.ofMillis(2))
            .waiting(64);
    ServingListener listener =
        event -> {
          if (event instanceof ServingEvent.Swapped swapped) {
            log.accept("version " + swapped.now() + " answers");
          } else if (event instanceof ServingEvent.KeptBefore kept) {
            log.accept("version " + kept.failed() + " is no good: " + kept.cause().getMessage());
          }
        };
    try (Graft graft = Graft.open();
        Serving serving = Serving.of(graft, base, options, listener)) {
      List<CompletableFuture<Answer>> all = pictures.stream().map(serving::submit).toList();
      all.forEach(answer -> told.accept(answer.join()));
      return serving.stats();
    }
    // docs end
  }

  /** Serves as usual, for a listener of your own. */
  public static Serving open(Graft graft, Path base, ServingListener listener) {
    return Serving.of(graft, base, ServingOptions.defaults(), listener);
  }

  /** What a service says to one client, and with which HTTP status. */
  public static String reply(Serving serving, byte[] picture) {
    try {
      return "200 " + serving.answer(picture);
    } catch (OverloadException e) {
      return "503 " + e.getMessage();
    }
  }

  /** Asks one version, which stays what it is, about several pictures, of which some may be bad. */
  public static List<Optional<Answer>> each(LiveModel live, List<byte[]> pictures) {
    List<Example> examples = pictures.stream().map(Example::picture).toList();
    return live.answerEach(examples).stream().map(Outcome::answer).toList();
  }
}
