package dev.graft.job;

/**
 * Hears how a job goes, from its set-up to its report, on the thread that does it. It only listens:
 * what it throws first is logged, and the job goes on.
 */
@FunctionalInterface
public interface JobListener {

  /** Something happened. Called often while something is counted; return quickly. */
  void on(JobEvent event);
}
