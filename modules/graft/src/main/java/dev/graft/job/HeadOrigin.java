package dev.graft.job;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Variable;
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

  /** That of each head of {@code start}, by the last that was done to heads. */
  static ImmutableMap<Head, HeadOrigin> of(Model start) {
    String last =
        start.provenance().steps().stream()
            .map(Provenance.Step::operation)
            .filter(HEADS::contains)
            .reduce("", (before, after) -> after);
    return Maps.toMap(
        start.heads(),
        head -> !last.equals("keepHead") ? NEW : trains(start, head) ? KEPT_AND_TRAINED : KEPT);
  }

  private static boolean trains(Model start, Head head) {
    Set<String> own = head.nodes(start.graph());
    return start.trainableVariables().stream().map(Variable::node).anyMatch(own::contains);
  }
}
