package dev.graft.serving;

import java.time.Duration;

/** Something that happened while a {@link Serving} served. */
public sealed interface ServingEvent {

  /**
   * Another version answers from now on.
   *
   * @param before the one that answered until now
   * @param now the one that answers
   */
  record Swapped(long before, long now) implements ServingEvent {}

  /**
   * A version could not be opened or gave no answer when it was warmed up; the one before goes on,
   * or begins where the serving is just being opened.
   *
   * @param kept the one that answers
   * @param failed the one that was left alone; -1 if the folder of versions could not be read,
   *     which is told once, not at each look
   * @param cause what was wrong
   */
  record KeptBefore(long kept, long failed, Throwable cause) implements ServingEvent {}

  /**
   * Some pictures were answered in one run; or given up, since a run did not end in its time: those
   * in it, and later, with a time of zero, those that waited for it too long.
   *
   * @param pictures how many
   * @param failed how many of them failed, alone
   * @param waited how long the first of them waited for its turn
   * @param took how long the run took
   */
  record Answered(int pictures, int failed, Duration waited, Duration took)
      implements ServingEvent {}

  /** A picture was refused, since too many waited. */
  record Refused() implements ServingEvent {}
}
