package dev.graft.serving;

import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what is told to a listener, and keeps what that throws from whoever tells. */
final class Counts implements ServingListener {

  private static final System.Logger LOG = System.getLogger(Serving.class.getName());

  private final ServingListener listener;
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong batches = new AtomicLong();

  Counts(ServingListener listener) {
    this.listener = listener;
  }

  @Override
  public void on(ServingEvent event) {
    if (event instanceof ServingEvent.Answered some) {
      answered.addAndGet(some.pictures() - some.failed());
      failed.addAndGet(some.failed());
      if (!some.took().isZero()) { // else there was no run
        batches.incrementAndGet();
      }
    } else if (event instanceof ServingEvent.Refused) {
      refused.incrementAndGet();
    } else if (event instanceof ServingEvent.Swapped swapped) {
      LOG.log(Level.INFO, "version {0} answers, after {1}", swapped.now(), swapped.before());
    } else if (event instanceof ServingEvent.KeptBefore kept) {
      LOG.log(
          Level.WARNING,
          (kept.failed() < 0
                  ? "the folder of versions cannot be looked through"
                  : "version " + kept.failed() + " is left out")
              + ", version "
              + kept.kept()
              + " answers: "
              + kept.cause().getMessage(),
          kept.cause());
    }
    try {
      listener.on(event);
    } catch (RuntimeException | Error e) { // its thread has others to answer
      LOG.log(Level.WARNING, "a listener failed", e);
    }
  }

  ServingStats with(CurrentVersion current, Batches asked) {
    return new ServingStats(
        current.number(),
        current.since(),
        new ServingStats.Pictures(answered.get(), failed.get(), refused.get(), asked.waiting()),
        batches.get(),
        new ServingStats.Health(
            asked.isOpen() && current.isOpen(), current.leftOut(), asked.lastError()));
  }
}
