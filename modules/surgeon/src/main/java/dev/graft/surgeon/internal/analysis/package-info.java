/**
 * What a model is: its shapes, constants, weights and data path, found from the graph alone.
 *
 * <p><b>What enters.</b> A model.
 *
 * <p><b>What leaves.</b> Answers, as far as they can be known without running anything.
 *
 * <p>{@link Weights} recognises tensors that are nothing but a weight, {@link Constants} numbers
 * that are known, {@link StaticShapes} ranks and last dimensions, {@link Composites} layers that
 * Keras writes as several ops, {@link DataPath} the way from inputs to outputs past the weights,
 * {@link SequenceMask} which positions are padding. {@link Nearest} finds the name that was meant.
 *
 * <p>Three of them change something: {@link Prune} takes out what no signature needs, {@link
 * Signatures} gives signatures other outputs, and {@link ModelInvariants} checks what an edit gave.
 *
 * <p><b>Who calls whom.</b> All edits call these, and so do the finders of heads and blocks. They
 * call the graph and the model, and of the surgeon nothing.
 *
 * <p>An instance belongs to one model and remembers what it found; after an edit a new one is made.
 *
 * <p><b>The invariant.</b> What is not known is said to be unknown; nothing here guesses a shape or
 * a value.
 */
@NullMarked
package dev.graft.surgeon.internal.analysis;

import org.jspecify.annotations.NullMarked;
