package dev.graft.examples;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.LiveStats;
import dev.graft.ServeOptions;
import dev.graft.answer.Answer;
import dev.graft.answer.Boxes;
import dev.graft.answer.Embedding;
import dev.graft.answer.Example;
import dev.graft.answer.LabelSet;
import dev.graft.answer.Numbers;
import dev.graft.answer.Prediction;
import dev.graft.answer.Several;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Asks a version of any kind, and says in words what it answers. */
public final class AskAnything {

  private AskAnything() {}

  /** What the model in {@code folder} says of values for its inputs. */
  public static String ask(Path folder, Map<String, ?> values) {
    // docs begin
    try (Graft graft = Graft.open();
        LiveModel live =
            graft.serve(folder, ServeOptions.defaults().signature("serving_default"))) {
      return words(live.answer(Example.of(values))); // {"age": 41, "visits": [3, 0, 7]}
    }
    // docs end
  }

  /** An answer in words. */
  public static String words(Answer answer) {
    if (answer instanceof Prediction one) {
      return one.label();
    }
    if (answer instanceof LabelSet some) {
      return some.holding().stream().map(Prediction.Score::label).toList().toString();
    }
    if (answer instanceof Numbers numbers) {
      return numbers.values().toString();
    }
    if (answer instanceof Embedding vector) {
      return "a vector of " + vector.values().size();
    }
    if (answer instanceof Boxes boxes) {
      return boxes.shown().found().toString();
    }
    StringBuilder all = new StringBuilder();
    ((Several) answer)
        .answers()
        .forEach((head, its) -> all.append(head).append(": ").append(words(its)).append("; "));
    return all.toString();
  }

  /** Whether two examples are alike, of a model that gives vectors. */
  public static double alike(LiveModel live, Example one, Example other) {
    List<Embedding> both =
        List.of(one, other).stream().map(live::answer).map(Embedding.class::cast).toList();
    return both.get(0).similarity(both.get(1));
  }

  /** How it went with an open model. */
  public static String health(LiveModel live) {
    LiveStats stats = live.stats();
    return "version "
        + live.version().orElse(0)
        + ", asked by "
        + live.signature().name()
        + ": "
        + stats.answered()
        + " answered, "
        + stats.failed()
        + " failed";
  }
}
