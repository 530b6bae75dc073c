/** What is done to a graph so that it behaves as in training. */
@NullMarked
package dev.graft.trainer.internal.graph;

import org.jspecify.annotations.NullMarked;
