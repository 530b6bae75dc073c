/** The values of differentiation: a gradient, a graph that has some, and why there is none. */
@NullMarked
package dev.graft.autodiff.gradient;

import org.jspecify.annotations.NullMarked;
