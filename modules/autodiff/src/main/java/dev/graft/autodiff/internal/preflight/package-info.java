/** How far gradients get, found out from the graph before anything runs. */
@NullMarked
package dev.graft.autodiff.internal.preflight;

import org.jspecify.annotations.NullMarked;
