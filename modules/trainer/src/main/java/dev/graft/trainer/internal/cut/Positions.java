package dev.graft.trainer.internal.cut;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.tensor.Shape;
import dev.graft.trainer.internal.task.HeadGoal;
import dev.graft.words.Remedy;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Whether heads answer once for each example, or at each of its positions (words, pixels), and
 * whether the data do so, too.
 */
public final class Positions {

  private Positions() {}

  /**
   * Makes sure that heads and answers fit, as far as TensorFlow's inference knows what the heads
   * give.
   *
   * @throws BadRequestException if they do not
   */
  public static void check(Frontier frontier, List<HeadGoal> goals, Dataset data) {
    for (HeadGoal goal : goals) {
      Answers answers = data.answers().get(goal.answers());
      Optional<Shape> logits = frontier.ofEach(goal.head().logits());
      if (answers != null && logits.isPresent()) {
        check(goal.head(), logits.get(), answers);
      }
    }
  }

  /**
   * Of one head.
   *
   * @param logits the shape of its raw answers to one example
   */
  private static void check(Head head, Shape logits, Answers answers) {
    Shape values = answers.values().shape();
    int positions = several(logits, 0, logits.rank() - 1);
    if (answers.labels().isEmpty()) {
      long given = values.dim(0, 1).elements();
      boolean fits = logits.isFullyKnown() ? given == logits.elements() : given % head.units() == 0;
      if (!fits) {
        throw new BadRequestException(
            "head '"
                + head.name()
                + "' gives "
                + (positions == 0 ? head.units() + " numbers" : "numbers of the shape " + logits)
                + " for each example, but the data have "
                + given
                + "; make the head of that size, or give other answers.");
      }
      return;
    }
    int given = several(values, 1, values.rank() - (answers.isOneLabel() ? 0 : 1));
    if (given != positions && head.kind() != Head.Kind.EMBEDDING) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + (positions == 0
                  ? "' answers once for each example"
                  : "' answers at each position of an example, " + logits)
              + ", but the data have "
              + (given == 0 ? "one answer for each example" : "answers of the shape " + values)
              + "; "
              + (positions == 0
                  ? "give one answer for each example, or a head that answers at each position."
                  : "give the model a head that pools, or give an answer for each position."),
          positions == 0 ? Remedy.POOL_NOTHING : Remedy.POOL_ALL,
          Remedy.ANSWERS_FOR_POSITIONS);
    }
  }

  /** How many of these sizes are not 1. */
  private static int several(Shape shape, int from, int to) {
    return (int) IntStream.range(from, to).filter(i -> shape.dim(i) != 1).count();
  }
}
