package dev.graft.trainer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.TrainingListener;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a training is done, and who is there: a recipe, listeners, what may end it, and where it is
 * kept from being lost.
 *
 * @param recipe how to train
 * @param listeners who hear how it goes, in this order
 * @param cancellation what may pause or end it
 * @param checkpoints with which the same training, begun again, goes on where it was
 * @param time how long it may take; none for as long as it needs, or where {@link Recipe#auto}
 *     chooses, a night
 */
public record TrainOptions(
    Recipe recipe,
    List<TrainingListener> listeners,
    CancellationToken cancellation,
    Checkpoints checkpoints,
    Optional<Duration> time) {

  public TrainOptions {
    requireNonNull(recipe, "recipe");
    listeners = List.copyOf(listeners);
    requireNonNull(cancellation, "cancellation");
    requireNonNull(checkpoints, "checkpoints");
    if (time.isPresent() && (time.get().isNegative() || time.get().isZero())) {
      throw new BadRequestException(
          "a training takes some time, and " + time.get() + " is none; give it minutes or hours.");
    }
  }

  /** By {@code recipe}, with nobody listening and no checkpoints. */
  public static TrainOptions by(Recipe recipe) {
    return new TrainOptions(
        recipe, List.of(), new CancellationToken(), Checkpoints.none(), Optional.empty());
  }

  /** These by another recipe. */
  public TrainOptions recipe(Recipe value) {
    return new TrainOptions(value, listeners, cancellation, checkpoints, time);
  }

  /** These with {@code value} listening, too. */
  public TrainOptions listener(TrainingListener value) {
    requireNonNull(value, "listener");
    List<TrainingListener> all =
        ImmutableList.<TrainingListener>builder().addAll(listeners).add(value).build();
    return new TrainOptions(recipe, all, cancellation, checkpoints, time);
  }

  /** These with {@code value} to pause or cancel. */
  public TrainOptions cancellation(CancellationToken value) {
    requireNonNull(value, "cancellation");
    return new TrainOptions(recipe, listeners, value, checkpoints, time);
  }

  /** These with checkpoints. */
  public TrainOptions checkpoints(Checkpoints value) {
    requireNonNull(value, "checkpoints");
    return new TrainOptions(recipe, listeners, cancellation, value, time);
  }

  /**
   * These with a limit on the time, counted from the beginning, or from going on. A stretch gets
   * fewer epochs than it was to have where there is not enough time left for all, and is left out
   * where there is none for one, as the first steps tell; an epoch that is not over by then does
   * not count. Features and heads that are solved count, and take what they take. How long it will
   * take is told before anything is computed, as a few examples tell; {@link Recipe#auto} takes a
   * smaller recipe where there is no time for what it would choose, and a training that goes on the
   * one that it was begun with. Where the time decides on the recipe or the number of epochs, the
   * same training need not give the same again.
   */
  public TrainOptions time(Duration value) {
    requireNonNull(value, "time");
    return new TrainOptions(recipe, listeners, cancellation, checkpoints, Optional.of(value));
  }
}
