package dev.graft.internal.card;

import dev.graft.exporter.Exporter;
import dev.graft.internal.gate.Figures;
import java.nio.file.Path;
import java.util.Optional;

/** Whoever publishes a model: how it is scored, what is told of it, and who hears of it. */
public interface Publisher extends Exporter.Announcement {

  /** Scores a version, whether anything is asked of it or not; none to have none scored. */
  Optional<Figures.Scorer> scorer();

  /**
   * What is known of the version in this folder, asked once it is scored and before it is visible.
   */
  CardFacts facts(Path version);

  /** Nobody has to hear of it. */
  @Override
  default void about(Path version, String digest) {}
}
