/** Which variable has which handle and which value of the checkpoint, and what fills it. */
@NullMarked
package dev.graft.importer.internal.weights;

import org.jspecify.annotations.NullMarked;
