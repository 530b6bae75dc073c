/**
 * Many files at once, on a drive that may be slow.
 *
 * <p><b>What enters.</b> Files, or what stands for them, and what is to be found out of each.
 *
 * <p><b>What leaves.</b> What was found out, in their order; and meanwhile, to whoever listens on
 * the thread that asked, how many are done.
 *
 * <p><b>Who calls whom.</b> {@code dev.graft.data} and its rooms look at headers, sizes and digests
 * by {@link dev.graft.data.file.Reading}, several at once. Listeners of a training have themselves
 * bound to it, and so do the command line's bar and a job.
 *
 * <p>What is found out of a single file is the business of those who ask, and what goes wrong with
 * one ends all: they make a value of it where others are to be looked at, too.
 *
 * <p><b>The invariant.</b> Listeners are called by the thread that asked, one call after another:
 * first that nothing is done, at last that all is.
 */
@NullMarked
package dev.graft.data.file;

import org.jspecify.annotations.NullMarked;
