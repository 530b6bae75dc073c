/**
 * Reverse-mode differentiation over the flat graph: a loss and variables go in, a graph with
 * gradients comes out. Also tells, without native code, what has no gradient and why.
 */
@NullMarked
package dev.graft.autodiff;

import org.jspecify.annotations.NullMarked;
