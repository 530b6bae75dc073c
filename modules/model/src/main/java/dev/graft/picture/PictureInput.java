package dev.graft.picture;

import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tensorflow.proto.NodeDef;

/**
 * What a graph does itself with the pictures that it is fed: it may decode them, and bring those of
 * any size to one.
 */
@Internal
public final class PictureInput {

  private static final Set<String> RESIZERS =
      Set.of(
          "ScaleAndTranslate",
          "ResizeBilinear",
          "ResizeNearestNeighbor",
          "ResizeBicubic",
          "ResizeArea");

  private PictureInput() {}

  /**
   * The only input of {@code model}, if it takes encoded pictures, string [N], and decodes them.
   */
  public static Optional<InputSpec> encoded(Model model) {
    Signature serving = model.servingSignature();
    return model.inputs().stream()
        .filter(input -> serving.inputs().size() == 1 && serving.inputs().containsKey(input.name()))
        .filter(input -> input.dtype() == DType.STRING)
        .filter(input -> !input.shape().hasRank() || input.shape().rank() == 1)
        .filter(input -> decodes(model.graph(), input.tensor()))
        .findFirst();
  }

  /** Whether the texts that {@code bytes} holds are decoded as pictures, as they are. */
  public static boolean decodes(Graph graph, TensorRef bytes) {
    return PictureBytes.areDecoded(graph, bytes);
  }

  /**
   * {@code input} with the size to which pictures are best brought before they get there: its own,
   * or the one to which {@code graph} brings pictures of any size first of all.
   */
  public static InputSpec sized(Graph graph, InputSpec input) {
    if (!input.isImage() || (input.shape().dim(1) > 0 && input.shape().dim(2) > 0)) {
      return input;
    }
    return readers(graph, input.tensor()).stream()
        .filter(node -> RESIZERS.contains(node.getOp()))
        .map(node -> graph.node(Nodes.dataInput(node, 1).node()))
        .filter(size -> size.getOp().equals("Const"))
        .map(size -> TensorValue.from(size.getAttrOrThrow("value").getTensor()).asDoubles())
        .findFirst()
        .map(size -> input.shape(input.shape().dim(1, (long) size[0]).dim(2, (long) size[1])))
        .orElse(input);
  }

  /** What reads {@code tensor}, as it is or in another dtype. */
  private static List<NodeDef> readers(Graph graph, TensorRef tensor) {
    return graph.consumers(tensor.node()).stream()
        .map(graph::node)
        .flatMap(
            node ->
                node.getOp().equals("Cast")
                    ? graph.consumers(node.getName()).stream().map(graph::node)
                    : Stream.of(node))
        .toList();
  }
}
