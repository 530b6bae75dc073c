package dev.graft.importer.internal.clean;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.OptionalDouble;
import org.tensorflow.proto.NodeDef;

/**
 * What a file that does not list its layers shows of their masks. Keras 3 computes the mask of an
 * embedding with {@code mask_zero=True}, and of a Masking layer, from what these read, whether or
 * not anything behind them reads it.
 */
public final class EmbeddingMasks {

  private EmbeddingMasks() {}

  /**
   * {@code layers} with what they say about padding in their configuration, where that is empty.
   *
   * @param graph with what no answer needs
   */
  public static List<Layer> noted(List<Layer> layers, Graph graph) {
    return layers.stream()
        .map(
            layer ->
                noted(layer.toBuilder().children(noted(layer.children(), graph)).build(), graph))
        .toList();
  }

  private static Layer noted(Layer layer, Graph graph) {
    if (!layer.config().isEmpty() || layer.inputs().isEmpty()) {
      return layer;
    }
    OptionalDouble compared = compared(layer.inputs().get(0), graph);
    if (compared.isEmpty()) {
      return layer;
    }
    return switch (layer.className()) {
      case "Embedding" ->
          compared.getAsDouble() == 0
              ? layer.toBuilder().config("{\"mask_zero\": true}").build()
              : layer;
      case "Masking" ->
          layer.toBuilder().config("{\"mask_value\": " + compared.getAsDouble() + "}").build();
      default -> layer;
    };
  }

  /** The number with which {@code tensor} is compared, if it is. */
  private static OptionalDouble compared(TensorRef tensor, Graph graph) {
    if (!graph.contains(tensor.node())) {
      return OptionalDouble.empty();
    }
    for (String reader : graph.consumers(tensor.node())) {
      NodeDef node = graph.node(reader);
      if (!node.getOp().equals("NotEqual") || !Nodes.dataInput(node, 0).equals(tensor)) {
        continue;
      }
      NodeDef other = graph.node(Nodes.dataInput(node, 1).node());
      while (other.getOp().equals("Cast") || other.getOp().equals("Identity")) {
        other = graph.node(Nodes.dataInput(other, 0).node());
      }
      if (other.getOp().equals("Const")) {
        TensorValue value = TensorValue.from(other.getAttrOrThrow("value").getTensor());
        if (value.shape().elements() == 1) {
          return OptionalDouble.of(value.asDoubles()[0]);
        }
      }
    }
    return OptionalDouble.empty();
  }
}
