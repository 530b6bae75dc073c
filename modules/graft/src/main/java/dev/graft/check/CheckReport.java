package dev.graft.check;

import dev.graft.model.Preflight;
import dev.graft.model.Variable;
import dev.graft.words.Remedy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link ModelCheck} found out about a model.
 *
 * @param imported whether it became a flat graph
 * @param parityMaxDiff the largest difference between what the flat graph and what TensorFlow's own
 *     loader makes of the same inputs; null if they could not be compared
 * @param trainable how many of the variables that are marked as trainable a gradient reaches
 * @param blocked what is in the way of the others
 * @param head the head that was found, in words; null if none was
 * @param trained whether a training step was taken
 * @param exported whether it was exported and loaded again by TensorFlow
 * @param exportMaxDiff the largest difference between what the model and its export make of the
 *     same inputs; null if they were not compared
 * @param error why something did not hold; null if everything did
 * @param remedies what helps against that
 * @param story a line for each step, for people: its name and what came of it
 */
public record CheckReport(
    boolean imported,
    @Nullable Double parityMaxDiff,
    int trainable,
    List<Blocked> blocked,
    @Nullable String head,
    boolean trained,
    boolean exported,
    @Nullable Double exportMaxDiff,
    @Nullable String error,
    List<Remedy> remedies,
    List<Line> story) {

  /**
   * An op that no gradient passes.
   *
   * @param op the op's type
   * @param layer the layer that holds it; empty if not known
   * @param variables the names of the variables that it cuts off
   */
  public record Blocked(String op, String layer, List<String> variables) {

    public Blocked {
      variables = List.copyOf(variables);
    }

    static Blocked of(Preflight.Obstacle obstacle) {
      return new Blocked(
          obstacle.op(), obstacle.layer(), obstacle.cutOff().stream().map(Variable::name).toList());
    }
  }

  /**
   * A line for people.
   *
   * @param step the step; empty if the line goes on about the one above
   * @param text what came of it
   * @param remedies what helps against that
   */
  public record Line(String step, String text, List<Remedy> remedies) {

    public Line {
      remedies = List.copyOf(remedies);
    }

    Line(String step, String text) {
      this(step, text, List.of());
    }
  }

  public CheckReport {
    blocked = List.copyOf(blocked);
    remedies = List.copyOf(remedies);
    story = List.copyOf(story);
  }

  /** Whether everything held. */
  public boolean held() {
    return error == null;
  }
}
