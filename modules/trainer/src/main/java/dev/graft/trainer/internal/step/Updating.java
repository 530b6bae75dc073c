package dev.graft.trainer.internal.step;

import com.google.common.collect.ImmutableMap;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Optimizer;

/**
 * How gradients become changes of weights.
 *
 * @param optimizer what computes the change
 * @param clipping how large gradients are cut down
 * @param rates which share of the learning rate a variable has, by name; those not named have all
 * @param accumulates whether gradients of several runs are added up before
 */
public record Updating(
    Optimizer optimizer,
    Clipping clipping,
    ImmutableMap<String, Double> rates,
    boolean accumulates) {

  /** All weights at the same rate, once in each run. */
  public static Updating by(Optimizer optimizer, Clipping clipping) {
    return new Updating(optimizer, clipping, ImmutableMap.of(), false);
  }
}
