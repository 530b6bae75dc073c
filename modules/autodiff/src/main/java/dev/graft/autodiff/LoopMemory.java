package dev.graft.autodiff;

/** What a loop keeps of its steps for the way back. */
public enum LoopMemory {
  /** Every tensor that the way back reads: faster. */
  SAVE,
  /** Only the loop's state; each step is computed again on the way back: less memory. */
  RECOMPUTE
}
