package dev.graft.trainer.score;

import com.google.common.collect.ImmutableMap;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** What a model answers to examples. */
@Internal
public final class Predictor {

  private static final int FEWEST = Batch.SCORED; // examples

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final int atOnce;
  private final Watch watch;
  private final boolean shared; // with other runs, as far as the recipe tells
  private final List<TensorRef> wanted;

  private Predictor(TensorFlowRuntime runtime, Model model, TrainOptions options) {
    this.runtime = runtime;
    this.model = model;
    this.atOnce = options.recipe().atOnce();
    this.watch = Watch.of(options);
    this.shared = options.recipe().fineTunes().isEmpty();
    this.wanted =
        model.servingSignature().outputs().values().stream()
            .map(TensorSpec::tensor)
            .distinct()
            .toList();
  }

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
      return new Predictor(runtime, model, options).kept(data);
    } catch (RuntimeException e) {
      throw interruption.endedBy(e);
    }
  }

  /**
   * The answers from features of {@code data}, where other runs keep theirs, too; in the precision
   * of the network, so that they are what a server answers. Each call that keeps some leaves a
   * file: a few examples are not worth it, nor is a network that nobody else has.
   */
  private ImmutableMap<String, TensorValue> kept(Dataset data) {
    boolean areWorthKeeping = shared && data.size() >= FEWEST && !model.variables().isEmpty();
    if (!areWorthKeeping || !FrozenPart.isKept(runtime)) {
      return FrozenPart.whole(data, watch, this::answers);
    }
    Frontier frontier = Frontier.of(InputBinding.of(model, data));
    return new FrozenPart(runtime, model, frontier, frontier.cut(wanted, ofHeads()))
        .then(data, atOnce, watch, this::answers);
  }

  /** What differs from model to model; nothing where there is no head: then answers are kept. */
  private List<Variable> ofHeads() {
    Set<String> own =
        model.heads().stream()
            .flatMap(head -> head.nodes(model.graph()).stream())
            .collect(Collectors.toSet());
    return model.variables().stream().filter(each -> own.contains(each.node())).toList();
  }

  private ImmutableMap<String, TensorValue> answers(Dataset fed) {
    InputBinding entry = InputBinding.of(model, fed);
    Pace pace = new Pace(watch, Progress.Phase.EVALUATE, "examples", fed.size(), 1);
    ImmutableMap.Builder<String, TensorValue> answers = ImmutableMap.builder();
    try (Features features = new Features(runtime, model, entry, wanted, atOnce)) {
      Map<String, TensorValue> found = features.of(fed, pace).all().named();
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
