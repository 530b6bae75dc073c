/** The graph without what only training or Python needs, with the order of effects kept. */
@NullMarked
package dev.graft.importer.internal.clean;

import org.jspecify.annotations.NullMarked;
