package dev.graft.serving;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.ClosedException;
import dev.graft.serving.NewestWorking.Found;
import dev.graft.serving.NewestWorking.Mark;
import dev.graft.serving.NewestWorking.Open;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The newest version below a serving base that could be opened. It looks for another one now and
 * then, on a thread of its own; a version that cannot be opened is tried again, less and less
 * often.
 */
final class CurrentVersion implements AutoCloseable {

  private static final int MOST_PAUSE = 64; // looks that are passed over at most
  private static final long WAIT = 100; // ms between two looks whether it is closed

  private final NewestWorking newest;
  private final ServingListener listener;
  private final ScheduledExecutorService looks;

  /** Held by who looks, for as long as a version takes that hangs when it is opened. */
  private final ReentrantLock looking = new ReentrantLock();

  private volatile Open open;
  private volatile boolean isClosed;
  private volatile Optional<String> leftOutNow = Optional.empty();
  private Optional<String> leftOut = Optional.empty(); // what is wrong with newer versions
  private Optional<Mark> failed = Optional.empty(); // the newest version, if it is left out
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

  /** What is wrong with newer versions that were left out, or with the folder. */
  Optional<String> leftOut() {
    return leftOutNow;
  }

  /** Whether it can be asked: neither it nor what it was opened with is closed. */
  boolean isOpen() {
    return !isClosed && open.model().isOpen();
  }

  /** What the current version says of some examples; {@code onCall} is run before each call. */
  List<Outcome> ask(List<Example> examples, Runnable onCall) {
    while (true) {
      Open now = open;
      try {
        return now.model().outcomes(examples, onCall);
      } catch (ClosedException e) {
        if (isClosed || now == open) {
          throw e;
        } // was swapped between the two lines: the next one answers
      }
    }
  }

  /**
   * Looks for another version, and takes it. One at a time does; who waits for that goes when it is
   * closed.
   *
   * @param again whether one that could not be opened is tried whatever the time
   */
  void look(boolean again) {
    while (!isClosed) {
      if (Uninterruptibles.tryLockUninterruptibly(looking, WAIT, TimeUnit.MILLISECONDS)) {
        try {
          lookAlone(again);
        } finally {
          looking.unlock();
        }
        return;
      }
    }
  }

  private void lookAlone(boolean again) {
    if (isClosed) {
      return;
    }
    try {
      Optional<Mark> top = Optional.of(Mark.of(newest.versions().get(0)));
      if (top.equals(failed) && !again && passedOver < pause) {
        passedOver++;
        leftOutNow = leftOut; // the folder can be read again, if it could not
        return;
      }
      Found found = newest.insteadOf(open.mark(), () -> isClosed);
      found.open().ifPresent(this::swap);
      if (!isClosed) {
        tell(found);
      }
    } catch (RuntimeException | Error e) { // whatever it is, the next look may find better
      Optional<String> failure = Optional.of("" + e.getMessage());
      if (!failure.equals(leftOutNow)) { // told once, not at each look
        leftOutNow = failure;
        listener.on(new ServingEvent.KeptBefore(open.number(), NewestWorking.NONE, e));
      }
    }
  }

  private void swap(Open now) {
    Open before;
    synchronized (this) {
      before = isClosed ? now : open; // it may have been closed while this one was opened
      open = isClosed ? open : now;
    }
    if (before != now) {
      listener.on(new ServingEvent.Swapped(before.number(), now.number()));
    }
    before.model().close(); // waits for those whom it answers
  }

  /** Says which versions were left out, and remembers to leave them alone for a while. */
  private void tell(Found found) {
    Optional<Mark> first = found.leftOut().stream().findFirst().map(NewestWorking.LeftOut::mark);
    pause = first.isPresent() && first.equals(failed) ? Math.min(2 * pause + 1, MOST_PAUSE) : 0;
    passedOver = 0;
    failed = first;
    leftOut = first.map(mark -> found.words());
    leftOutNow = leftOut;
    found
        .leftOut()
        .forEach(
            each ->
                listener.on(
                    new ServingEvent.KeptBefore(
                        open.number(), each.mark().number(), each.cause())));
  }

  /**
   * Closes the version that answers, and does not wait for one that is just being opened: that one
   * is closed by who opens it.
   */
  @Override
  public void close() {
    looks.shutdown();
    synchronized (this) {
      isClosed = true; // a look that is under way tries no further version
    }
    open.model().close();
  }
}
