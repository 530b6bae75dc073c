package dev.graft.examples.photos;

import dev.graft.Graft;
import dev.graft.error.GraftException;
import dev.graft.error.RefusedException;
import dev.graft.job.FineTuneJob;
import dev.graft.job.JobResult;
import dev.graft.job.RunFolder;
import dev.graft.trainer.listener.CancellationToken;
import jakarta.annotation.PostConstruct;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/** One training at a time. One that the end of the process broke off goes on at the next start. */
@Component
class Trainings implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Trainings.class);

  /** A training that was begun. */
  record Begun(String run, CancellationToken cancel, CompletableFuture<JobResult> result) {}

  private final Graft graft;
  private final Runs runs;
  private final Versions versions;
  private final TrainingEvents events;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(work -> new Thread(work, "training"));
  private Optional<Begun> underWay = Optional.empty();
  private boolean isStopping;
  private boolean isCancelled; // by somebody, not by the end

  Trainings(Graft graft, Runs runs, Versions versions, TrainingEvents events) {
    this.graft = graft;
    this.runs = runs;
    this.versions = versions;
    this.events = events;
  }

  /** Begins one, with the photos that are there now. */
  synchronized Begun begin() throws IOException {
    if (underWay.isPresent()) {
      throw new ResponseStatusException(
          HttpStatus.CONFLICT, underWay.get().run() + " is under way; wait for it, or cancel it");
    }
    return start(runs.make(graft.machine().settings()));
  }

  /** Before the first request: goes on with what the end of the last process broke off. */
  @PostConstruct
  synchronized void goOn() throws IOException {
    try {
      Optional<RunFolder> left = runs.brokenOff();
      if (left.isPresent()) {
        LOG.info("{} goes on", start(left.get()).run());
      }
    } catch (GraftException e) { // its folder is held by another process, say
      LOG.warn("a training that was broken off does not go on", e);
    }
  }

  private Begun start(RunFolder folder) throws IOException {
    FineTuneJob job;
    try {
      job = FineTuneJob.in(folder); // what does not go together is said here, at once
    } catch (GraftException e) {
      drop(folder);
      throw e;
    }
    String run = runs.remember(folder);
    events.begin(run);
    CancellationToken cancel = new CancellationToken().yieldTo(versions::isBusy);
    CompletableFuture<JobResult> result = new CompletableFuture<>();
    underWay = Optional.of(new Begun(run, cancel, result));
    thread.execute(() -> run(job, folder, cancel, result));
    return underWay.get();
  }

  private void run(
      FineTuneJob job,
      RunFolder folder,
      CancellationToken cancel,
      CompletableFuture<JobResult> result) {
    try (folder) {
      JobResult done = job.run(graft, events, cancel);
      versions.refresh(); // whoever hears of the end is answered by the new one
      over(done, null);
      result.complete(done);
    } catch (RuntimeException | Error e) {
      try {
        over(null, e);
      } finally { // whatever comes of telling it, somebody waits
        result.completeExceptionally(e);
      }
    }
  }

  private void over(JobResult done, Throwable why) {
    boolean goesOn;
    synchronized (this) { // before anyone hears of the end, who may then begin the next
      // at the end of the application anything may have broken it off, but for a refusal
      goesOn = isStopping && !isCancelled && why != null && !(why instanceof RefusedException);
      underWay = Optional.empty();
      isCancelled = false;
      if (!goesOn) {
        runs.forget();
      }
    }
    TrainingEnd end = TrainingEnd.of(done, why, goesOn);
    LOG.info("the training {}: {}", end.kind(), end.what(), end.isFailure() ? why : null);
    events.end(end);
  }

  private static void drop(RunFolder folder) {
    try (folder) {
      folder.dropIfUnused();
    }
  }

  /** Ends the training before its next step, for good. */
  synchronized boolean cancel() {
    underWay.ifPresent(
        begun -> {
          isCancelled = true;
          begun.cancel().cancel();
        });
    return underWay.isPresent();
  }

  /** The first that Spring does at the end: the training ends while requests are answered. */
  @EventListener(ContextClosedEvent.class)
  synchronized void stop() {
    isStopping = true;
    underWay.ifPresent(begun -> begun.cancel().cancel()); // the next start goes on with it
  }

  /** Waits for that: a version that is being published is published. */
  @Override
  public void close() throws InterruptedException {
    stop(); // where the start failed nobody said so
    thread.shutdown();
    if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
      LOG.warn("the training did not end within a minute; the next start goes on with it");
    }
  }
}
