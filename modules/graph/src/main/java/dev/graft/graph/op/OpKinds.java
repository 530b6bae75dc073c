package dev.graft.graph.op;

import dev.graft.error.Internal;
import java.util.Set;

/** What ops have in common, as far as several parts of Graft ask for it in the same sense. */
@Internal
public final class OpKinds {

  private static final Set<String> VARIABLES = Set.of("VarHandleOp", "VariableV2", "Variable");

  private static final Set<String> OF_ONE =
      Set.of(
          "Identity",
          "Cast",
          "Relu",
          "Relu6",
          "LeakyRelu",
          "Elu",
          "Selu",
          "Sigmoid",
          "Tanh",
          "Softplus",
          "Softsign",
          "Softmax",
          "LogSoftmax",
          "Exp",
          "Log",
          "Sqrt",
          "Rsqrt",
          "Square",
          "Neg",
          "Erf",
          "Abs",
          "StopGradient",
          "PreventGradient",
          "Snapshot");

  private static final Set<String> OF_TWO =
      Set.of(
          "Add",
          "AddV2",
          "Mul",
          "Sub",
          "RealDiv",
          "Maximum",
          "Minimum",
          "SquaredDifference",
          "Pow");

  private static final Set<String> SUMS = Set.of("BiasAdd", "Add", "AddV2");

  private static final Set<String> MATRIX_PRODUCTS =
      Set.of("MatMul", "BatchMatMul", "BatchMatMulV2");

  private static final Set<String> CONVOLUTIONS = Set.of("Conv2D", "DepthwiseConv2dNative");

  private OpKinds() {}

  /** Whether {@code op} stands for a variable: its handle, or a reference to it. */
  public static boolean isVariable(String op) {
    return VARIABLES.contains(op);
  }

  /** Whether {@code op} has one input and keeps its shape; softmax does, too. */
  public static boolean isElementwise(String op) {
    return OF_ONE.contains(op);
  }

  /** Whether {@code op} puts two tensors together, repeating the smaller one. */
  public static boolean isBroadcasting(String op) {
    return OF_TWO.contains(op);
  }

  /** Whether {@code op} adds two tensors, such as a bias to a product. */
  public static boolean isSum(String op) {
    return SUMS.contains(op);
  }

  /** Whether {@code op} moves a filter over pictures, for all of their channels or for each. */
  public static boolean isConvolution(String op) {
    return CONVOLUTIONS.contains(op);
  }

  /** Whether {@code op} multiplies matrices, or stacks of them. */
  public static boolean isMatrixProduct(String op) {
    return MATRIX_PRODUCTS.contains(op);
  }
}
