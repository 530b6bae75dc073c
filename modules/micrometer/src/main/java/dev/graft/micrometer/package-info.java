/**
 * Metrics of a service for whatever it reports them to.
 *
 * <p><b>What enters.</b> An application's Micrometer registry, and what a {@code Serving} tells its
 * listener.
 *
 * <p><b>What leaves.</b> Meters: {@code graft.serving.examples} (tag {@code outcome}: answered,
 * failed, refused), {@code graft.serving.wait}, {@code graft.serving.run}, {@code
 * graft.serving.batch}, {@code graft.serving.swaps} (tag {@code outcome}: swapped, kept: a version
 * that is left out counts once, however often it is tried), and, once it watches the serving,
 * {@code graft.serving.version}, {@code graft.serving.waiting} and {@code graft.serving.open}.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.micrometer.ServingMetrics} is a listener like any
 * other; nothing in Graft knows of it. Micrometer comes from the application, so this module binds
 * to whatever version that has.
 *
 * <p><b>The invariant.</b> It counts what happened, once, and holds no picture and no answer.
 */
@NullMarked
package dev.graft.micrometer;

import org.jspecify.annotations.NullMarked;
