package dev.graft.trainer.checkpoint;

import dev.graft.error.Internal;

/**
 * How far a stage has come, by four numbers that advance alike as long as nothing is left out. They
 * are kept apart since they need not: an update that is left out has seen its examples and drawn
 * its random numbers, and has made no step.
 *
 * @param batches how many batches of examples were seen: the next one follows from it
 * @param updates how many updates the optimizer has made
 * @param schedule the position in the schedule, by which the rate goes
 * @param draws how many runs have drawn random numbers: those of the next follow from it
 */
@Internal
public record Counters(long batches, long updates, long schedule, long draws) {

  /** Those of a stage that has not begun. */
  public static final Counters START = new Counters(0, 0, 0, 0);

  /** Returns these after a batch that was computed in {@code runs} runs and changed the weights. */
  public Counters updated(long runs) {
    return new Counters(batches + 1, updates + 1, schedule + 1, draws + runs);
  }

  /** Returns these after a batch that was computed in {@code runs} runs and changed nothing. */
  public Counters leftOut(long runs) {
    return new Counters(batches + 1, updates, schedule, draws + runs);
  }
}
