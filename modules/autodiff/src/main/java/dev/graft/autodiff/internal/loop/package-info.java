/** Gradients of loops and branches, as functions beside the old ones. */
@NullMarked
package dev.graft.autodiff.internal.loop;

import org.jspecify.annotations.NullMarked;
