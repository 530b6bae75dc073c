/**
 * How well boxes are found: COCO's average precision.
 *
 * <p><b>What enters.</b> For one picture after the other the boxes that are on it and those that
 * were answered, {@link dev.graft.trainer.boxes.Detection}s.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.trainer.boxes.BoxEvaluation}: COCO's figures by name,
 * and of each label a {@link dev.graft.trainer.boxes.LabelPrecision} with its {@link
 * dev.graft.trainer.boxes.PrecisionCurve}s; of one picture its {@link
 * dev.graft.trainer.boxes.Mistakes}.
 *
 * <p><b>Who calls whom.</b> What a model answers is read as {@link
 * dev.graft.trainer.boxes.Detections}.
 *
 * <p>{@link dev.graft.trainer.boxes.BoxScoring} has {@code BoxMatching} match the boxes of a
 * picture, label by label and {@code AreaRange} by range, at all thresholds of overlap, and keeps
 * of each answer its score and whether it was right; in the end {@code Ranking} sorts these by
 * score and reads precision and recall off them.
 *
 * <p><b>The invariant.</b> Every figure is the one of {@code pycocotools} 2.0.8, of which {@code
 * testdata/boxes} holds a thousand cases, to 1e-9. By size a box counts with the area of its
 * outline where the data state it, and else with that of its sides.
 */
@NullMarked
package dev.graft.trainer.boxes;

import org.jspecify.annotations.NullMarked;
