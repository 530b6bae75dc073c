package dev.graft.trainer.boxes;

import dev.graft.data.boxes.Box;
import dev.graft.error.Internal;

/**
 * A box that was answered.
 *
 * @param box where, and what it is taken for
 * @param score how sure that is; only the order of scores counts
 */
@Internal
public record Detection(Box box, double score) {}
