package dev.graft.model;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.proto.DataType;

/**
 * Fetches the values of variables from wherever they lie. Opens each checkpoint once, when it is
 * first needed; holds no file open. Not for use by several threads at once.
 */
@Internal
public final class VariableValues {

  private final Map<Path, TensorBundle> checkpoints = new HashMap<>();

  /**
   * The value of {@code variable}, of its dtype and shape.
   *
   * @throws BadModelException if there is none, it cannot be read, or it is of another dtype or
   *     shape; the message names the variable
   */
  public TensorValue of(Variable variable) {
    TensorValue value = read(variable);
    if (value.dtype() != variable.dtype() || !variable.shape().isCompatibleWith(value.shape())) {
      throw new BadModelException(
          "variable '"
              + variable.name()
              + "' is "
              + variable.dtype()
              + " "
              + variable.shape()
              + ", but its value "
              + place(variable.source())
              + " is "
              + value
              + ".");
    }
    return value;
  }

  private TensorValue read(Variable variable) {
    VariableSource source = variable.source();
    if (source instanceof VariableSource.Given given) {
      return given.value();
    }
    if (source instanceof VariableSource.Initialized initialized) {
      return draw(variable, initialized);
    }
    VariableSource.InCheckpoint in = (VariableSource.InCheckpoint) source;
    TensorBundle checkpoint = checkpoints.computeIfAbsent(in.prefix(), TensorBundle::open);
    if (checkpoint.entry(in.key()).isEmpty()) {
      throw BadModelException.inFile(
          in.prefix().toString(),
          "variable '"
              + variable.name()
              + "' has no value: the checkpoint '"
              + in.prefix()
              + "' holds nothing under '"
              + in.key()
              + "'.",
          null);
    }
    return checkpoint.read(in.key(), in.slice());
  }

  private static TensorValue draw(Variable variable, VariableSource.Initialized source) {
    if (!variable.shape().isFullyKnown()) {
      throw new BadModelException(
          "variable '"
              + variable.name()
              + "' has the shape "
              + variable.shape()
              + "; only a fully known shape can be initialized.");
    }
    TensorValue floats = source.initializer().draw(variable.shape(), source.seed());
    if (variable.dtype() == DataType.DT_DOUBLE) {
      return TensorValue.of(floats.shape(), floats.asDoubles());
    }
    return floats;
  }

  private static String place(VariableSource source) {
    if (source instanceof VariableSource.InCheckpoint in) {
      return "in the checkpoint " + in.prefix() + " under '" + in.key() + "'";
    }
    return source instanceof VariableSource.Initialized in
        ? "drawn by " + in.initializer()
        : "given outright";
  }
}
