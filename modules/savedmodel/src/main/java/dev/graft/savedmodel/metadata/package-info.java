/** {@code graft.json}: what a model of Graft's knows beside what a SavedModel can say. */
@NullMarked
package dev.graft.savedmodel.metadata;

import org.jspecify.annotations.NullMarked;
