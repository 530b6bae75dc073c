/**
 * What a score says, and what it is made of.
 *
 * <p><b>What enters.</b> A batch in a graph, {@link dev.graft.trainer.metric.Judged}: what the
 * heads of a goal answered, and what the data say; of one head {@code HeadTensors}.
 *
 * <p><b>What leaves.</b> An {@link dev.graft.trainer.metric.Evaluation}: how many, the loss, the
 * metrics by name, {@link dev.graft.trainer.metric.LabelScore}s, and for one head with one label a
 * {@link dev.graft.trainer.metric.Classification} with its {@link
 * dev.graft.trainer.metric.Interval}.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.trainer.metric.Metrics} lists the metrics of a head:
 * {@code Accuracy}, {@code TopLabels}, {@code LabelMean}, {@code AreaUnderCurve} and {@code Kappa}
 * of labels, {@code MeanError} and {@code RSquared} of numbers; {@code score} asks each {@link
 * dev.graft.trainer.metric.Metric} for the sums of a batch, adds those of all batches up, and asks
 * it for its value. What several metrics need is added once, by {@link
 * dev.graft.trainer.metric.Judged#shared}, as {@link dev.graft.trainer.metric.LabelMarks} is.
 *
 * <p><b>Adding one.</b> A metric is one class and one line in {@code Metrics}: see
 * docs/contributing/metric.md.
 *
 * <p><b>The invariant.</b> Metrics are sums over examples, so that no score depends on the size of
 * a batch.
 */
@NullMarked
package dev.graft.trainer.metric;

import org.jspecify.annotations.NullMarked;
