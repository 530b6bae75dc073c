/**
 * Tensors in Java memory: their shapes, element types, values and rows.
 *
 * <p><b>What enters.</b> Arrays, buffers and TensorProtos.
 *
 * <p><b>What leaves.</b> {@link TensorValue}s, which the runtime feeds, fetches and restores.
 *
 * <p><b>Who calls whom.</b> {@link TensorValue} is the value: an element type, a {@link Shape} and
 * the bytes or texts. {@link TensorProtos} reads the two forms that content has in a file. {@link
 * Rows} takes examples out of a tensor and puts tensors together. {@link RowSink} takes rows as
 * they come: {@link PlacedRows} in memory that is taken once, {@link FileRows} in a file; {@link
 * RowTable} gives them back. {@link Halves} are float16. {@link DType} tells what elements are,
 * which nobody else decides: whether they are floating, complex, continuous.
 *
 * <p>Everything above uses this package, and it knows nothing but protobuf. A {@link Shape} may be
 * unknown in rank or in single dimensions; whoever needs a number asks whether it is known first.
 *
 * <p><b>The invariant.</b> A value has exactly the elements that its shape says, checked where it
 * is made, and it does not change afterwards.
 */
@NullMarked
package dev.graft.tensor;

import org.jspecify.annotations.NullMarked;
