package dev.graft.serving;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.BadModelException;
import dev.graft.error.ClosedException;
import dev.graft.internal.place.ModelFolder;
import dev.graft.savedmodel.file.VersionFolders;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The newest version below a serving base that could be opened. It looks for another one now and
 * then, on a thread of its own; a version that cannot be opened is tried again, less and less
 * often.
 */
final class CurrentVersion implements AutoCloseable {

  private static final int MOST_PAUSE = 64; // looks that are passed over at most

  private final Graft graft;
  private final Path base;
  private final ServingOptions options;
  private final ServingListener listener;
  private final ScheduledExecutorService looks;
  private volatile Open open;
  private volatile boolean isClosed;
  private volatile Optional<String> lastFailure = Optional.empty();
  private long failed; // the version that could not be opened; 0 if none
  private int pause; // how many looks it is left alone then
  private int passedOver;

  private record Open(LiveModel model, long number, Instant since) {}

  CurrentVersion(Graft graft, Path base, ServingOptions options, ServingListener listener) {
    this.graft = graft;
    this.base = base;
    this.options = options;
    this.listener = listener;
    this.open = opened(newest());
    this.looks =
        Executors.newSingleThreadScheduledExecutor(
            new ThreadFactoryBuilder().setNameFormat("graft-versions").setDaemon(true).build());
    Duration poll = options.poll();
    if (!poll.isZero()) {
      var unused =
          looks.scheduleWithFixedDelay(
              () -> look(false), poll.toNanos(), poll.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  long number() {
    return open.number;
  }

  Instant since() {
    return open.since;
  }

  Optional<String> lastFailure() {
    return lastFailure;
  }

  /** What the current version says of some examples. */
  List<Outcome> ask(List<Example> examples) {
    while (true) {
      Open now = open;
      try {
        return now.model.answerEach(examples);
      } catch (ClosedException e) {
        if (isClosed || now == open) {
          throw e;
        } // was swapped between the two lines: the next one answers
      }
    }
  }

  /**
   * Looks for another version, and takes it.
   *
   * @param again whether one that could not be opened is tried whatever the time
   */
  synchronized void look(boolean again) {
    long number = 0;
    try {
      if (isClosed) {
        return;
      }
      Path folder = newest();
      number = VersionFolders.number(folder);
      if (number == open.number) {
        failed = 0;
        lastFailure = Optional.empty();
        return;
      }
      if (number == failed && !again && passedOver < pause) {
        passedOver++;
        return;
      }
      Open before = open;
      Open now = opened(folder);
      open = now;
      failed = 0;
      lastFailure = Optional.empty();
      listener.on(new ServingEvent.Swapped(before.number, now.number));
      before.model.close(); // waits for those whom it answers
    } catch (RuntimeException | Error e) { // whatever it is, the next look may find better
      boolean same = number == failed;
      failed = number;
      pause = same ? Math.min(2 * pause + 1, MOST_PAUSE) : 0;
      passedOver = 0;
      lastFailure = Optional.of("" + e.getMessage());
      listener.on(new ServingEvent.KeptBefore(open.number, number, e));
    }
  }

  private Open opened(Path folder) {
    return new Open(
        graft.serve(folder, options.model()), VersionFolders.number(folder), Instant.now());
  }

  private Path newest() {
    return ModelFolder.newest(base)
        .orElseThrow(
            () ->
                new BadModelException(
                    "'"
                        + base
                        + "' holds no numbered version of a model; give the folder that versions"
                        + " are published in."));
  }

  @Override
  public void close() {
    looks.shutdown();
    synchronized (this) {
      isClosed = true;
      open.model.close();
    }
  }
}
