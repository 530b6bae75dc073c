/** Scores and answers of a model on examples, computed without changing it. */
@NullMarked
package dev.graft.trainer.score;

import org.jspecify.annotations.NullMarked;
