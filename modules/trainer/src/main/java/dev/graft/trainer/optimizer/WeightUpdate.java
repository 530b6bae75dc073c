package dev.graft.trainer.optimizer;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.error.Internal;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The update of one weight in the making: what an {@link Optimizer} may read, and where it adds its
 * node. Whatever it adds by {@link #op} runs after every read of the weight in the step.
 */
@Internal
public final class WeightUpdate {

  private final Scope scope;
  private final Variable weight;
  private final Gradient gradient;
  private final Map<String, Variable> slots;
  private final TensorRef rate; // of the weight's dtype
  private final TensorRef stepNumber;
  private final List<String> after;

  /**
   * What an update needs to know of its step.
   *
   * @param rate the learning rate, a scalar
   * @param share how much of it is this weight's
   * @param number of the update, from 1, int64
   * @param after nodes that run before the weight changes: those that read it, and guards
   */
  public record Step(TensorRef rate, double share, TensorRef number, Collection<String> after) {}

  /** Begins the update of {@code weight} by {@code gradient}. */
  public WeightUpdate(
      Scope scope, Variable weight, Gradient gradient, Map<String, Variable> slots, Step step) {
    this.scope = scope;
    this.weight = weight;
    this.gradient = gradient;
    this.slots = slots;
    TensorRef whole = scope.cast(step.rate(), weight.dtype().proto());
    this.rate =
        step.share() == 1 ? whole : scope.add("Mul", whole, scope.scalarLike(whole, step.share()));
    this.stepNumber = step.number();
    this.after = new ArrayList<>(step.after());
  }

  /** Where arithmetic goes that is no update itself. */
  Scope scope() {
    return scope;
  }

  /** Starts the node that changes the weight. */
  OpBuilder op(String type) {
    return scope.op(type).after(after);
  }

  /** The weight's handle. */
  TensorRef weight() {
    return weight.handle();
  }

  /** The handle of one of the optimizer's own variables for this weight. */
  TensorRef slot(String name) {
    Variable slot = slots.get(name);
    if (slot == null) {
      throw new IllegalStateException("no slot '" + name + "' for " + weight.name());
    }
    return slot.handle();
  }

  /** The learning rate, a scalar of the weight's dtype. */
  TensorRef rate() {
    return rate;
  }

  /** The number of this step from 1, a scalar of the weight's dtype. */
  TensorRef stepNumber() {
    return scope.cast(stepNumber, weight.dtype().proto());
  }

  /** A hyper-parameter, a scalar of the weight's dtype. */
  TensorRef number(double value) {
    return scope.scalarLike(rate(), value);
  }

  /**
   * A hyper-parameter that Keras puts through {@code tf.cast}, which makes a Python number a
   * float32 first: 0.999 becomes 0.99900001287 for float64 weights too, and 1 minus it is off by
   * 1e-5.
   */
  TensorRef keras(double value) {
    return number((float) value);
  }

  /** Whether the gradient names only some rows. */
  boolean isSparse() {
    return gradient instanceof Gradient.Sparse;
  }

  /** The rows that a sparse gradient names. */
  TensorRef indices() {
    return ((Gradient.Sparse) gradient).indices();
  }

  /** What a sparse gradient gives these rows. */
  TensorRef values() {
    return ((Gradient.Sparse) gradient).values();
  }

  /** The gradient of the whole weight, rows that were not named being zero. */
  TensorRef dense() {
    return Gradients.dense(scope, gradient);
  }

  /** Takes {@code strength * rate} of the weight off it, before the update proper. */
  public void decay(double strength) {
    TensorRef value =
        scope
            .op("ReadVariableOp")
            .attr("dtype", weight.dtype().proto())
            .input(weight.handle())
            .after(after)
            .output();
    TensorRef share = scope.add("Mul", rate(), keras(strength));
    after.add(
        op("AssignSubVariableOp").input(weight()).input(scope.add("Mul", value, share)).node());
  }
}
