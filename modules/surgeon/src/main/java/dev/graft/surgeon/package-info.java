/**
 * Edits, each a function from {@code Model} to {@code Model}, addressed by a <em>where</em> (which
 * layers) and a <em>what</em> (the change). No native code.
 *
 * <p><b>What enters.</b> A model, an {@link Edit}, and a {@link Where} that says what is meant:
 * text or methods make it ({@link WhereParser}), a {@link Selector} finds in a {@link LayerIndex}
 * what it hits, a {@link Selection} holds that.
 *
 * <p><b>What leaves.</b> Another model, with the edit in its provenance.
 *
 * <p>Before an edit one can ask: {@link HeadFinder} finds the head ({@link FoundHead}), {@link
 * Blocks} divides a backbone ({@link Block}, {@link BlockNames}), {@link Plans} says what may train
 * when, {@link CutPoints} offers places to cut, {@link Padding} tells what pooling does to a
 * sequence, {@link ModelDiff} what an edit changed. {@link HeadSpec} describes a head to be made (a
 * {@link BoxForm} one for boxes, which reads {@link BoxMap}s), {@link Preparation} what pixels
 * need.
 *
 * <p>The edits themselves are in {@code edit}; what they do is in {@code internal}: {@code
 * analysis} (what a model is), {@code head}, {@code picture}. Those know this package's words; this
 * package knows only {@code analysis} of them.
 *
 * <p><b>Who calls whom.</b> The front door and the command line call; the trainer does not know the
 * surgeon, and gets plans as values.
 *
 * <p><b>The invariant.</b> An edit leaves its argument as it was, and what it gives can be
 * exported.
 */
@NullMarked
package dev.graft.surgeon;

import org.jspecify.annotations.NullMarked;
