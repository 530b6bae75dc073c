package dev.graft.savedmodel.checkpoint;

import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Fetches the values of variables from wherever they lie. Opens each checkpoint once, when it is
 * first needed; holds no file open. Not for use by several threads at once.
 */
@Internal
public final class VariableValues {

  /** What a Java array, and so a buffer, has room for. */
  private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

  private final Map<Path, TensorBundle> checkpoints = new HashMap<>();

  /**
   * Fails if the value of one of {@code variables} is larger than any that can be held, before the
   * first of them is read.
   *
   * @throws BadModelException naming the variable, its size and the remedy
   */
  public static void requireFitting(Collection<Variable> variables) {
    variables.forEach(VariableValues::requireFitting);
  }

  private static void requireFitting(Variable variable) {
    if (!variable.shape().isFullyKnown()
        || variable.dtype() == DType.STRING
        || !TensorValue.canHold(variable.dtype())) {
      return;
    }
    double bytes = TensorValue.size(variable.dtype());
    for (long dim : variable.shape().dims()) {
      bytes *= dim;
    }
    if (bytes > MOST_BYTES) {
      throw BadModelException.atNode(
          variable.node(),
          String.format(
              Locale.ROOT,
              "variable '%s', %s %s, takes %.1f GiB, and Graft holds values of at most 2 GiB. The"
                  + " model can be inspected, but neither run, trained nor published. Save it with"
                  + " this table in several smaller ones: in Keras as Embedding layers of a part"
                  + " of the rows each, in TensorFlow 1 with a partitioner.",
              variable.name(),
              variable.dtype(),
              variable.shape(),
              bytes / (1 << 30)));
    }
  }

  /**
   * The value of {@code variable}, of its dtype and shape.
   *
   * @throws BadModelException if there is none, it cannot be read, it is larger than 2 GiB, or it
   *     is of another dtype or shape; the message names the variable
   */
  public TensorValue of(Variable variable) {
    requireFitting(variable);
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
    if (variable.dtype() == DType.FLOAT64) {
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
