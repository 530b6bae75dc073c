package dev.graft.serving;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.ClosedException;
import dev.graft.savedmodel.file.VersionFolders;
import dev.graft.serving.NewestWorking.Found;
import dev.graft.serving.NewestWorking.Open;
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

  private final NewestWorking newest;
  private final ServingListener listener;
  private final ScheduledExecutorService looks;
  private volatile Open open;
  private volatile boolean isClosed;
  private volatile Optional<String> lastFailure = Optional.empty();
  private Optional<String> leftOut = Optional.empty(); // what is wrong with newer versions
  private long failed = NewestWorking.NONE; // the newest version, if it could not be opened
  private int pause; // how many looks it is left alone then
  private int passedOver;

  CurrentVersion(NewestWorking newest, Duration poll, ServingListener listener) {
    this.newest = newest;
    this.listener = listener;
    Found first = newest.first();
    this.open = first.open().orElseThrow();
    tell(first);
    this.looks =
        Executors.newSingleThreadScheduledExecutor(
            new ThreadFactoryBuilder().setNameFormat("graft-versions").setDaemon(true).build());
    if (!poll.isZero()) {
      var unused =
          looks.scheduleWithFixedDelay(
              () -> look(false), poll.toNanos(), poll.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  long number() {
    return open.number();
  }

  Instant since() {
    return open.since();
  }

  Optional<String> lastFailure() {
    return lastFailure;
  }

  /** What the current version says of some examples. */
  List<Outcome> ask(List<Example> examples) {
    while (true) {
      Open now = open;
      try {
        return now.model().answerEach(examples);
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
    if (isClosed) {
      return;
    }
    try {
      boolean isLeftAlone = VersionFolders.number(newest.versions().get(0)) == failed;
      if (isLeftAlone && !again && passedOver < pause) {
        passedOver++;
        lastFailure = leftOut; // the folder can be read again, if it could not
        return;
      }
      Found found = newest.insteadOf(open.number(), () -> isClosed);
      found.open().ifPresent(this::swap);
      if (!isClosed) {
        tell(found);
      }
    } catch (RuntimeException | Error e) { // whatever it is, the next look may find better
      Optional<String> failure = Optional.of("" + e.getMessage());
      if (!failure.equals(lastFailure)) { // told once, not at each look
        lastFailure = failure;
        listener.on(new ServingEvent.KeptBefore(open.number(), NewestWorking.NONE, e));
      }
    }
  }

  private void swap(Open now) {
    Open before = open;
    open = now;
    listener.on(new ServingEvent.Swapped(before.number(), now.number()));
    before.model().close(); // waits for those whom it answers
  }

  /** Says which versions were left out, and remembers to leave them alone for a while. */
  private void tell(Found found) {
    boolean isWhole = found.leftOut().isEmpty();
    long number = isWhole ? NewestWorking.NONE : found.leftOut().get(0).number();
    pause = !isWhole && number == failed ? Math.min(2 * pause + 1, MOST_PAUSE) : 0;
    passedOver = 0;
    failed = number;
    leftOut = isWhole ? Optional.empty() : Optional.of(found.words());
    lastFailure = leftOut;
    found
        .leftOut()
        .forEach(
            each ->
                listener.on(
                    new ServingEvent.KeptBefore(open.number(), each.number(), each.cause())));
  }

  @Override
  public void close() {
    looks.shutdown();
    isClosed = true; // a look that is under way tries no further version
    synchronized (this) {
      open.model().close();
    }
  }
}
