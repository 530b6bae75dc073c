package dev.graft.trainer.loss;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.Head;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What each head is trained for and how much it counts, and what large weights cost.
 *
 * @param byHead objectives by the names of heads; the others have the usual one of their kind
 * @param weights how much the heads' losses count in the sum that is made small, by name; the
 *     others count 1
 * @param penalty what large weights cost
 * @param goals those that read several heads or targets; the heads they read need no objective
 */
public record Objectives(
    Map<String, Objective> byHead, Map<String, Double> weights, Penalty penalty, List<Goal> goals) {

  @Internal
  public Objectives {
    byHead = ImmutableMap.copyOf(byHead);
    weights = ImmutableMap.copyOf(weights);
    goals = ImmutableList.copyOf(goals);
    weights.forEach(
        (head, weight) -> {
          if (!(weight >= 0) || Double.isInfinite(weight)) {
            throw new BadRequestException(
                "the loss of head '" + head + "' counts 0 or more, not " + weight + ".");
          }
        });
  }

  /** The usual objective for each head, all heads counting alike, no penalty. */
  public static Objectives usual() {
    return new Objectives(ImmutableMap.of(), ImmutableMap.of(), Penalty.none(), ImmutableList.of());
  }

  /** These, with another one for a head. */
  public Objectives with(String head, Objective objective) {
    requireNonNull(head, "head");
    requireNonNull(objective, "objective");
    Map<String, Objective> more = new LinkedHashMap<>(byHead);
    more.put(head, objective);
    return new Objectives(ImmutableMap.copyOf(more), weights, penalty, goals);
  }

  /** These, with a head counting so much. */
  public Objectives weigh(String head, double weight) {
    requireNonNull(head, "head");
    Map<String, Double> more = new LinkedHashMap<>(weights);
    more.put(head, weight);
    return new Objectives(byHead, ImmutableMap.copyOf(more), penalty, goals);
  }

  /** These, with large weights costing so much. */
  public Objectives penalty(Penalty value) {
    requireNonNull(value, "penalty");
    return new Objectives(byHead, weights, value, goals);
  }

  /** These, with a goal that has a loss of its own over several heads or targets. */
  @Internal
  public Objectives with(Goal goal) {
    requireNonNull(goal, "goal");
    return joint(ImmutableList.<Goal>builder().addAll(goals).add(goal).build());
  }

  /** These, with these joint goals and no others. */
  @Internal
  public Objectives joint(List<Goal> value) {
    requireNonNull(value, "value");
    return new Objectives(byHead, weights, penalty, value);
  }

  @Internal
  @Override
  public List<Goal> goals() {
    return goals;
  }

  /** What {@code head} is trained for. */
  public Objective of(Head head) {
    requireNonNull(head, "head");
    Objective objective = byHead.get(head.name());
    return objective == null ? Objective.of(head.kind()) : objective;
  }

  /** Checkpoints know a run again by this. */
  @Override
  public String toString() {
    List<String> own = goals.stream().map(Goal::identity).toList();
    return String.format(
        "Objectives[byHead=%s, weights=%s, penalty=%s, goals=%s]", byHead, weights, penalty, own);
  }

  /** How much {@code head} counts. */
  public double weight(Head head) {
    requireNonNull(head, "head");
    return weights.getOrDefault(head.name(), 1.0);
  }
}
