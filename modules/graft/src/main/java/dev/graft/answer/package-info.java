/**
 * What a published model is asked about, and what it says.
 *
 * <p><b>What enters.</b> An {@link dev.graft.answer.Example}: an encoded picture, or a value for
 * each input, of whatever Java has for it.
 *
 * <p><b>What leaves.</b> An {@link dev.graft.answer.Answer}, sealed by what there is: one label
 * ({@link dev.graft.answer.Prediction}), any number of labels ({@link dev.graft.answer.LabelSet}),
 * {@link dev.graft.answer.Numbers}, a vector to compare ({@link dev.graft.answer.Embedding}),
 * {@link dev.graft.answer.Boxes}, or {@link dev.graft.answer.Several} by the names of heads. Of
 * several examples an {@link dev.graft.answer.Outcome} each: an answer, or why there is none.
 *
 * <p><b>Who calls whom.</b> {@code LiveModel} and {@code Serving} take and give these; {@code
 * internal.live} makes them of tensors. {@code Values} makes tensors of Java's lists and arrays.
 *
 * <p><b>The invariant.</b> All of it is immutable, and nothing of it is native: it may be kept when
 * the model is closed.
 */
@NullMarked
package dev.graft.answer;

import org.jspecify.annotations.NullMarked;
