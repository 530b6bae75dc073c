/**
 * What makes a graph behave as in training, and what makes it fast.
 *
 * <p><b>What enters.</b> The graph of inference, and the layers in which something trains.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.internal.graph.TrainingForm}: the graph in
 * which those layers are replaced by what their author saved for training, with the penalties on
 * their activity and the nodes that move statistics.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.trainer.internal.graph.LayersInTraining} says which
 * layers, and for a person why; {@code TrainingForm} splices their saved functions in, {@code
 * ActivityPenalties} are those that frozen layers go on with; {@link
 * dev.graft.trainer.internal.graph.StatelessRandom} draws their random numbers from the seed and
 * the number of the run, those in functions by {@code RandomFunctions}; {@link
 * dev.graft.trainer.internal.graph.SamePadding} rewrites what is slow on a CPU, as does {@link
 * dev.graft.trainer.internal.graph.GroupedGradients} with each {@code GroupwiseGradient}, {@link
 * dev.graft.trainer.internal.graph.GpuLayers} takes what there is for GPUs, {@link
 * dev.graft.trainer.internal.graph.BesideXla} marks what XLA is to leave alone. {@code
 * internal.step} and {@code fit} call them. The other way round, {@link
 * dev.graft.trainer.internal.graph.FrozenForm} is what does not train in its fastest form, with
 * {@code FoldedNorm} and {@code SettledWeights}; {@code internal.features} calls it.
 *
 * <p><b>The invariant.</b> A step is a function of weights, batch, seed and counters: no random
 * number comes from anywhere else.
 */
@NullMarked
package dev.graft.trainer.internal.graph;

import org.jspecify.annotations.NullMarked;
