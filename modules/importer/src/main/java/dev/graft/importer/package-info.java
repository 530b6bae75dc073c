/**
 * Reads a SavedModel of any vintage and gives a {@code Model}: one flat graph, its layers, its
 * variables, its signatures, and the training functions and losses that were saved with it. No
 * native code.
 */
@NullMarked
package dev.graft.importer;

import org.jspecify.annotations.NullMarked;
