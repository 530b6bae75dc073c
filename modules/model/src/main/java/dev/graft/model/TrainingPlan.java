package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.Internal;
import java.util.List;
import java.util.Set;

/**
 * Which part of a backbone trains when: stretch after stretch, each with more of it or less. The
 * heads are not named, they train in every stretch unless they are frozen. The surgeon's {@code
 * Plans} make one for a model.
 *
 * @param stretches what trains, in order; empty if the heads train alone
 */
public record TrainingPlan(List<Stretch> stretches) {
  public TrainingPlan {
    stretches = ImmutableList.copyOf(stretches);
  }

  /** How many of {@code all} a share above 0 to 1 is, rounded up. */
  @Internal
  public static int count(double share, int all) {
    return Math.max(1, (int) Math.ceil(share * all - 1e-9)); // in binary 0.28 * 25 exceeds 7
  }

  /**
   * What trains together.
   *
   * @param name what a user calls it: {@code last 2 blocks}
   * @param variables the names of the variables; none of them in a head, none a moving statistic
   */
  public record Stretch(String name, Set<String> variables) {
    public Stretch {
      variables = ImmutableSet.copyOf(variables);
    }
  }
}
