/** What a training makes small: losses, their weights, penalties. */
@NullMarked
package dev.graft.trainer.loss;

import org.jspecify.annotations.NullMarked;
