/** The layers that a graph was made from, found by metadata, objects or names. */
@NullMarked
package dev.graft.importer.internal.layers;

import org.jspecify.annotations.NullMarked;
