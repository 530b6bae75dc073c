/**
 * The main job, from a model and pictures to a published version, in one call.
 *
 * <p><b>What enters.</b> A {@link dev.graft.job.Job}: model, pictures, where to publish, {@link
 * dev.graft.job.Surgery} and {@link dev.graft.job.Training} in the words that a form or a command
 * line has ({@link dev.graft.job.HeadChoice}, {@link dev.graft.job.HeadForm}). And a {@link
 * dev.graft.job.JobListener}.
 *
 * <p><b>What leaves.</b> {@link dev.graft.job.JobEvent}s on the way, from what was read and where
 * the head is from ({@link dev.graft.job.HeadOrigin}) to the report; then a {@link
 * dev.graft.job.JobResult} with the version's folder and its {@link dev.graft.job.JobScore} on the
 * test part. On the disk a {@link dev.graft.job.RunFolder}: {@code run.json}, checkpoints, a table
 * of epochs, {@code report.html}.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.job.FineTuneJob} sets up (reads, operates, finds out
 * what does not fit) without native code, and gives the rest to {@code JobSteps}: train, publish,
 * report, each through {@code Graft}; {@code JobScoring} scores before anybody sees the version.
 * {@code Job} asks {@code Surgery}, and that {@code OwnHead}, what a table or an old head means; an
 * {@code Operation} does it. {@code RunFolder} keeps {@code StoredJob}, of {@code StoredLoad} and
 * {@code StoredSurgery}, and writes {@code Report}, which draws with {@code LineChart}. {@link
 * dev.graft.job.Exam} and {@link dev.graft.job.BoxExam} are for scoring alone, {@link
 * dev.graft.job.Baselines} to compare with. Where boxes are to be found, size, views and recipe are
 * asked of {@code internal.boxes}, {@code JobSteps} trains a second time, and {@code BoxReport}
 * shows pictures. The command line prints the events and decides nothing.
 *
 * <p><b>The invariant.</b> A job that was killed at any moment goes on from its folder, ends as it
 * would have, and publishes exactly one version.
 */
@NullMarked
package dev.graft.job;

import org.jspecify.annotations.NullMarked;
