/** Functions inside a graph: their bodies as graphs, calls put in place, gradients of their own. */
@NullMarked
package dev.graft.graph.function;

import org.jspecify.annotations.NullMarked;
