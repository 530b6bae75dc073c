/**
 * The flat dataflow graph under a {@link dev.graft.model.Model} and the tools that edit it: {@link
 * dev.graft.graph.Graph} is the immutable value, {@link dev.graft.graph.GraphEditor} the one place
 * where graphs change. Nothing here loads native code.
 */
@NullMarked
package dev.graft.graph;

import org.jspecify.annotations.NullMarked;
