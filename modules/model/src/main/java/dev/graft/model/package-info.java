/**
 * The values that stages exchange: {@link Model} and what it is made of.
 *
 * <p><b>What enters.</b> What the importer found in a file: the graph with its {@link Variable}s
 * (those of TensorFlow 1 by {@link ResourceVariables}), {@link Layer}s, {@link Signature}s with a
 * {@link TensorSpec} for each tensor, inputs ({@link InputSpec}), {@link Head}s with their {@link
 * Labels}, {@link Asset}s, what runs once before it is asked, penalties, and where it comes from
 * ({@link Provenance}).
 *
 * <p><b>What leaves.</b> A {@link Model} of these. The surgeon and the trainer make others of it,
 * the exporter writes one.
 *
 * <p>Weights are not here: a {@link VariableSource} says where each lies, an {@link Initializer}
 * how a new one begins. The behaviour of layers in training is in {@link SavedFunction}s, one for
 * each {@link TrainingCall}, flattened when they are first asked for.
 *
 * <p>What stages tell each other beside the model are small values, too: {@link Preflight} (which
 * weights a gradient gets to), {@link TrainingPlan} (what trains when), {@link MachineAccess} (what
 * a model does beyond itself). {@link BoxFormat} is how heads for boxes answer. {@link
 * SelectionNames} has the words in which layers are selected, for the surgeon that reads them and
 * for who advises them.
 *
 * <p><b>Who calls whom.</b> Nothing here calls a stage. A change makes a new value: {@link
 * Model#toBuilder}, {@link Layer#toBuilder}, or a method that begins with {@code with}.
 *
 * <p><b>The invariant.</b> {@link Model.Builder#build} checks that all names refer to something in
 * the same model, so a model that exists fits together. What cannot be done with one is a {@link
 * BlockedGradientException} or an {@link UntrustedModelException}.
 */
@NullMarked
package dev.graft.model;

import org.jspecify.annotations.NullMarked;
