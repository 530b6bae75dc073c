/** Picture inputs: their size, range and channels, changed with the graph. */
@NullMarked
package dev.graft.surgeon.internal.picture;

import org.jspecify.annotations.NullMarked;
