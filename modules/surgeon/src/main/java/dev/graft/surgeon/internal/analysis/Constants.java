package dev.graft.surgeon.internal.analysis;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * Small numeric tensors whose value is known without running the graph: constants, statistics held
 * in variables, and what Keras' Normalization makes of them.
 */
public final class Constants {

  private static final int MOST = 4096;

  private final Graph graph;
  private final Map<String, Variable> byNode = new HashMap<>();
  private final VariableValues values = new VariableValues();

  public Constants(Model model) {
    this.graph = model.graph();
    model.variables().forEach(v -> byNode.put(v.node(), v));
  }

  /** The elements of {@code tensor} in row-major order, or null if they are not known. */
  public double @Nullable [] of(TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    return switch (node.getOp()) {
      case "Const" -> numbers(TensorValue.from(node.getAttrOrThrow("value").getTensor()));
      case "VarHandleOp", "VariableV2" -> variable(node.getName());
      case "Identity", "ReadVariableOp", "Cast", "Reshape", "ExpandDims", "Squeeze" ->
          of(Nodes.dataInput(node, 0));
      case "Mul" -> product(of(Nodes.dataInput(node, 0)), of(Nodes.dataInput(node, 1)));
      case "Sqrt" -> map(node, Math::sqrt);
      case "Rsqrt" -> map(node, x -> 1 / Math.sqrt(x));
      case "Reciprocal" -> map(node, x -> 1 / x);
      case "Maximum" -> {
        double[] floor = of(Nodes.dataInput(node, 1));
        yield floor == null || floor.length != 1 ? null : map(node, x -> Math.max(x, floor[0]));
      }
      default -> null;
    };
  }

  /**
   * The elements of a shape: -1 for those that are known only while the graph runs; null if that is
   * so of all.
   */
  public long @Nullable [] shape(TensorRef tensor) {
    double[] constant = of(tensor);
    if (constant != null) {
      return Arrays.stream(constant).mapToLong(d -> (long) d).toArray();
    }
    NodeDef node = graph.node(tensor.node());
    if (!node.getOp().equals("Pack")) {
      return null;
    }
    return Nodes.dataInputs(node).stream()
        .map(this::of)
        .mapToLong(value -> value == null ? Shape.UNKNOWN : (long) value[0])
        .toArray();
  }

  private double @Nullable [] variable(String node) {
    Variable variable = byNode.get(node);
    boolean small =
        variable != null
            && variable.shape().isFullyKnown()
            && variable.shape().elements() <= MOST
            && variable.dtype() != DType.STRING;
    return variable == null || !small ? null : values.of(variable).asDoubles();
  }

  private static double @Nullable [] numbers(TensorValue value) {
    boolean small = value.dtype() != DType.STRING && value.shape().elements() <= MOST;
    return small ? value.asDoubles() : null;
  }

  /** Element by element; one factor may be a single number. */
  private static double @Nullable [] product(double @Nullable [] a, double @Nullable [] b) {
    if (a == null || b == null || (a.length != b.length && a.length != 1 && b.length != 1)) {
      return null;
    }
    double[] product = new double[Math.max(a.length, b.length)];
    for (int i = 0; i < product.length; i++) {
      product[i] = a[a.length == 1 ? 0 : i] * b[b.length == 1 ? 0 : i];
    }
    return product;
  }

  private double @Nullable [] map(NodeDef node, DoubleUnaryOperator function) {
    double[] input = of(Nodes.dataInput(node, 0));
    return input == null ? null : DoubleStream.of(input).map(function).toArray();
  }
}
