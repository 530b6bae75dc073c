package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.model.TensorValue;

/**
 * Where a {@link TrainingLoop} stands between two steps: with the same settings, data and seed, all
 * that it needs to go on as if it had never stopped.
 *
 * @param step how many steps are done; the order of the examples and the rate follow from it
 * @param lossSum of the steps of this epoch so far
 * @param validationLosses after each epoch so far
 * @param bestLoss the smallest of them, or the loss before the first step
 * @param sinceBest how many epochs ago that was
 * @param best the values that training had there, by the names of the variables
 * @param values what training has changed by now, by name: weights and the optimizer's variables
 */
record LoopState(
    long step,
    double lossSum,
    ImmutableList<Double> validationLosses,
    double bestLoss,
    int sinceBest,
    ImmutableMap<String, TensorValue> best,
    ImmutableMap<String, TensorValue> values) {}
