package dev.graft.trainer.internal.graph;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A gradient of a convolution with groups as it is differentiated: by one gradient for each group,
 * of a part of the channels, all of which are joined in the end.
 *
 * @param joined what joins them
 * @param first the gradient of the first group
 * @param count how many there are
 * @param other of what they are beside {@code dy}, all groups of it: the filter for what is read,
 *     what is read for the filter
 * @param dy the gradient of what the convolution gives, all groups of it
 */
record GroupwiseGradient(NodeDef joined, NodeDef first, int count, TensorRef other, TensorRef dy) {

  private static final OpRegistry OPS = OpRegistry.standard();
  private static final String OF_INPUT = "Conv2DBackpropInput";
  private static final String OF_FILTER = "Conv2DBackpropFilter";
  static final int CHANNELS = 3; // the axis, of maps and of filters' outputs

  /** The one that {@code node} joins, if it is such a node. */
  static Optional<GroupwiseGradient> at(NodeDef node, Graph graph) {
    if (!node.getOp().equals("ConcatV2")) {
      return Optional.empty();
    }
    List<TensorRef> inputs = Nodes.dataInputs(node);
    int count = inputs.size() - 1;
    NodeDef first = graph.node(inputs.get(0).node());
    boolean ofInput = first.getOp().equals(OF_INPUT);
    if (count < 2
        || !(ofInput || first.getOp().equals(OF_FILTER))
        || !isOfChannels(inputs.get(count), graph)
        || !isPlain(first)) {
      return Optional.empty();
    }
    List<NodeDef> all =
        inputs.subList(0, count).stream().map(input -> graph.node(input.node())).toList();
    boolean alike =
        all.stream()
            .allMatch(
                each ->
                    each.getOp().equals(first.getOp())
                        && each.getAttrMap().equals(first.getAttrMap()));
    if (!alike) {
      return Optional.empty();
    }
    Optional<TensorRef> other = whole(all, ofInput ? 1 : 0, graph);
    Optional<TensorRef> dy = whole(all, 2, graph);
    return other.flatMap(o -> dy.map(d -> new GroupwiseGradient(node, first, count, o, d)));
  }

  private static boolean isPlain(NodeDef gradient) {
    return OPS.required(gradient, "data_format").getS().toStringUtf8().equals("NHWC")
        && OPS.required(gradient, "dilations").getList().getIList().stream()
            .allMatch(each -> each == 1);
  }

  private static boolean isOfChannels(TensorRef axis, Graph graph) {
    NodeDef node = graph.node(axis.node());
    return node.getOp().equals("Const")
        && OPS.required(node, "dtype").getType() == DataType.DT_INT32 // as the rules have it
        && TensorValue.from(node.getAttrOrThrow("value").getTensor()).ints()[0] == CHANNELS;
  }

  /** What was split into the inputs of all, in this order. */
  private static Optional<TensorRef> whole(List<NodeDef> all, int input, Graph graph) {
    NodeDef split = graph.node(Nodes.dataInput(all.get(0), input).node());
    boolean isSplit =
        split.getOp().equals("Split")
            && OPS.required(split, "num_split").getI() == all.size()
            && isOfChannels(Nodes.dataInput(split, 0), graph)
            && IntStream.range(0, all.size())
                .allMatch(
                    i ->
                        Nodes.dataInput(all.get(i), input)
                            .equals(new TensorRef(split.getName(), i)));
    return isSplit ? Optional.of(Nodes.dataInput(split, 1)) : Optional.empty();
  }

  /** Whether it is of what the convolution reads; else of its filter. */
  boolean isOfInput() {
    return first.getOp().equals(OF_INPUT);
  }

  /** What has the shape of the first group's filter. */
  TensorRef filter() {
    return isOfInput() ? Nodes.dataInput(first, 1) : TensorRef.of(first.getName());
  }

  /** The shape of the first group of what the convolution reads, where it is of that. */
  TensorRef sizes() {
    return Nodes.dataInput(first, 0);
  }
}
