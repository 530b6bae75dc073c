/** What lets a killed run go on to the bit: its state on disk, and whose it is. */
@NullMarked
package dev.graft.trainer.checkpoint;

import org.jspecify.annotations.NullMarked;
