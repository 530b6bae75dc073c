/** The graph of one training step: loss, gradients, update. */
@NullMarked
package dev.graft.trainer.internal.step;

import org.jspecify.annotations.NullMarked;
