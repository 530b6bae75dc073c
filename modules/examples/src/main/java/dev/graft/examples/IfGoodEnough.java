package dev.graft.examples;

import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.error.RefusedException;
import dev.graft.model.Model;
import dev.graft.words.Figure;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/** Publishes a model only if it is good enough, and says why if it is not. */
public final class IfGoodEnough {

  private IfGoodEnough() {}

  /**
   * Publishes {@code model}.
   *
   * @param examples that it did not learn from
   * @return the version; none if it was refused
   */
  public static Optional<Version> publish(
      Model model, Path serving, Dataset examples, PrintStream out) {
    // docs begin
    Publication terms =
        Publication.to(serving)
            .examples(examples)
            .require("accuracy", 0.8) // at least
            .require("latency", 2_000) // milliseconds, at most
            .notWorse(true); // than the version that is published now
    try (Graft graft = Graft.open()) {
      return Optional.of(graft.publish(model, terms));
    } catch (RefusedException refusal) {
      for (Figure figure : refusal.figures()) {
        out.println(figure.words() + (figure.holds() ? "" : ": missed"));
      }
      return Optional.empty();
    }
    // docs end
  }
}
