package dev.graft.serving;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.BadDataException;
import dev.graft.error.ClosedException;
import dev.graft.error.TimeLimitException;
import dev.graft.words.Remedy;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the examples of many threads and has one thread ask about them, several in one run. One
 * whose call of the model does not end in its time is given up, though that thread hangs in it.
 */
final class Batches implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Serving.class.getName());

  private static final long LOOK = 100; // ms between two looks whether it is over
  private static final long GRACE = 1_000_000_000; // ns in which TensorFlow may still end a run

  private final BlockingQueue<Request<?>> queue;
  private final ServingOptions options;
  private final Model model;
  private final ServingListener listener;
  private final long patience; // ns that a call may take; 0 for any time
  private final Thread worker;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          new ThreadFactoryBuilder().setNameFormat("graft-time-limit").setDaemon(true).build());

  /**
   * Who waits goes on by a thread of these: what hangs on an answer may take long, or ask again,
   * and this room's only thread would wait for itself.
   */
  private final ExecutorService callers =
      Executors.newCachedThreadPool(
          new ThreadFactoryBuilder().setNameFormat("graft-answers").setDaemon(true).build());

  private volatile boolean isClosed;
  private volatile @Nullable Run running;
  private volatile Optional<ServingStats.Failure> lastError = Optional.empty();
  private volatile boolean isGathering; // some have left the queue, and are in no run yet
  private boolean hadCompany; // whether the last batch had more than one picture

  /** Who is asked. */
  interface Model {

    /**
     * What it says of each.
     *
     * @param onCall has to be run before each of the calls that this takes: they are many where the
     *     examples are of several shapes
     */
    List<Outcome> ask(List<Example> examples, Runnable onCall);
  }

  /**
   * A run that is under way; it is settled by its end, or by who gives it up.
   *
   * @param called when its last call began, by {@code System.nanoTime}, as it began itself
   */
  private record Run(
      List<Request<?>> batch, long began, AtomicLong called, AtomicBoolean isSettled) {

    static Run of(List<Request<?>> batch) {
      long now = System.nanoTime();
      return new Run(List.copyOf(batch), now, new AtomicLong(now), new AtomicBoolean());
    }

    void call() {
      called.set(System.nanoTime());
    }

    boolean settle() {
      return isSettled.compareAndSet(false, true);
    }

    Duration waited() {
      return Duration.ofNanos(began - batch.get(0).came());
    }
  }

  Batches(ServingOptions options, Model model, ServingListener listener) {
    this.queue = new LinkedBlockingQueue<>(options.waiting());
    this.options = options;
    this.model = model;
    this.listener = listener;
    Duration limit = options.model().timeout();
    this.patience = limit.isZero() ? 0 : limit.plusNanos(GRACE).toNanos();
    this.worker = new Thread(this::work, "graft-serving");
    worker.setDaemon(true);
    worker.start();
    if (patience > 0) {
      var unused = clock.scheduleWithFixedDelay(this::giveUp, LOOK, LOOK, TimeUnit.MILLISECONDS);
    }
  }

  /** How many examples wait. */
  int waiting() {
    return queue.size();
  }

  /** Whether some wait, or are being answered. */
  boolean isBusy() {
    Run now = running;
    return isGathering || now != null && !now.isSettled.get() || !queue.isEmpty();
  }

  /** Whether examples are taken. */
  boolean isOpen() {
    return !isClosed;
  }

  /** What an example failed by last that was not its own fault. */
  Optional<ServingStats.Failure> lastError() {
    return lastError;
  }

  /** What {@code form} makes of the outcome, or its failure. */
  <T> CompletableFuture<T> submit(Example example, Function<Outcome, T> form) {
    Request<T> request = Request.of(example, form);
    if (isClosed) {
      throw closed();
    }
    if (!queue.offer(request)) {
      listener.on(new ServingEvent.Refused());
      OverloadException refused = new OverloadException(options.waiting());
      request.record(0, Optional.of(refused));
      throw refused;
    }
    if (isClosed) { // and its thread may be gone
      request.fail(closed(), 0);
    }
    return request.answer();
  }

  private void work() {
    try {
      while (!isClosed) {
        turn();
      }
    } finally { // whatever it was, nobody waits for ever
      isClosed = true;
      failAllThatWait();
    }
  }

  private void failAllThatWait() {
    for (Request<?> left = queue.poll(); left != null; left = queue.poll()) {
      left.fail(closed(), 0);
    }
  }

  private void turn() {
    List<Request<?>> batch = new ArrayList<>();
    try {
      Request<?> first = queue.poll(LOOK, TimeUnit.MILLISECONDS);
      if (first != null) {
        isGathering = true;
        batch.add(first);
        gather(batch);
        if (!batch.isEmpty()) {
          answer(Run.of(batch));
        }
      }
    } catch (InterruptedException e) {
      // only closing ends it
    } catch (RuntimeException | Error e) { // whoever waits has to hear of it, the thread goes on
      LOG.log(Level.WARNING, "examples cannot be answered", e);
      note(e);
      batch.forEach(request -> request.fail(e, 0));
    } finally {
      isGathering = false;
      running = null;
    }
  }

  private void gather(List<Request<?>> batch) {
    queue.drainTo(batch, options.batch() - 1);
    long until = System.nanoTime() + (hadCompany ? options.delay().toNanos() : 0);
    while (batch.size() < options.batch()) {
      Request<?> next = next(until - System.nanoTime());
      if (next == null) {
        break;
      }
      batch.add(next);
    }
    hadCompany = batch.size() > 1 || !queue.isEmpty();
    batch.removeIf(Batches::isCancelled);
  }

  private @Nullable Request<?> next(long nanos) {
    try {
      return queue.poll(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) { // those that are gathered already are answered
      return null;
    }
  }

  /** Whether who asked does not wait any more. */
  private static boolean isCancelled(Request<?> request) {
    if (request.answer().isDone()) {
      request.record(0, Optional.of(new CancellationException()));
      return true;
    }
    return false;
  }

  private void answer(Run run) {
    running = run;
    isGathering = false;
    List<Request<?>> batch = run.batch;
    RunRecord record = RunRecord.begun();
    int failed = 0;
    List<Runnable> told = new ArrayList<>();
    try {
      List<Outcome> outcomes = model.ask(batch.stream().map(Request::example).toList(), run::call);
      long took = System.nanoTime() - run.began;
      for (int i = 0; i < batch.size(); i++) {
        Request<?> request = batch.get(i);
        Outcome outcome = outcomes.get(i);
        outcome.failure().ifPresent(this::note);
        told.add(() -> request.tell(outcome, took));
        failed += outcome.failure().isPresent() ? 1 : 0;
      }
    } catch (RuntimeException | Error e) {
      long took = System.nanoTime() - run.began;
      note(e);
      failed = batch.size();
      told.clear();
      batch.forEach(request -> told.add(() -> request.fail(e, took)));
    }
    if (!run.settle()) { // it was given up meanwhile, and counted
      return;
    }
    try {
      record.done(batch.size(), failed, run.waited());
      Duration took = Duration.ofNanos(System.nanoTime() - run.began);
      listener.on(new ServingEvent.Answered(batch.size(), failed, run.waited(), took));
    } catch (RuntimeException | Error e) { // the answers are there all the same
      LOG.log(Level.WARNING, "answers cannot be counted", e);
      note(e);
    }
    told.forEach(this::tell); // who has an answer finds it counted
  }

  private void note(Throwable failure) {
    if (!(failure instanceof BadDataException)) { // which is its own fault
      lastError = Optional.of(new ServingStats.Failure(Instant.now(), "" + failure.getMessage()));
    }
  }

  /** Gives up the run whose call does not end in its time, and who waits for it too long. */
  private void giveUp() {
    Run run = running;
    long now = System.nanoTime();
    if (run == null || now - run.called.get() <= patience) {
      return;
    }
    if (run.settle()) {
      giveUp(run.batch, run.waited(), Duration.ofNanos(now - run.began));
    }
    List<Request<?>> late = taken(queue, request -> now - request.came() > patience);
    if (!late.isEmpty()) {
      giveUp(late, Duration.ofNanos(now - late.get(0).came()), Duration.ZERO);
    }
  }

  /**
   * Takes some out of a queue. One that another thread takes meanwhile is not among them: it is
   * asked about.
   */
  static <T> List<T> taken(Queue<T> queue, Predicate<T> isMeant) {
    List<T> taken = new ArrayList<>();
    for (T each : queue) {
      if (isMeant.test(each) && queue.remove(each)) {
        taken.add(each);
      }
    }
    return taken;
  }

  private void giveUp(List<Request<?>> requests, Duration waited, Duration took) {
    String limit = options.model().timeout().toMillis() / 1e3 + " s";
    TimeLimitException late =
        new TimeLimitException(
            "the model gave no answer within "
                + limit
                + ", and its run has not ended yet; nothing else is answered until it does.",
            new TimeoutException(limit),
            Remedy.ANSWER_TIME);
    note(late);
    try {
      listener.on(new ServingEvent.Answered(requests.size(), requests.size(), waited, took));
    } finally {
      requests.forEach(request -> tell(() -> request.fail(late, took.toNanos())));
    }
  }

  /** By a thread of the callers, or by this one if there are none left. */
  private void tell(Runnable completion) {
    try {
      callers.execute(completion);
    } catch (RejectedExecutionException | OutOfMemoryError e) { // closed meanwhile, or no thread
      completion.run();
    }
  }

  private static ClosedException closed() {
    return new ClosedException("the serving is closed");
  }

  /** Ends after the batch that is being answered, unless that is given up; those that wait fail. */
  @Override
  public void close() {
    isClosed = true;
    boolean interrupted = false;
    while (worker.isAlive() && Thread.currentThread() != worker && !isGivenUp()) {
      try {
        worker.join(LOOK);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    clock.shutdown();
    failAllThatWait(); // that thread may hang
    callers.shutdown(); // what was told is still heard
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isGivenUp() {
    Run now = running;
    return patience > 0
        && now != null
        && now.isSettled.get()
        && System.nanoTime() - now.called.get() > patience;
  }
}
