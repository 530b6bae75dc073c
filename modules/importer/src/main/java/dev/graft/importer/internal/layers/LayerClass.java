package dev.graft.importer.internal.layers;

import dev.graft.model.Variable;
import dev.graft.model.Variable.Role;
import dev.graft.tensor.Shape;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Guesses the Keras class of a layer that does not tell it. */
final class LayerClass {

  private LayerClass() {}

  /**
   * The class as the name says it, else as weights and ops do; empty if neither does.
   *
   * @param ops the ops in the layer's scope
   * @param holdsLayers whether other layers are inside it
   */
  static String of(
      String name, Collection<Variable> variables, Collection<String> ops, boolean holdsLayers) {
    String named = KerasClasses.guess(name);
    if (!named.isEmpty() || holdsLayers) {
      return named;
    }
    Map<Role, Variable> roles = new EnumMap<>(Role.class);
    variables.forEach(variable -> roles.put(variable.role(), variable));
    if (roles.containsKey(Role.RECURRENT_KERNEL)) {
      return recurrent(roles.get(Role.RECURRENT_KERNEL));
    }
    boolean statistics =
        roles.containsKey(Role.MOVING_MEAN) && roles.containsKey(Role.MOVING_VARIANCE);
    if (statistics && !roles.containsKey(Role.KERNEL)) {
      return "BatchNormalization";
    }
    if (roles.containsKey(Role.EMBEDDINGS)) {
      return "Embedding";
    }
    if (roles.containsKey(Role.DEPTHWISE_KERNEL)) {
      return roles.containsKey(Role.KERNEL) ? "SeparableConv2D" : "DepthwiseConv2D";
    }
    if (roles.containsKey(Role.KERNEL)) {
      return product(ops);
    }
    return roles.containsKey(Role.GAMMA) && ops.contains("Rsqrt") ? "LayerNormalization" : "";
  }

  /** LSTM, GRU and SimpleRNN have 4, 3 and 1 gates. */
  private static String recurrent(@Nullable Variable kernel) {
    Shape shape = kernel == null ? Shape.unknown() : kernel.shape();
    if (shape.rank() > 2) {
      return "ConvLSTM" + (shape.rank() - 2) + "D";
    }
    if (shape.rank() != 2 || shape.dim(0) <= 0) {
      return "RNN";
    }
    return switch ((int) (shape.dim(1) / shape.dim(0))) {
      case 4 -> "LSTM";
      case 3 -> "GRU";
      case 1 -> "SimpleRNN";
      default -> "RNN";
    };
  }

  private static String product(Collection<String> ops) {
    if (ops.contains("Conv2DBackpropInput")) {
      return "Conv2DTranspose";
    }
    if (ops.contains("Conv3DBackpropInputV2")) {
      return "Conv3DTranspose";
    }
    if (ops.contains("Conv2D")) {
      return "Conv2D";
    }
    if (ops.contains("Conv3D")) {
      return "Conv3D";
    }
    if (ops.contains("Einsum")) {
      return "EinsumDense";
    }
    return ops.contains("MatMul") || ops.contains("BatchMatMulV2") ? "Dense" : "";
  }
}
