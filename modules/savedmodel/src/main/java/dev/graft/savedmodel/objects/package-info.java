/** The object graph of a SavedModel and its structured values, read and written. */
@NullMarked
package dev.graft.savedmodel.objects;

import org.jspecify.annotations.NullMarked;
