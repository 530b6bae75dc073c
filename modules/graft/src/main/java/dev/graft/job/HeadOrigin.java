package dev.graft.job;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import java.util.List;
import java.util.Set;

/** Where the head of a model that is trained comes from. */
public enum HeadOrigin {
  /** It takes the place of the old answer. */
  NEW,
  /** It is the model's own, and trains. */
  KEPT_AND_TRAINED,
  /** It is the model's own, and stays as it is. */
  KEPT;

  /** That of each head of {@code start}. */
  static ImmutableMap<Head, HeadOrigin> of(Model start) {
    return Maps.toMap(start.heads(), head -> of(start, head));
  }

  /** What came with the model has its weights in the model's files, or none. */
  private static HeadOrigin of(Model start, Head head) {
    Set<String> own = head.nodes(start.graph());
    List<Variable> weights =
        start.variables().stream().filter(each -> own.contains(each.node())).toList();
    return !weights.stream().allMatch(v -> v.source() instanceof VariableSource.InCheckpoint)
        ? NEW
        : start.trainableVariables().stream().anyMatch(weights::contains) ? KEPT_AND_TRAINED : KEPT;
  }
}
