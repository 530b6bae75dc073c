/**
 * Writes a finished {@code Model} as a version folder that TensorFlow can serve, whole or not at
 * all, after proving it in a fresh session.
 */
@NullMarked
package dev.graft.exporter;

import org.jspecify.annotations.NullMarked;
