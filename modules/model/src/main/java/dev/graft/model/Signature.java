package dev.graft.model;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;

/**
 * A named way to call a model, as TensorFlow Serving knows it.
 *
 * @param name its key in the SavedModel, {@code serving_default} for the usual one
 * @param method the method name, {@code tensorflow/serving/predict} for all but old models
 * @param inputs the tensors to feed, by the names that clients use, in the file's order
 * @param outputs the tensors to fetch, by the names that clients use, in the file's order
 * @param targets nodes that a call runs for their effect (a stateful layer's update, an assertion)
 * @param defaults values for inputs that a client may leave out
 */
public record Signature(
    String name,
    String method,
    Map<String, TensorSpec> inputs,
    Map<String, TensorSpec> outputs,
    List<String> targets,
    Map<String, TensorValue> defaults) {

  public Signature {
    inputs = ImmutableMap.copyOf(inputs);
    outputs = ImmutableMap.copyOf(outputs);
    targets = ImmutableList.copyOf(targets);
    Map<String, TensorSpec> all = inputs;
    defaults = ImmutableMap.copyOf(Maps.filterEntries(defaults, entry -> fits(entry, all)));
  }

  /** An edit may have taken the input away, or let it take something else. */
  private static boolean fits(
      Map.Entry<String, TensorValue> value, Map<String, TensorSpec> inputs) {
    TensorSpec spec = inputs.get(value.getKey());
    return spec != null
        && spec.dtype() == value.getValue().dtype()
        && spec.shape().isCompatibleWith(value.getValue().shape());
  }

  /** A signature all of whose inputs have to be given. */
  public Signature(
      String name,
      String method,
      Map<String, TensorSpec> inputs,
      Map<String, TensorSpec> outputs,
      List<String> targets) {
    this(name, method, inputs, outputs, targets, ImmutableMap.of());
  }

  /** This signature between other tensors, with the same names or others. */
  public Signature with(Map<String, TensorSpec> newInputs, Map<String, TensorSpec> newOutputs) {
    return new Signature(name, method, newInputs, newOutputs, targets, defaults);
  }

  /**
   * The batch size that it insists on: the first dimension of its inputs, where that is fixed; 0 if
   * any will do.
   */
  public int fixedBatch() {
    return inputs.values().stream()
        .map(TensorSpec::shape)
        .filter(shape -> shape.rank() > 0)
        .mapToInt(shape -> (int) Math.min(shape.dim(0), Integer.MAX_VALUE))
        .filter(rows -> rows > 0)
        .max()
        .orElse(0);
  }

  /** The key under which a server looks first. */
  public static final String SERVING_DEFAULT = "serving_default";

  /**
   * The key of the signature that takes encoded pictures, made anew at each export, unless a model
   * has it.
   */
  public static final String SERVING_BYTES = "serving_bytes";

  /**
   * The key of the signature that gives what the head reads, and the name of its only output; an
   * export has it where it is asked for. Of several heads that read different tensors each has its
   * own, {@code features_HEAD}.
   */
  public static final String FEATURES = "features";

  /**
   * What the key of a signature ends in that is made around another one, and takes encoded pictures
   * instead of their pixels: {@code features_bytes}.
   */
  public static final String BYTES = "_bytes";

  /** The method name of a signature that predicts. */
  public static final String PREDICT = "tensorflow/serving/predict";

  /** A predicting signature without side effects. */
  public static Signature predict(
      String name, Map<String, TensorSpec> inputs, Map<String, TensorSpec> outputs) {
    requireNonNull(name, "name");
    requireNonNull(inputs, "inputs");
    requireNonNull(outputs, "outputs");
    return new Signature(name, PREDICT, inputs, outputs, ImmutableList.of());
  }
}
