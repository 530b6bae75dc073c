package dev.graft.surgeon.internal.analysis;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/** Recognises tensors that are nothing but a weight: a variable as read, or a constant. */
public final class Weights {

  private final Graph graph;
  private final Map<String, Variable> byNode = new HashMap<>();

  public Weights(Model model) {
    this.graph = model.graph();
    model.variables().forEach(v -> byNode.put(v.node(), v));
  }

  /**
   * A weight.
   *
   * @param variable the variable, if it is one
   * @param shape its shape
   * @param node the node that holds it
   */
  public record Weight(Optional<Variable> variable, Shape shape, String node) {
    public String name() {
      return variable.map(Variable::name).orElse(node);
    }
  }

  /** The weight that {@code tensor} is, through reads, copies and casts; null if it is none. */
  @Nullable
  public Weight at(TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    return switch (node.getOp()) {
      case "VarHandleOp", "VariableV2", "Variable" -> {
        Variable variable = byNode.get(node.getName());
        yield variable == null
            ? null
            : new Weight(Optional.of(variable), variable.shape(), node.getName());
      }
      case "Const" -> {
        AttrValue value = node.getAttrOrDefault("value", AttrValue.getDefaultInstance());
        Shape shape = Shape.from(value.getTensor().getTensorShape());
        yield new Weight(Optional.empty(), shape, node.getName());
      }
      case "ReadVariableOp", "Identity", "Cast", "StopGradient", "EnsureShape", "Enter" ->
          at(Nodes.dataInput(node, 0));
      default -> null;
    };
  }

  /** As {@link #at}, also through a change of shape, as Keras 3 gives a convolution's bias. */
  @Nullable
  public Weight reshaped(TensorRef tensor) {
    NodeDef node = graph.node(tensor.node());
    return switch (node.getOp()) {
      case "Reshape", "Squeeze" -> reshaped(Nodes.dataInput(node, 0));
      default -> at(tensor);
    };
  }

  /** {@code numbers} as a tensor, float64 or float32. */
  public static TensorValue value(DType dtype, Shape shape, double[] numbers) {
    if (dtype == DType.FLOAT64) {
      return TensorValue.of(shape, numbers);
    }
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return TensorValue.of(shape, floats);
  }
}
