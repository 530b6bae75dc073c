/**
 * What a head for boxes is trained to do.
 *
 * <p><b>What enters.</b> A head, and boxes as {@code BoxSet.dataset} has them: padded rows with a
 * count for each picture.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.internal.boxes.BoxGoal}, whose loss is nodes of
 * a graph.
 *
 * <p><b>Who calls whom.</b> {@code internal.task} asks for the goals of a model. A goal has {@link
 * dev.graft.trainer.internal.boxes.BoxTargets} paint what the cells should answer, one spot for
 * each box, and {@link dev.graft.trainer.internal.boxes.BoxLoss} compare.
 *
 * <p><b>The invariant.</b> Loss and gradient are those of {@code tools/boxes/loss.py}, which goes
 * box by box and cell by cell; a picture's loss does not depend on those beside it.
 */
@NullMarked
package dev.graft.trainer.internal.boxes;

import org.jspecify.annotations.NullMarked;
