package dev.graft.serving;

import com.google.common.util.concurrent.ThreadFactoryBuilder;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.ClosedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Gathers the examples of many threads and has one thread ask about them, several in one run. */
final class Batches implements AutoCloseable {

  private static final long LOOK = 100; // ms between two looks whether it is over

  private final BlockingQueue<Request<?>> queue;
  private final ServingOptions options;
  private final Function<List<Example>, List<Outcome>> ask;
  private final ServingListener listener;
  private final Thread worker;

  /**
   * Who waits goes on by a thread of these: what hangs on an answer may take long, or ask again,
   * and this room's only thread would wait for itself.
   */
  private final ExecutorService callers =
      Executors.newCachedThreadPool(
          new ThreadFactoryBuilder().setNameFormat("graft-answers").setDaemon(true).build());

  private volatile boolean isClosed;
  private volatile boolean isAnswering;
  private boolean hadCompany; // whether the last batch had more than one picture

  /**
   * Somebody who waits.
   *
   * @param form what is wanted of an outcome; may fail instead
   */
  private record Request<T>(
      Example example, CompletableFuture<T> answer, Function<Outcome, T> form, long came) {

    void tell(Outcome outcome) {
      try {
        answer.complete(form.apply(outcome));
      } catch (RuntimeException e) {
        answer.completeExceptionally(e);
      }
    }
  }

  Batches(
      ServingOptions options,
      Function<List<Example>, List<Outcome>> ask,
      ServingListener listener) {
    this.queue = new LinkedBlockingQueue<>(options.waiting());
    this.options = options;
    this.ask = ask;
    this.listener = listener;
    this.worker = new Thread(this::work, "graft-serving");
    worker.setDaemon(true);
    worker.start();
  }

  /** How many examples wait. */
  int waiting() {
    return queue.size();
  }

  /** Whether some wait, or are being answered. */
  boolean isBusy() {
    return isAnswering || !queue.isEmpty();
  }

  /** What {@code form} makes of the outcome, or its failure. */
  <T> CompletableFuture<T> submit(Example example, Function<Outcome, T> form) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    if (isClosed) {
      throw closed();
    }
    if (!queue.offer(new Request<>(example, answer, form, System.nanoTime()))) {
      listener.on(new ServingEvent.Refused());
      throw new OverloadException(options.waiting());
    }
    if (isClosed) { // and its thread may be gone
      answer.completeExceptionally(closed());
    }
    return answer;
  }

  private void work() {
    try {
      while (!isClosed) {
        turn();
      }
    } finally { // whatever it was, nobody waits for ever
      isClosed = true;
      for (Request<?> left = queue.poll(); left != null; left = queue.poll()) {
        left.answer.completeExceptionally(closed());
      }
    }
  }

  private void turn() {
    try {
      Request<?> first = queue.poll(LOOK, TimeUnit.MILLISECONDS);
      if (first != null) {
        isAnswering = true;
        answer(gathered(first));
      }
    } catch (InterruptedException e) {
      // only closing ends it
    } finally {
      isAnswering = false;
    }
  }

  private List<Request<?>> gathered(Request<?> first) {
    List<Request<?>> batch = new ArrayList<>(List.of(first));
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
    batch.removeIf(request -> request.answer.isDone()); // cancelled by who asked
    return batch;
  }

  private @Nullable Request<?> next(long nanos) {
    try {
      return queue.poll(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) { // those that are gathered already are answered
      return null;
    }
  }

  private void answer(List<Request<?>> batch) {
    if (batch.isEmpty()) {
      return;
    }
    long began = System.nanoTime();
    RunRecord record = RunRecord.begun();
    int failed = 0;
    List<Runnable> told = new ArrayList<>();
    try {
      List<Outcome> outcomes = ask.apply(batch.stream().map(Request::example).toList());
      for (int i = 0; i < batch.size(); i++) {
        Request<?> request = batch.get(i);
        Outcome outcome = outcomes.get(i);
        told.add(() -> request.tell(outcome));
        failed += outcome.failure().isPresent() ? 1 : 0;
      }
    } catch (RuntimeException | Error e) { // whoever waits has to hear of it, the thread goes on
      failed = batch.size();
      batch.forEach(request -> told.add(() -> request.answer.completeExceptionally(e)));
    }
    Duration waited = Duration.ofNanos(began - batch.get(0).came);
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    record.done(batch.size(), failed, waited);
    listener.on(new ServingEvent.Answered(batch.size(), failed, waited, took));
    told.forEach(this::tell); // who has an answer finds it counted
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

  /** Ends after the batch that is being answered; those that wait fail. */
  @Override
  public void close() {
    isClosed = true;
    boolean interrupted = false;
    while (worker.isAlive() && Thread.currentThread() != worker) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    callers.shutdown(); // what was told is still heard
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
