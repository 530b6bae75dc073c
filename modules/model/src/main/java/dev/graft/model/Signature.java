package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/**
 * A named way to call a model, as TensorFlow Serving knows it.
 *
 * @param name its key in the SavedModel, {@code serving_default} for the usual one
 * @param method the method name, {@code tensorflow/serving/predict} for all but old models
 * @param inputs the tensors to feed, by the names that clients use, in the file's order
 * @param outputs the tensors to fetch, by the names that clients use, in the file's order
 * @param targets nodes that a call runs for their effect (a stateful layer's update, an assertion)
 */
public record Signature(
    String name,
    String method,
    ImmutableMap<String, TensorSpec> inputs,
    ImmutableMap<String, TensorSpec> outputs,
    ImmutableList<String> targets) {

  /** The key under which a server looks first. */
  public static final String SERVING_DEFAULT = "serving_default";

  /** The method name of a signature that predicts. */
  public static final String PREDICT = "tensorflow/serving/predict";

  /** A predicting signature without side effects. */
  public static Signature predict(
      String name,
      ImmutableMap<String, TensorSpec> inputs,
      ImmutableMap<String, TensorSpec> outputs) {
    return new Signature(name, PREDICT, inputs, outputs, ImmutableList.of());
  }
}
