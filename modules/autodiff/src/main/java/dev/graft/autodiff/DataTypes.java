package dev.graft.autodiff;

import java.util.Set;
import org.tensorflow.proto.DataType;

/** Which dtypes carry derivatives. */
final class DataTypes {

  private static final Set<DataType> NUMERIC =
      Set.of(
          DataType.DT_FLOAT,
          DataType.DT_DOUBLE,
          DataType.DT_HALF,
          DataType.DT_BFLOAT16,
          DataType.DT_COMPLEX64,
          DataType.DT_COMPLEX128);

  private DataTypes() {}

  /** Whether elements of {@code type} are real or complex numbers with a derivative. */
  static boolean isContinuous(DataType type) {
    return NUMERIC.contains(type);
  }

  /**
   * Whether a tensor of {@code type} can lie on the way from a variable to the loss: numbers, lists
   * of tensors, handles of variables.
   */
  static boolean mayCarryGradient(DataType type) {
    return isContinuous(type) || type == DataType.DT_VARIANT || type == DataType.DT_RESOURCE;
  }

  static boolean isComplex(DataType type) {
    return type == DataType.DT_COMPLEX64 || type == DataType.DT_COMPLEX128;
  }
}
