/** The training itself: its stages, the loop, and what is kept in the end. */
@NullMarked
package dev.graft.trainer.fit;

import org.jspecify.annotations.NullMarked;
