/** The files of a SavedModel: found, bounded, and told apart from what only looks like one. */
@NullMarked
package dev.graft.importer.internal.file;

import org.jspecify.annotations.NullMarked;
