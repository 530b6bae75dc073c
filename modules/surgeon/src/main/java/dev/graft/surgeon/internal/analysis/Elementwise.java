package dev.graft.surgeon.internal.analysis;

import java.util.Set;

/** Ops that work on each element by itself. */
public final class Elementwise {

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

  private Elementwise() {}

  /** Whether {@code op} has one input and keeps its shape; softmax does, too. */
  public static boolean ofOne(String op) {
    return OF_ONE.contains(op);
  }

  /** Whether {@code op} puts two tensors together, repeating the smaller one. */
  public static boolean ofTwo(String op) {
    return OF_TWO.contains(op);
  }
}
