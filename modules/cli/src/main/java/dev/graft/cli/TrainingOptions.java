package dev.graft.cli;

import dev.graft.job.Training;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the model learns; what is not given is as the recipe has it. */
final class TrainingOptions {

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "auto|head|top|gradual|full: how much of the model trains (default: ${DEFAULT-VALUE})."
              + " auto chooses by the number of pictures and says why. After the head each further"
              + " stretch is kept only if it does better on pictures that it did not learn from.")
  private String recipe = "auto";

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the pictures in each stretch after the head, at most (10).")
  private @Nullable Integer epochs;

  @Option(
      names = "--rate",
      paramLabel = "R",
      description = "The highest learning rate of these stretches (1e-5).")
  private @Nullable Double rate;

  @Option(names = "--batch", paramLabel = "N", description = "Pictures in a step (16).")
  private @Nullable Integer batch;

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      description =
          "Compute at most N pictures at a time, in steps, features and scores, for models that fill"
              + " the memory.")
  private @Nullable Integer microBatch;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "sgd|momentum|nesterov|adam|amsgrad|adamw|rmsprop|adagrad (adam).")
  private @Nullable String optimizer;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description =
          "The rate over time (cosine): constant, cosine, linear, one-cycle, polynomial:POWER,"
              + " step:STEPS:FACTOR, exponential:STEPS:FACTOR, plateau:EPOCHS.")
  private @Nullable String schedule;

  @Option(
      names = "--warm-up",
      paramLabel = "PART",
      description =
          "The part of all steps in which the rate rises (0.1; one-cycle rises by itself).")
  private @Nullable Double warmUp;

  @Option(
      names = "--layer-decay",
      paramLabel = "F",
      description = "How much of a block's rate the block before it has, 0 to 1 (1; gradual: 0.9).")
  private @Nullable Double layerDecay;

  @Option(
      names = "--clip-norm",
      paramLabel = "N",
      description = "Cut the gradients of a step down to a norm of N together (not at all).")
  private @Nullable Double clipNorm;

  @Option(
      names = "--monitor",
      paramLabel = "METRIC",
      description =
          "Keep what is best by loss|accuracy|f1|auc|... on validation (of epochs loss, of stretches"
              + " accuracy or, where labels or examples have weights, loss).")
  private @Nullable String monitor;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "Stop a stretch after N epochs without a better one (3, a head's own 10; with"
              + " plateau:EPOCHS twice these and one more, so that the rate can fall before).")
  private @Nullable Integer patience;

  @Option(
      names = "--head-epochs",
      paramLabel = "N",
      description = "Passes in training a head with --hidden or --dropout, at most (100).")
  private @Nullable Integer headEpochs;

  @Option(
      names = "--head-rate",
      paramLabel = "R",
      description = "The highest learning rate of such a head (3e-3).")
  private @Nullable Double headRate;

  Training training(long seed) {
    return new Training(
        recipe,
        seed,
        epochs,
        rate,
        batch,
        microBatch,
        optimizer,
        schedule,
        warmUp,
        layerDecay,
        clipNorm,
        monitor,
        patience,
        headEpochs,
        headRate);
  }
}
