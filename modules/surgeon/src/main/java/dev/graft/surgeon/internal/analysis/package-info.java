/** What a model is: its shapes, constants, weights and data path, found from the graph alone. */
@NullMarked
package dev.graft.surgeon.internal.analysis;

import org.jspecify.annotations.NullMarked;
