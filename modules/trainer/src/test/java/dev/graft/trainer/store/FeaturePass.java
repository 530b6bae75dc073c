package dev.graft.trainer.store;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Parts;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.features.FeaturePlan;
import dev.graft.trainer.internal.features.Room;
import dev.graft.trainer.internal.mixed.Digits;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.loss.Objectives;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What came out of a pass over the examples at two cuts.
 *
 * @param features those of the second cut
 * @param reused of how many examples nothing was run
 * @param foretold of how many that was known before anything was read
 */
record FeaturePass(CachedFeatures.Part features, long reused, int foretold) {

  static final int AT_ONCE = 8;

  /** Computes what is not in {@code folder}. */
  static FeaturePass of(Path folder, Model model, Parts parts, Watch watch) {
    return of(folder, model, parts, watch, RuntimeOptions.defaults());
  }

  /** As the other form, in a runtime of these options. */
  static FeaturePass of(
      Path folder, Model model, Parts parts, Watch watch, RuntimeOptions options) {
    Frontier frontier = Frontier.of(InputBinding.of(model, parts.train()));
    Task task = Task.of(model, parts.train(), Objectives.usual());
    List<ImmutableList<TensorRef>> cuts =
        Stream.of(0, 1)
            .map(stretch -> frontier.cut(task.logits(), training(model, stretch)))
            .toList();
    Room room = new Room(1 << 30, 0, Path.of(""));
    FeaturePlan plan = FeaturePlan.of(frontier, parts, cuts, room);
    CachedFeatures features = new CachedFeatures(plan, AT_ONCE);
    int foretold;
    try (TensorFlowRuntime runtime =
        TensorFlowRuntime.open(options.features(options.features().in(folder)))) {
      foretold =
          new CachedFeatures.Kept(runtime, model, frontier, parts).count(plan.kept(), Digits.ALL);
      features.compute(runtime, model, cuts, parts.test(), watch);
    }
    return new FeaturePass(features.at(cuts.get(1)), features.counts().reused(), foretold);
  }

  private static List<Variable> training(Model model, int stretch) {
    return SmallTraining.BLOCKS.stretches().get(stretch).variables().stream()
        .map(name -> model.variable(name).orElseThrow())
        .toList();
  }
}
