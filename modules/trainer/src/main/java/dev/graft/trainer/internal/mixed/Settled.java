package dev.graft.trainer.internal.mixed;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Tensors that do not decide how many digits an op has that reads them, since they are cast to
 * whatever the others are: weights, constants, and what is 0 or 1 by a condition, such as the mask
 * of a dropout. So does Keras, whose layers read their weights in the dtype that they compute in.
 */
final class Settled {

  /** These hand on what they read, in another form. */
  private static final Set<String> VIEWS =
      Set.of("Identity", "Reshape", "Squeeze", "ExpandDims", "Transpose", "StopGradient");

  private static final double LARGEST_HALF = 65_504;
  private static final double SMALLEST_HALF = 0x1p-14; // with all of its digits

  private final Graph graph;
  private final DataType low;

  Settled(Graph graph, DataType low) {
    this.graph = graph;
    this.low = low;
  }

  /** Whether {@code tensor} is one of these. */
  boolean holds(TensorRef tensor) {
    NodeDef source = source(tensor);
    return switch (source.getOp()) {
      case "Const", "ReadVariableOp", "VariableV2", "ZerosLike", "OnesLike" -> true;
      case "Cast" -> OpRegistry.standard().required(source, "SrcT").getType() == DataType.DT_BOOL;
      default -> false;
    };
  }

  /**
   * Whether {@code tensor} is a constant with a number that float16 has no room for, such as the
   * -1e9 that masks attention, or a single one that loses digits, such as the epsilon of a
   * quotient.
   */
  boolean isBeyond(TensorRef tensor) {
    if (low != DataType.DT_HALF) {
      return false;
    }
    NodeDef source = source(tensor);
    if (!source.getOp().equals("Const")) {
      return false;
    }
    double[] values = TensorValue.from(source.getAttrOrThrow("value").getTensor()).asDoubles();
    return Arrays.stream(values).map(Math::abs).anyMatch(size -> size > LARGEST_HALF)
        || (values.length == 1 && values[0] != 0 && Math.abs(values[0]) < SMALLEST_HALF);
  }

  private NodeDef source(TensorRef tensor) {
    NodeDef at = graph.node(tensor.node());
    while (VIEWS.contains(at.getOp())) {
      at = graph.node(Nodes.dataInput(at, 0).node());
    }
    return at;
  }
}
