/** How a step changes the variables: optimizers, schedules, clipping, rates by layer. */
@NullMarked
package dev.graft.trainer.optimizer;

import org.jspecify.annotations.NullMarked;
