package dev.graft.trainer.score;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Dataset;
import dev.graft.error.InputOutputException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.FeatureSpace;
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Decision;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.store.FeatureStore;
import java.util.Optional;
import java.util.function.Function;

/**
 * The part of a network that ends where its heads begin. What it gives for an example is computed
 * once for all runs, where they keep it.
 */
final class FrozenPart {

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final Frontier frontier;
  private final ImmutableList<TensorRef> cut;
  private boolean halves;

  /**
   * That of a model.
   *
   * @param frontier knows how examples get in
   * @param cut where it ends
   */
  FrozenPart(
      TensorFlowRuntime runtime, Model model, Frontier frontier, ImmutableList<TensorRef> cut) {
    this.runtime = runtime;
    this.model = model;
    this.frontier = frontier;
    this.cut = cut;
  }

  /** Has features kept in half precision, or not, and returns this. */
  FrozenPart inHalves(boolean value) {
    halves = value;
    return this;
  }

  /** Whether {@code runtime} keeps anything for other runs. */
  static boolean isKept(TensorFlowRuntime runtime) {
    return FeatureStore.of(runtime).isPresent();
  }

  /**
   * Does the rest with features of {@code data}, or, where none are kept, with {@code data}; tells
   * how the features were come by.
   *
   * @param atOnce so many examples in one run
   * @param rest is handed what to feed
   */
  <T> T then(Dataset data, int atOnce, Watch watch, Function<Dataset, T> rest) {
    Optional<FeatureSpace> space =
        !isKept(runtime) || frontier.entry().tensors().containsAll(cut)
            ? Optional.empty()
            : FeatureSpace.of(frontier, cut, data.size(), runtime);
    if (space.isEmpty()) {
      return whole(data, watch, rest);
    }
    try (FeatureSpace room = space.get()) {
      Dataset features;
      try (Features at = new Features(runtime, model, frontier.entry(), cut, atOnce).into(room)) {
        at.inHalves(halves).keptIn(frontier, watch);
        if (!at.areKept()) {
          return whole(data, watch, rest);
        }
        features =
            at.of(data, new Pace(watch, Progress.Phase.FEATURES, "examples", data.size(), 1));
        watch.tell(at.counts());
      }
      return rest.apply(features);
    } catch (InputOutputException e) {
      if (Interruption.isCancelled(e)) {
        throw e;
      }
      watch.decide(
          Decision.Kind.FEATURES,
          "features could not be kept, so all is computed from the examples: " + e.getMessage());
      return whole(data, watch, rest);
    }
  }

  /** Does all with the examples. */
  static <T> T whole(Dataset data, Watch watch, Function<Dataset, T> rest) {
    watch.tell(new TrainingEvent.Features(data.size(), 0, 0));
    return rest.apply(data);
  }
}
