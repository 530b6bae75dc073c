package dev.graft.trainer.internal.graph;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Layer;
import dev.graft.model.SavedFunction;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What a frozen layer adds to the loss: it stays as in inference, but a penalty on its activity
 * depends on the weights that train before it, and Keras adds it whatever trains.
 */
final class ActivityPenalties {

  private ActivityPenalties() {}

  /**
   * {@code layer} with its penalties for all that it does in training. Empty if it has none, or if
   * its function computes them from what is not so in inference: from random numbers, or from a
   * normalisation by the batch.
   */
  static Optional<Layer> of(Layer layer) {
    if (LayersInTraining.hasBatchNorm(layer)
        || !layer.training().map(SavedFunction::isUsable).orElse(false)) {
      return Optional.empty();
    }
    SavedFunction function = layer.training().get();
    return penalties(function.body())
        .map(
            body ->
                layer.toBuilder()
                    .tensors(layer.inputs(), ImmutableList.of(), layer.outputShape())
                    .training(new SavedFunction(body, function.captures()))
                    .onGpu(Optional.empty())
                    .build());
  }

  private static Optional<FunctionGraph> penalties(FunctionGraph function) {
    ImmutableList.Builder<TensorRef> results = ImmutableList.builder();
    ImmutableList.Builder<String> names = ImmutableList.builder();
    Set<String> nodes = new LinkedHashSet<>(function.arguments());
    for (int i = 0; i < function.results().size(); i++) {
      if (function.resultNames().get(i).startsWith(SavedFunction.PENALTY)) {
        results.add(function.results().get(i));
        names.add(function.resultNames().get(i));
        nodes.add(function.results().get(i).node());
      }
    }
    Graph graph = function.graph().keepUpstreamOf(nodes);
    boolean asInInference =
        graph.nodes().stream()
            .noneMatch(
                node ->
                    node.getOp().startsWith("Assign")
                        || StatelessRandom.isStateful(node, graph.functions()));
    return names.build().isEmpty() || !asInInference
        ? Optional.empty()
        : Optional.of(
            new FunctionGraph(
                function.name(),
                graph,
                function.arguments(),
                results.build(),
                names.build(),
                ImmutableList.of(),
                function.attrs()));
  }
}
