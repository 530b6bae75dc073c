package dev.graft.importer.internal.file;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.MetaGraphDef;

/** Chooses one of a SavedModel's MetaGraphs by its tags. */
public final class MetaGraphs {

  private static final String SERVE = "serve";

  private MetaGraphs() {}

  /**
   * The MetaGraph with exactly these tags; without any wanted, the one for serving: tagged {@code
   * serve} and as little else as possible, else the one with the fewest tags that does not train.
   */
  public static MetaGraphDef choose(List<MetaGraphDef> graphs, Set<String> wanted) {
    if (graphs.isEmpty()) {
      throw new BadModelException("the SavedModel holds no MetaGraph; it is empty or damaged.");
    }
    if (wanted.isEmpty()) {
      return graphs.stream()
          .min(
              Comparator.comparing((MetaGraphDef graph) -> !tags(graph).contains(SERVE))
                  .thenComparing(graph -> tags(graph).contains("train"))
                  .thenComparing(graph -> tags(graph).size()))
          .orElseThrow();
    }
    return graphs.stream()
        .filter(graph -> tags(graph).equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new BadRequestException(
                    "the SavedModel has no MetaGraph tagged "
                        + new TreeSet<>(wanted)
                        + "; it has "
                        + graphs.stream().map(MetaGraphs::tags).toList()
                        + "."));
  }

  /** The tags of each of {@code graphs}. */
  public static ImmutableList<Set<String>> tagSets(List<MetaGraphDef> graphs) {
    return graphs.stream().map(MetaGraphs::tags).collect(ImmutableList.toImmutableList());
  }

  /** The tags of {@code graph}, in the order of the alphabet. */
  public static ImmutableSet<String> tags(MetaGraphDef graph) {
    return ImmutableSet.copyOf(new TreeSet<>(graph.getMetaInfoDef().getTagsList()));
  }
}
