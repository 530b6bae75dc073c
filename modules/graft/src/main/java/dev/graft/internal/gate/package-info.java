/**
 * Holds a version, before anybody sees it, against what was asked for.
 *
 * <p><b>What enters.</b> Bounds by the names of metrics, a way to score a version's folder, the
 * folder of versions.
 *
 * <p><b>What leaves.</b> {@link dev.graft.words.Figure}s, or a {@code RefusedException} that
 * carries them.
 *
 * <p><b>Who calls whom.</b> {@code dev.graft} has a {@link dev.graft.internal.gate.GateCheck} run
 * by the exporter; that asks whoever publishes for {@link dev.graft.internal.gate.Figures}, which
 * know by which names there are any, and {@link dev.graft.internal.gate.Latency} for the time of an
 * answer. {@code dev.graft.job} scores by {@code Figures}, too, and asks for their names before it
 * trains.
 *
 * <p><b>The invariant.</b> Where a figure is held against that of another version, both are scored
 * by the same call on the same examples. What is no number never holds.
 */
@NullMarked
package dev.graft.internal.gate;

import org.jspecify.annotations.NullMarked;
