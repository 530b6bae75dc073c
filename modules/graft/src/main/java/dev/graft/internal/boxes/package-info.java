/**
 * What the main job knows of boxes beyond what it knows of labels.
 *
 * <p><b>What enters.</b> A path with pictures and boxes; later the parts of a job, and what a model
 * answers.
 *
 * <p><b>What leaves.</b> The size of pictures at which boxes are found, the form of a head for
 * them, views to learn from, the usual recipe, and {@link dev.graft.internal.boxes.BoxFindings}.
 * {@code BoxSizing} chooses a {@code BoxSize} by the time that there is, {@code DenseBoxes} by
 * memory; {@code Sides} says whether pictures may be mirrored, {@code ChosenEpochs} how long a
 * second training goes, {@code Spent} what the first one took, {@code UpsideDown} whether the
 * second sees pictures so; what a run has chosen is {@code Kept} in its folder.
 *
 * <p><b>Who calls whom.</b> {@code dev.graft.job} asks {@link dev.graft.internal.boxes.BoxData} in
 * each of its steps, and {@link dev.graft.internal.boxes.BoxInput} when it makes a head. Both know
 * the data and the trainer, and nothing of jobs.
 *
 * <p><b>The invariant.</b> The same data and the same seed give the same size, views and recipe, so
 * that a job goes on as it began. Nothing is taken from the test part but the names of labels.
 */
@NullMarked
package dev.graft.internal.boxes;

import org.jspecify.annotations.NullMarked;
