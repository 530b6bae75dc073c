package dev.graft.trainer.score;

import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What a model answers to examples. */
@Internal
public final class Predictor {

  private Predictor() {}

  /**
   * The outputs of the serving signature by name, in its order; row i belongs to example i of
   * {@code data}.
   *
   * @param options with no more examples at once than the batches of their recipe have
   * @throws dev.graft.error.BadRequestException if the data do not fit the model, or an output has
   *     no row for each example, or rows of different sizes
   * @throws dev.graft.error.BadDataException if an example cannot be read
   */
  public static ImmutableMap<String, TensorValue> predict(
      TensorFlowRuntime runtime, Model model, Dataset data, TrainOptions options) {
    Interruption interruption = Interruption.of(runtime);
    try {
      return predict(runtime, model, data, options.recipe().atOnce(), Watch.of(options));
    } catch (RuntimeException e) {
      throw interruption.endedBy(e);
    }
  }

  private static ImmutableMap<String, TensorValue> predict(
      TensorFlowRuntime runtime, Model model, Dataset data, int atOnce, Watch watch) {
    List<TensorRef> wanted =
        model.servingSignature().outputs().values().stream()
            .map(TensorSpec::tensor)
            .distinct()
            .toList();
    InputBinding entry = InputBinding.of(model, data);
    Pace pace = new Pace(watch, Progress.Phase.EVALUATE, "examples", data.size(), 1);
    ImmutableMap.Builder<String, TensorValue> answers = ImmutableMap.builder();
    try (Features features = new Features(runtime, model, entry, wanted, atOnce)) {
      Map<String, TensorValue> found = features.of(data, pace).all().named();
      model
          .servingSignature()
          .outputs()
          .forEach(
              (name, spec) ->
                  answers.put(
                      name, Objects.requireNonNull(found.get(entry.nameOf(spec.tensor())))));
    }
    return answers.buildOrThrow();
  }
}
