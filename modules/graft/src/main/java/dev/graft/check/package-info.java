/**
 * Tries a model out before anybody relies on it, in a process of its own, since a stranger's graph
 * may bring a process down.
 *
 * <p><b>What enters.</b> A model's path and {@link dev.graft.check.CheckOptions}: {@link
 * dev.graft.check.ModelCheck#of}.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.check.CheckReport}: facts for programs, a story for
 * people, remedies where something did not hold.
 *
 * <p><b>Who calls whom.</b> {@code CheckProcess} starts {@code CheckMain}, reads its notes and its
 * log ({@code LogTail}), and ends it when time is up. There {@code Checkup} goes step by step, and
 * notes its {@code Findings}: import, {@code ParityTrial} (beside TensorFlow's own loader),
 * gradients, a new head, {@code TrainingTrial}, export. Inputs are made up by {@code ProbeInputs},
 * which asks {@code InputUses} what the graph does with them and {@code SampleValues}, {@code
 * SampleTexts}, {@code SampleFiles} and {@code SampleExample} for what suits them; {@code Answers}
 * compares.
 *
 * <p><b>The invariant.</b> Whatever the model does (aborts, hangs, fills the memory), the caller
 * gets a report that says how far it came, and nothing of the process stays behind.
 */
@NullMarked
package dev.graft.check;

import org.jspecify.annotations.NullMarked;
