/**
 * The values that stages exchange: {@link Model} and what it is made of.
 *
 * <p>The importer makes a {@link Model}, the surgeon and the trainer make others of it, the
 * exporter writes one. A model is a graph with its {@link Variable}s, {@link Layer}s, {@link
 * Signature}s, inputs ({@link InputSpec}), {@link Head}s, {@link Asset}s, what runs once before it
 * is asked, penalties, and where it comes from ({@link Provenance}).
 *
 * <p>Weights are not here: a {@link VariableSource} says where each lies. The behaviour of layers
 * in training is in {@link SavedFunction}s, flattened when they are first asked for.
 *
 * <p>What stages tell each other beside the model are small values, too: {@link Preflight} (which
 * weights a gradient gets to), {@link TrainingPlan} (what trains when), {@link MachineAccess} (what
 * a model does beyond itself). {@link SelectionNames} has the words in which layers are selected,
 * for the surgeon that reads them and for who advises them.
 *
 * <p>Nothing here calls a stage. A change makes a new value: {@link Model#toBuilder}, {@link
 * Layer#toBuilder}, or a method that begins with {@code with}.
 *
 * <p>The one invariant: {@link Model.Builder#build} checks that all names refer to something in the
 * same model, so a model that exists fits together.
 */
@NullMarked
package dev.graft.model;

import org.jspecify.annotations.NullMarked;
