package dev.graft.job;

import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.surgeon.Where;
import java.util.Set;

/** Where the head of a model that is trained comes from. */
public enum HeadOrigin {
  /** It takes the place of the old answer. */
  NEW,
  /** It is the model's own, and trains. */
  KEPT_AND_TRAINED,
  /** It is the model's own, and stays as it is. */
  KEPT;

  /** The operations that say what a head is. */
  private static final Set<String> HEADS = Set.of("keepHead", "replaceHead", "addHead");

  /** That of {@code start}, by the last that was done to its head. */
  static HeadOrigin of(Model start) {
    String last =
        start.provenance().steps().stream()
            .map(Provenance.Step::operation)
            .filter(HEADS::contains)
            .reduce("", (before, after) -> after);
    boolean trains =
        Where.head().in(start).variables().stream()
            .anyMatch(name -> start.variable(name).orElseThrow().trainable());
    return !last.equals("keepHead") ? NEW : trains ? KEPT_AND_TRAINED : KEPT;
  }
}
