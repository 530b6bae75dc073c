/** TensorFlow's ops as Graft knows them: their declarations, and which gradients exist. */
@NullMarked
package dev.graft.graph.op;

import org.jspecify.annotations.NullMarked;
