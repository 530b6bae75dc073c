/**
 * Folders, tables and arrays become batches, through the one decode graph that serving uses as
 * well.
 */
@NullMarked
package dev.graft.data;

import org.jspecify.annotations.NullMarked;
