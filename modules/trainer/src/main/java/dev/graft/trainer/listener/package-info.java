/** Who hears of a training, and who may pause or end it. */
@NullMarked
package dev.graft.trainer.listener;

import org.jspecify.annotations.NullMarked;
