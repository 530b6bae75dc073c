package dev.graft.trainer.internal.task;

import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * What is known of time before a training: how much of it there may be, and how long examples take.
 *
 * @param given how long all may take, if that was said
 * @param begun every setting of the recipe by which the training was begun, if this goes on with it
 * @param examples how many are measured
 * @param clock measures, when it is asked
 * @param kept of how many examples features at some tensors are kept already, when it is asked
 */
public record Timing(
    Optional<Duration> given,
    Optional<String> begun,
    int examples,
    Clock clock,
    ToIntFunction<Set<TensorRef>> kept) {

  /** How long what chose itself may take: whoever wants longer says so. */
  private static final Duration NIGHT = Duration.ofHours(8);

  private static final int MOST = 16; // as many as a step has: more would take longer than it tells

  /** Finds out how long examples take. */
  @FunctionalInterface
  public interface Clock {

    /**
     * How many seconds it takes for one example to compute {@code to} from {@code from}; NaN where
     * that cannot be found out.
     */
    double seconds(Collection<TensorRef> from, Collection<TensorRef> to);
  }

  /**
   * That of a training of {@code data} with these options, by a clock that is made for it.
   *
   * @param kept of how many examples features at some tensors are kept already
   */
  public static Timing of(
      TrainOptions options, Dataset data, RowProbe probe, ToIntFunction<Set<TensorRef>> kept) {
    int examples = Math.min(Math.min(MOST, options.recipe().atOnce()), data.size());
    return new Timing(
        options.time(),
        options.checkpoints().open().recipe(),
        examples,
        (from, to) -> probe.seconds(List.copyOf(from), List.copyOf(to), examples),
        kept);
  }

  /** How long a training by {@code recipe} may take: a night where nobody said, and it chooses. */
  public static Optional<Duration> limit(Optional<Duration> given, Recipe recipe) {
    return given.or(() -> Optional.of(NIGHT).filter(night -> recipe.isAuto()));
  }

  /**
   * Whether it is worth a measurement to tell how long {@code chosen} takes: not where a head alone
   * is trained of a few examples and nobody asks, nor where a training goes on.
   */
  public boolean isMeasured(Recipe asked, Recipe chosen) {
    boolean isLong = asked.isAuto() && !chosen.fineTunes().isEmpty();
    return begun.isEmpty() && (given.isPresent() || isLong);
  }
}
