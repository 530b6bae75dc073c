/** The ways into a SavedModel: its signatures, and functions that can stand for one. */
@NullMarked
package dev.graft.importer.internal.signature;

import org.jspecify.annotations.NullMarked;
