package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.layers.KerasMetadata.Inbound;
import dev.graft.importer.internal.layers.KerasMetadata.Info;
import dev.graft.importer.internal.layers.LayerTensors.Call;
import dev.graft.model.Layer;
import java.util.Optional;

/**
 * A layer of Keras 2 with its calls.
 *
 * @param layer the layer
 * @param info what Keras says of it
 * @param calls its calls in the graph
 */
record Placed(Layer layer, Info info, ImmutableList<Call> calls) {

  /** The tensor that {@code inbound} means, which names this layer, if it is known. */
  Optional<TensorRef> output(Inbound inbound) {
    int made = Math.max(1, info.calls().size());
    int perCall = layer.outputs().size() / made;
    int at = call(inbound) * perCall + inbound.output();
    return inbound.output() < perCall && at < layer.outputs().size()
        ? Optional.of(layer.outputs().get(at))
        : Optional.empty();
  }

  /** Which of the calls {@code inbound} means; of a model Keras counts its own making as one. */
  int call(Inbound inbound) {
    boolean model = !layer.children().isEmpty() && info.isModel();
    return Math.max(0, inbound.call() - (model ? 1 : 0));
  }
}
