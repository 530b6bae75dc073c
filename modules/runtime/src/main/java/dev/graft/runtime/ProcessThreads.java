package dev.graft.runtime;

import java.lang.System.Logger.Level;

/**
 * TensorFlow makes its threads once in a process. Whoever opens a runtime first decides how many;
 * later ones are told what there is, and warned if that is not what they asked for.
 */
final class ProcessThreads {

  private static final System.Logger LOG = System.getLogger(ProcessThreads.class.getName());

  private static int inside = -1; // one op, 0 for TensorFlow's choice; -1 before anybody has asked
  private static int sideBySide = -1;

  private ProcessThreads() {}

  /** {@code wanted} with the threads that there are. */
  static synchronized RuntimeOptions met(RuntimeOptions wanted) {
    if (inside < 0) {
      inside = wanted.threads().inside();
      sideBySide = wanted.threads().sideBySide();
      return wanted;
    }
    if (isOther(wanted.threads().inside(), inside)
        || isOther(wanted.threads().sideBySide(), sideBySide)) {
      LOG.log(
          Level.WARNING,
          "{0} threads in each of {1} operations were asked for (0: one per core), but TensorFlow was"
              + " started in this process with {2} and {3}, and makes its threads once: these are"
              + " used. Ask for them in the first Graft that is opened.",
          wanted.threads().inside(),
          wanted.threads().sideBySide(),
          inside,
          sideBySide);
    }
    return wanted.threads(inside, sideBySide);
  }

  /** Who leaves the choice to TensorFlow has nothing to be warned of. */
  private static boolean isOther(int wanted, int there) {
    return wanted != 0 && wanted != count(there);
  }

  private static int count(int threads) {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
