/**
 * Trains a {@code Model}: objective, optimizer, schedule, metrics, phases, the feature cache,
 * checkpoints, and the loop that ties them together.
 */
@NullMarked
package dev.graft.trainer;

import org.jspecify.annotations.NullMarked;
