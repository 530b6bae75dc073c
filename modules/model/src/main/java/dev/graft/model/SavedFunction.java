package dev.graft.model;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.FunctionGraph;
import dev.graft.graph.TensorRef;

/**
 * A function that the SavedModel holds beside its signatures, flattened: a layer's behaviour in
 * training, a penalty.
 *
 * @param body the function; its arguments are what the caller passes, then the captures
 * @param captures the tensors of the model's graph that the last arguments are bound to: variable
 *     handles, constants
 */
public record SavedFunction(FunctionGraph body, ImmutableList<TensorRef> captures) {

  /** How many arguments the caller passes. */
  public int callerArguments() {
    return body.arguments().size() - captures.size();
  }
}
