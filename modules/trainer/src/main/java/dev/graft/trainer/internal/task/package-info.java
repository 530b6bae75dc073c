/** What is trained on what: the goals, the binding of inputs, the order of examples. */
@NullMarked
package dev.graft.trainer.internal.task;

import org.jspecify.annotations.NullMarked;
