/** Heads solved exactly on features, with their strength chosen by cross-validation. */
@NullMarked
package dev.graft.trainer.internal.head;

import org.jspecify.annotations.NullMarked;
