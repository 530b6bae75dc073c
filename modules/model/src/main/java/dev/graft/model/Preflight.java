package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which weights a gradient gets to, found out from the graph alone before anything is compiled: for
 * each variable asked about it is either reached, or cut off by an obstacle, or simply without
 * influence, where {@code tf.GradientTape} gives None.
 *
 * @param reached the variables that a gradient gets to, with no obstacle on any way to them
 * @param unreached the variables that the outputs do not depend on in a way that has a derivative:
 *     behind an integer, a {@code StopGradient}, or on another branch of the model. Training leaves
 *     them as they are
 * @param obstacles the ops on the way that let no gradient pass, nearest to the outputs first
 * @param remedy what can be done about them; empty if there are none
 */
public record Preflight(
    ImmutableList<Variable> reached,
    ImmutableList<Variable> unreached,
    ImmutableList<Obstacle> obstacles,
    Optional<Remedy> remedy) {

  /** How many names a sentence lists. */
  private static final int LISTED = 5;

  /**
   * An op that lets no gradient pass.
   *
   * @param op the op's type
   * @param node the node; for one inside a loop or branch, the loop's name, {@code >} and its own
   * @param layer the layer that holds it; empty if not known
   * @param reason why none passes
   * @param cutOff the variables whose gradient would have to pass it, at least one
   */
  public record Obstacle(
      String op, String node, String layer, String reason, ImmutableList<Variable> cutOff) {

    /** What it is and what it cuts off, in a sentence. */
    public String words() {
      List<String> names = cutOff.stream().limit(LISTED).map(Variable::name).toList();
      int more = cutOff.size() - names.size();
      return "'"
          + op
          + "'"
          + (layer.isEmpty() ? "" : " in layer '" + layer + "'")
          + " (node '"
          + node
          + "') lets no gradient pass: "
          + reason
          + ". It cuts off "
          + (cutOff.size() == 1 ? "the variable " : cutOff.size() + " variables: ")
          + String.join(", ", names)
          + (more > 0 ? " and " + more + " more" : "")
          + ".";
    }
  }

  /**
   * What makes training possible in spite of the obstacles; one of these is enough.
   *
   * @param freeze what to freeze, in the words that {@code Where.parse} and {@code graft finetune
   *     --freeze} read: all that is cut off, and nothing else that trains
   * @param cut a layer above all obstacles at which the model can be cut and given a new head: from
   *     there gradients get to variables that are cut off now; empty if there is none
   * @param outputs the outputs asked about that lie behind no obstacle and can be trained on
   */
  public record Remedy(String freeze, Optional<String> cut, ImmutableList<String> outputs) {

    /** What to do, as an imperative without a full stop. */
    public String words() {
      StringBuilder words =
          new StringBuilder("freeze \"")
              .append(freeze)
              .append('"')
              .append(freeze.equals("all") ? " and train a new head" : "");
      cut.ifPresent(
          at -> words.append(", or cut at '").append(at).append("' and put a new head there"));
      if (!outputs.isEmpty()) {
        words
            .append(", or train on ")
            .append(String.join(" or ", outputs.stream().map(o -> "'" + o + "'").toList()));
      }
      return words.toString();
    }
  }

  /** Whether no gradient is blocked. */
  public boolean isClear() {
    return obstacles.isEmpty();
  }

  /** The variables that are cut off, each once. */
  public ImmutableSet<Variable> blocked() {
    return obstacles.stream()
        .flatMap(obstacle -> obstacle.cutOff().stream())
        .collect(ImmutableSet.toImmutableSet());
  }

  /** A line for each obstacle, and one for what can be done about them. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    obstacles.forEach(obstacle -> lines.add(obstacle.words()));
    remedy.ifPresent(way -> lines.add("→ " + way.words()));
    return lines;
  }
}
