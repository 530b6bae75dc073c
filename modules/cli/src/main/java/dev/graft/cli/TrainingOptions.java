package dev.graft.cli;

import com.google.common.primitives.Ints;
import dev.graft.error.BadRequestException;
import dev.graft.job.Training;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** How the model learns; what is not given is as the recipe has it. */
final class TrainingOptions {

  private static final Pattern TIME = Pattern.compile("(\\d{1,6}h)?(\\d{1,6}m)?(\\d{1,6}s)?(?<=.)");

  /** More in a step seldom learn as well at the same rate. */
  private static final int LARGEST_BATCH = 256;

  private Training training = Training.by("auto");
  private boolean isTimed;

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      defaultValue = "auto",
      description =
          "auto|head|top|gradual|full: how much of the model trains (default: ${DEFAULT-VALUE})."
              + " auto chooses by the number of pictures and the time, and says why. After the head each further"
              + " stretch is kept only if it does better on pictures that it did not learn from.")
  void recipe(String value) {
    training = training.recipe(value);
  }

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description =
          "Passes over the pictures in each stretch after the head, at most (10; boxes 8 looks at"
              + " each picture).")
  void epochs(int value) {
    training = training.epochs(value);
  }

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "The highest learning rate of these stretches (1e-5; boxes 1e-3).")
  void rate(double value) {
    training = training.rate(value);
  }

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Pictures in a step (16; boxes 8), or auto: as many as memory has room for, up to 256, with"
              + " 16 steps in an epoch at least.")
  void batch(String value) {
    Integer count = Ints.tryParse(value);
    if (count == null && !value.equals("auto")) {
      throw new BadRequestException("'" + value + "' is no batch; give a number, or auto.");
    }
    training = count == null ? training.batchUpTo(LARGEST_BATCH) : training.batch(count);
  }

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      description =
          "Compute at most N pictures at a time, in steps, features and scores, for models that fill"
              + " the memory.")
  void microBatch(int value) {
    training = training.microBatch(value);
  }

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "sgd|momentum|nesterov|adam|amsgrad|adamw|rmsprop|adagrad (adam).")
  void optimizer(String value) {
    training = training.optimizer(value);
  }

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "The rate over time (cosine): constant, cosine, linear, one-cycle, polynomial:POWER,"
              + " step:STEPS:FACTOR, exponential:STEPS:FACTOR, plateau:EPOCHS.")
  void schedule(String value) {
    training = training.schedule(value);
  }

  @Option(
      names = "--warm-up",
      paramLabel = "PART",
      description =
          "The part of all steps in which the rate rises (0.1; one-cycle rises by itself).")
  void warmUp(double value) {
    training = training.warmUp(value);
  }

  @Option(
      names = "--layer-decay",
      paramLabel = "F",
      description = "How much of a block's rate the block before it has, 0 to 1 (1; gradual: 0.9).")
  void layerDecay(double value) {
    training = training.layerDecay(value);
  }

  @Option(
      names = "--clip-norm",
      paramLabel = "N",
      description = "Cut the gradients of a step down to a norm of N together (not at all).")
  void clipNorm(double value) {
    training = training.clipNorm(value);
  }

  @Option(
      names = "--monitor",
      paramLabel = "METRIC",
      description =
          "Keep what is best by loss|accuracy|f1|auc|... on validation (of epochs loss, of stretches"
              + " accuracy or, where labels or examples have weights, loss).")
  void monitor(String value) {
    training = training.monitor(value);
  }

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "Stop a stretch after N epochs without a better one (3, a head's own 10; with"
              + " plateau:EPOCHS twice these and one more, so that the rate can fall before).")
  void patience(int value) {
    training = training.patience(value);
  }

  @Option(
      names = "--head-epochs",
      paramLabel = "N",
      description =
          "Passes in training a head with --hidden or --dropout, at most (100), or one for boxes (by"
              + " the number of pictures).")
  void headEpochs(int value) {
    training = training.headEpochs(value);
  }

  @Option(
      names = "--head-rate",
      paramLabel = "R",
      description = "The highest learning rate of such a head (3e-3; boxes 1e-3).")
  void headRate(double value) {
    training = training.headRate(value);
  }

  @Option(
      names = "--time",
      paramLabel = "T",
      description =
          "Keep to a time such as 10m, 90s or 2h, features and head included: fewer epochs where"
              + " there is no time for all; 'auto' takes a smaller recipe first (as long as it takes;"
              + " auto: 8h).")
  void time(String value) {
    Matcher parts = TIME.matcher(value);
    if (!parts.matches()) {
      throw new BadRequestException(
          "'" + value + "' is no time; give a number and s, m or h, such as 10m.");
    }
    isTimed = true;
    training = training.time(Duration.parse("PT" + value.toUpperCase(Locale.ROOT)));
  }

  /** Whether a time was given. */
  boolean isTimed() {
    return isTimed;
  }

  @Option(
      names = "--no-refit",
      description =
          "Publish a head for boxes as it was chosen, and do not learn it once more from the"
              + " validation pictures, too.")
  void noRefit(boolean value) {
    training = training.refit(!value);
  }

  Training training(long seed) {
    return training.seed(seed);
  }
}
