/** Heads: kept, replaced, added, with the layers they are built of. */
@NullMarked
package dev.graft.surgeon.internal.head;

import org.jspecify.annotations.NullMarked;
