package dev.graft.autodiff.internal.engine;

/**
 * How gradients pass through one op: from the gradients of its outputs to those of its inputs. A
 * rule adds nodes with {@code t} and hands over what it found with {@link Backprop#give}; an input
 * it gives nothing for gets no gradient.
 */
@FunctionalInterface
public interface Rule {

  /** Differentiates the node of {@code op}, of which at least one output has a gradient. */
  void apply(Backprop op, Ops t);
}
