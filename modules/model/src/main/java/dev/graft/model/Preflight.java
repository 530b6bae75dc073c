package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
 * @param endings the ops at which gradients end, as in TensorFlow, with unreached variables behind
 *     them, nearest to the outputs first; what is unreached and behind none of them lies inside a
 *     loop or branch, or has no influence
 * @param remedy what can be done about the obstacles or, where no variable is reached, about the
 *     endings; empty if nothing needs to be done
 */
public record Preflight(
    List<Variable> reached,
    List<Variable> unreached,
    List<Obstacle> obstacles,
    List<Ending> endings,
    Optional<Remedy> remedy) {
  public Preflight {
    reached = ImmutableList.copyOf(reached);
    unreached = ImmutableList.copyOf(unreached);
    obstacles = ImmutableList.copyOf(obstacles);
    endings = ImmutableList.copyOf(endings);
  }

  /** How many names a sentence lists. */
  private static final int LISTED = 5;

  /** How many endings get a line. */
  private static final int ENDINGS = 3;

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
      String op, String node, String layer, String reason, List<Variable> cutOff) {
    public Obstacle {
      cutOff = ImmutableList.copyOf(cutOff);
    }

    /** What it is and what it cuts off, in a sentence. */
    public String words() {
      return place(op, layer, node)
          + " lets no gradient pass: "
          + reason
          + ". It cuts off "
          + counted(cutOff)
          + ".";
    }
  }

  /**
   * An op at which gradients end because there is nothing to differentiate: a {@code StopGradient},
   * a rounding, a comparison, the number of the largest value.
   *
   * @param op the op's type
   * @param node the node
   * @param layer the layer that holds it; empty if not known
   * @param behind the variables behind it that no gradient gets to, at least one
   */
  public record Ending(String op, String node, String layer, List<Variable> behind) {
    public Ending {
      behind = ImmutableList.copyOf(behind);
    }

    /** What it is and what lies behind it, in a sentence. */
    public String words() {
      return "gradients end at "
          + place(op, layer, node)
          + ", as in TensorFlow. Behind it: "
          + counted(behind)
          + ".";
    }
  }

  private static String place(String op, String layer, String node) {
    return "'"
        + op
        + "'"
        + (layer.isEmpty() ? "" : " in layer '" + layer + "'")
        + " (node '"
        + node
        + "')";
  }

  private static String counted(List<Variable> variables) {
    List<String> names = variables.stream().limit(LISTED).map(Variable::name).toList();
    int more = variables.size() - names.size();
    return (variables.size() == 1 ? "the variable " : variables.size() + " variables: ")
        + String.join(", ", names)
        + (more > 0 ? " and " + more + " more" : "");
  }

  /**
   * What makes training possible in spite of the obstacles; one of these is enough.
   *
   * @param freeze what to freeze, in the words that {@code Where.parse} and {@code graft finetune
   *     --freeze} read: all that is cut off, and nothing else that trains; empty where nothing is
   *     cut off and gradients only end
   * @param cut a layer, or failing that a tensor ({@code node:0}), above all obstacles at which the
   *     model can be cut and given a new head: from there gradients get to variables that they do
   *     not get to now; empty if there is none
   * @param outputs the outputs asked about that lie behind no obstacle and can be trained on
   */
  public record Remedy(String freeze, Optional<String> cut, List<String> outputs) {
    public Remedy {
      outputs = ImmutableList.copyOf(outputs);
    }

    /** What to do, as an imperative without a full stop. */
    public String words() {
      List<String> ways = new ArrayList<>();
      if (!freeze.isEmpty()) {
        ways.add(
            "freeze \"" + freeze + '"' + (freeze.equals("all") ? " and train a new head" : ""));
      }
      cut.ifPresent(at -> ways.add("cut at '" + at + "' and put a new head there"));
      if (!outputs.isEmpty()) {
        ways.add(
            "train on " + String.join(" or ", outputs.stream().map(o -> "'" + o + "'").toList()));
      }
      return String.join(", or ", ways);
    }
  }

  /** Whether no gradient is blocked. */
  public boolean isClear() {
    return obstacles.isEmpty();
  }

  /** The variables that are cut off, each once. */
  public Set<Variable> blocked() {
    return obstacles.stream()
        .flatMap(obstacle -> obstacle.cutOff().stream())
        .collect(ImmutableSet.toImmutableSet());
  }

  /** The unreached variables that lie behind an ending, each once. */
  public Set<Variable> ended() {
    return endings.stream()
        .flatMap(ending -> ending.behind().stream())
        .collect(ImmutableSet.toImmutableSet());
  }

  /** A line for each obstacle and the first endings, and one for what can be done about them. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    obstacles.forEach(obstacle -> lines.add(obstacle.words()));
    endings.stream().limit(ENDINGS).forEach(ending -> lines.add(ending.words()));
    if (endings.size() > ENDINGS) {
      lines.add("gradients end at " + (endings.size() - ENDINGS) + " more ops");
    }
    remedy.ifPresent(way -> lines.add("→ " + way.words()));
    return lines;
  }
}
