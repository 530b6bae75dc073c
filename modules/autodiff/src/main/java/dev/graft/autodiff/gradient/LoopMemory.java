package dev.graft.autodiff.gradient;

import dev.graft.error.Internal;

/** What a loop keeps of its steps for the way back. */
@Internal
public enum LoopMemory {
  /** Every tensor that the way back reads: faster. */
  SAVE,
  /** Only the loop's state; each step is computed again on the way back: less memory. */
  RECOMPUTE
}
