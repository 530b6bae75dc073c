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
import org.tensorflow.proto.DataType;

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
  private final StepNumbers numbers;
  private final double share; // of the rate
  private final List<String> after;

  /**
   * What an update needs to know of its step.
   *
   * @param numbers which the updates of all weights have in common
   * @param share how much of the learning rate is this weight's
   * @param after nodes that run before the weight changes: those that read it, and guards
   */
  public record Step(StepNumbers numbers, double share, Collection<String> after) {}

  /** Begins the update of {@code weight} by {@code gradient}. */
  public WeightUpdate(
      Scope scope, Variable weight, Gradient gradient, Map<String, Variable> slots, Step step) {
    this.scope = scope;
    this.weight = weight;
    this.gradient = gradient;
    this.slots = slots;
    this.numbers = step.numbers();
    this.share = step.share();
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
    return numbers.rate(dtype(), share);
  }

  /** A hyper-parameter as {@link #keras} has it, to the power of the number of the step, from 1. */
  TensorRef power(double base) {
    return numbers.power(dtype(), (float) base);
  }

  private DataType dtype() {
    return weight.dtype().proto();
  }

  /** A hyper-parameter, a scalar of the weight's dtype. */
  TensorRef number(double value) {
    return numbers.constant(dtype(), value);
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
            .attr("dtype", dtype())
            .input(weight.handle())
            .after(after)
            .output();
    TensorRef part = numbers.rateTimes(dtype(), share, (float) strength);
    after.add(
        op("AssignSubVariableOp").input(weight()).input(scope.add("Mul", value, part)).node());
  }
}
