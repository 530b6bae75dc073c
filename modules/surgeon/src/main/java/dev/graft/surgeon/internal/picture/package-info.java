/**
 * Picture inputs: their size, range and channels, changed with the graph.
 *
 * <p><b>What enters.</b> A model and what is wanted of its pictures.
 *
 * <p><b>What leaves.</b> A model that reads those, and an {@code InputSpec} that says so.
 *
 * <p><b>Who calls whom.</b> {@link FitInputs} finds out what inputs expect: from the arithmetic at
 * the beginning of the graph ({@link InputArithmetic}) or from the family that the layers' names
 * tell ({@link KnownBackbones}); {@link DescribeInput} is told. {@link AdaptInput}, {@link
 * GreyKernel} and {@link Prepare} put nodes between the input and what reads it ({@link
 * InputAdapter}).
 *
 * <p>{@link InputSize} rebuilds a network for another size. {@link SpatialExtents} follows the size
 * through the graph as an {@link Extent} of each tensor, with {@link Windows} for convolutions and
 * pools and {@link Upsampling} for decoders, and {@link InputSize} rewrites what was a constant.
 *
 * <p>{@link StrideMaps} finds by the same walk where a network has maps that boxes can be read off.
 *
 * <p>{@code surgeon.edit.Edits} makes these edits; the front door asks {@link FitInputs} when a
 * model is loaded.
 *
 * <p><b>The invariant.</b> A network is rebuilt whole or refused with the place that was made for
 * one size; no weight changes its shape.
 */
@NullMarked
package dev.graft.surgeon.internal.picture;

import org.jspecify.annotations.NullMarked;
