package dev.graft.trainer;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.TrainingListener;
import java.util.List;

/**
 * How a training is done, and who is there: a recipe, listeners, what may end it, and where it is
 * kept from being lost.
 *
 * @param recipe how to train
 * @param listeners who hear how it goes, in this order
 * @param cancellation what may pause or end it
 * @param checkpoints with which the same training, begun again, goes on where it was
 */
public record TrainOptions(
    Recipe recipe,
    List<TrainingListener> listeners,
    CancellationToken cancellation,
    Checkpoints checkpoints) {

  public TrainOptions {
    requireNonNull(recipe, "recipe");
    listeners = List.copyOf(listeners);
    requireNonNull(cancellation, "cancellation");
    requireNonNull(checkpoints, "checkpoints");
  }

  /** By {@code recipe}, with nobody listening and no checkpoints. */
  public static TrainOptions by(Recipe recipe) {
    return new TrainOptions(recipe, List.of(), new CancellationToken(), Checkpoints.none());
  }

  /** These with {@code value} listening, too. */
  public TrainOptions listener(TrainingListener value) {
    requireNonNull(value, "listener");
    List<TrainingListener> all =
        ImmutableList.<TrainingListener>builder().addAll(listeners).add(value).build();
    return new TrainOptions(recipe, all, cancellation, checkpoints);
  }

  /** These with {@code value} to pause or cancel. */
  public TrainOptions cancellation(CancellationToken value) {
    requireNonNull(value, "cancellation");
    return new TrainOptions(recipe, listeners, value, checkpoints);
  }

  /** These with checkpoints. */
  public TrainOptions checkpoints(Checkpoints value) {
    requireNonNull(value, "checkpoints");
    return new TrainOptions(recipe, listeners, cancellation, value);
  }
}
