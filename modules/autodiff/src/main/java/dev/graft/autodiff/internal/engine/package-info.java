/** Reverse-mode differentiation: the walk against the edges, and the book of rules it asks. */
@NullMarked
package dev.graft.autodiff.internal.engine;

import org.jspecify.annotations.NullMarked;
