package dev.graft.trainer.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.Internal;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.tensor.TensorValue;
import java.util.Optional;

/**
 * Where a training loop stands between two steps: with the same settings, data and seed, all that
 * it needs to go on as if it had never stopped.
 *
 * @param form how its steps are computed
 * @param batch how many examples make a step
 * @param counters how far it has come
 * @param scale by what the loss is multiplied, if it is
 * @param lossSum over the examples of this epoch so far
 * @param lossCount how many these are
 * @param validationLosses after each epoch so far
 * @param bestScore the best value so far of the metric that early stopping goes by, the one before
 *     the first step among them
 * @param bestOfEpochs that of the epochs alone, NaN before the first is over
 * @param sinceBest how many epochs ago the best was
 * @param best the values that training had there, by the names of the variables
 * @param values what training has changed by now, by name: weights and the optimizer's variables
 */
@Internal
public record LoopState(
    StepForm form,
    int batch,
    Counters counters,
    Optional<LossScale> scale,
    double lossSum,
    long lossCount,
    ImmutableList<Double> validationLosses,
    double bestScore,
    double bestOfEpochs,
    int sinceBest,
    ImmutableMap<String, TensorValue> best,
    ImmutableMap<String, TensorValue> values) {}
