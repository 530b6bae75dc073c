/**
 * A model that answers while newer versions of it are published: what a service holds.
 *
 * <p><b>What enters.</b> A serving base, the folder of numbered versions that {@code Graft.publish}
 * and {@code graft finetune} write; {@link dev.graft.serving.ServingOptions}; examples from any
 * number of threads.
 *
 * <p><b>What leaves.</b> An {@link dev.graft.answer.Answer} to each, {@link
 * dev.graft.serving.ServingEvent}s to a {@link dev.graft.serving.ServingListener}, and {@link
 * dev.graft.serving.ServingStats} for a page of health or metrics. What cannot be taken in at once
 * is refused ({@link dev.graft.serving.OverloadException}).
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.serving.Serving} gives each example to {@code
 * Batches}, as a {@code Request}, whose one thread asks about those that wait together, and holds a
 * {@code CurrentVersion}, which looks for newer ones on a thread of its own, has {@code
 * NewestWorking} open a {@code LiveModel} of the newest that answers, and closes the one before.
 * {@code Counts} counts, and a {@code RunRecord} is for Java Flight Recorder. This room stands
 * before the door, as {@code dev.graft.job} does: nothing in {@code dev.graft} knows of it.
 *
 * <p><b>The invariant.</b> An example is answered by one version, whole; none fails because
 * versions are changed, and a version is closed only when nobody waits for its answer.
 */
@NullMarked
package dev.graft.serving;

import org.jspecify.annotations.NullMarked;
