package dev.graft.examples;

import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.PublishedVersion;
import dev.graft.model.Model;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/** Keeps the last few versions, lists them, and goes back to the one before. */
public final class KeptVersions {

  private KeptVersions() {}

  /** Publishes {@code model} twice, and takes the second back. */
  public static Path rollBack(Model model, Path serving, PrintStream out) {
    // docs begin
    try (Graft graft = Graft.open()) {
      graft.publish(model, serving);
      graft.publish(model, Publication.to(serving).keep(3)); // older ones go
      for (PublishedVersion version : PublishedVersion.in(serving)) {
        out.printf(
            "%d %s %s%n",
            version.number(), version.scores(), version.isInUse() ? "in use" : "free");
      }
      return graft.rollback(serving, Optional.of(1L)); // as the next number
    }
    // docs end
  }
}
