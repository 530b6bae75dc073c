package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.exporter.Proof;
import dev.graft.model.Model;
import dev.graft.trainer.Recipe;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * What an export has to stand before it is published: the exported model, loaded back by
 * TensorFlow, has to reach an accuracy on examples whose labels are known: pictures, or tensors by
 * the names of its inputs.
 *
 * @param accuracy the least share of the examples that it has to get right, 0 to 1
 * @param examples the examples; not those that the model learned from
 * @param atOnce how many examples are asked about in one call
 */
public record Gate(double accuracy, Dataset examples, int atOnce) {

  private static final int BATCH = 16;

  private static final int COMPARED = 4; // examples on which an export answers as the model

  public Gate {
    requireNonNull(examples, "examples");
    if (atOnce < 1) {
      throw new BadRequestException(
          "at least one example is asked about in one call, given " + atOnce + ".");
    }
    if (!(accuracy >= 0 && accuracy <= 1)) {
      throw new BadRequestException("an accuracy lies between 0 and 1, given " + accuracy + ".");
    }
  }

  /** A gate that asks about 16 examples in one call. */
  public Gate(double accuracy, Dataset examples) {
    this(accuracy, examples, BATCH);
  }

  /** This gate, with no more examples at once in memory than the batches of {@code recipe} have. */
  public Gate with(Recipe recipe) {
    return new Gate(accuracy, examples, recipe.atOnce());
  }

  /** The beginning of a gate; say on which examples with {@link Accuracy#on}. */
  public static Accuracy accuracy(double atLeast) {
    return new Accuracy(atLeast);
  }

  /**
   * A least accuracy, on examples yet to be named.
   *
   * @param atLeast the least share to get right
   */
  public record Accuracy(double atLeast) {
    /** The gate on these examples. */
    public Gate on(Dataset examples) {
      return new Gate(atLeast, examples);
    }
  }

  /** Some of the examples: on these an export has to answer as the model does. */
  Proof some() {
    int most = Math.min(Math.min(COMPARED, atOnce), examples.size());
    Batch batch = examples.batch(IntStream.range(0, most).toArray());
    return examples.isPictures()
        ? Proof.pictures(batch.encoded().strings())
        : Proof.examples(batch.named());
  }

  /** What {@code model} has to stand before it is published. */
  Proof proof(Model model) {
    return Proof.gate(
        "accuracy",
        session -> {
          boolean pictures = examples.isPictures();
          double reached = ExportedAnswers.of(session, model, pictures).accuracy(examples, atOnce);
          String words =
              String.format(
                  Locale.ROOT,
                  "%.3f on %d %s, at least %.3f asked for",
                  reached,
                  examples.size(),
                  pictures ? "pictures" : "examples",
                  accuracy);
          if (reached < accuracy) {
            throw new FailedCheckException(
                "the model reached "
                    + words
                    + "; nothing was published. Train it on more examples, or lower the gate.",
                new FailedCheckException.Figure("accuracy", reached, accuracy));
          }
          return words;
        });
  }
}
