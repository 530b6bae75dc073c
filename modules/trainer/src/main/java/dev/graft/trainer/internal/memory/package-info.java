/**
 * How many examples there is memory for at once.
 *
 * <p><b>What enters.</b> Something that computes with so many examples, and fails where they are
 * too many.
 *
 * <p><b>What leaves.</b> The largest number that fits: a {@link
 * dev.graft.trainer.internal.memory.BatchSearch}. Where a run fails for lack of memory, a sentence
 * with one that fits in it: {@link dev.graft.trainer.internal.memory.NoRoom}.
 *
 * <p><b>Who calls whom.</b> {@code fit} searches for the batch of a stretch that leaves it to the
 * memory. Whoever runs a graph on examples (a step, features, scores) asks {@code NoRoom} what to
 * throw, which tries fewer. Both ask a {@link dev.graft.trainer.internal.memory.MemoryForecast}
 * before each try, which asks {@code LinuxMemory}. What goes into Java's own memory asks {@link
 * dev.graft.trainer.internal.memory.JavaMemory}.
 *
 * <p><b>The invariant.</b> On the CPU, where the system ends a process that takes too much, nothing
 * is tried of which runs of fewer examples foretell that it does not fit.
 */
@NullMarked
package dev.graft.trainer.internal.memory;

import org.jspecify.annotations.NullMarked;
