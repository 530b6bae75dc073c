/** Tensors in Java memory: their shapes, element types, values and rows. */
@NullMarked
package dev.graft.tensor;

import org.jspecify.annotations.NullMarked;
