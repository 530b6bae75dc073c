package dev.graft.serving;

import static java.util.Objects.requireNonNull;

import dev.graft.Graft;
import dev.graft.ServeOptions;
import dev.graft.answer.Answer;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.BadDataException;
import dev.graft.error.ClosedException;
import dev.graft.error.GraftException;
import dev.graft.error.TimeLimitException;
import dev.graft.savedmodel.file.Interrupts;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;

/**
 * The newest version of a model, kept open for a service: it answers many threads, several examples
 * in one run where they come together, and changes to a newer version as soon as one is published,
 * without an answer lost or given by two versions. A version that cannot be opened or answer is
 * left alone, and the one before goes on.
 *
 * <pre>{@code
 * try (Graft graft = Graft.open();
 *     Serving serving = Serving.of(graft, Path.of("serving/photos"), ServingOptions.defaults(),
 *         event -> log.info("{}", event))) {
 *   Answer answer = serving.answer(bytes);
 * }
 * }</pre>
 */
public final class Serving implements AutoCloseable {

  private final Counts counts;
  private final CurrentVersion current;
  private final Batches batches;

  private Serving(Counts counts, CurrentVersion current, Batches batches) {
    this.counts = counts;
    this.current = current;
    this.batches = batches;
  }

  /**
   * Opens the newest version that works, and answers from then on. The listener hears of those that
   * had to be left out before this comes back.
   *
   * @param graft what it is opened with; stays open as long as the serving
   * @param base the folder of numbered versions
   * @param listener hears of versions and batches
   * @throws GraftException if there is no version, or none that works, with the cause of each
   */
  public static Serving of(
      Graft graft, Path base, ServingOptions options, ServingListener listener) {
    requireNonNull(graft, "graft");
    requireNonNull(base, "base");
    requireNonNull(options, "options");
    requireNonNull(listener, "listener");
    Counts counts = new Counts(listener);
    ServeOptions model =
        options.model().warmUp(Math.max(options.batch(), options.model().warmUp()));
    NewestWorking newest = new NewestWorking(base, version -> graft.serve(version, model));
    CurrentVersion current = new CurrentVersion(newest, options.poll(), counts);
    try {
      return new Serving(counts, current, new Batches(options, current::ask, counts));
    } catch (RuntimeException | Error e) {
      current.close();
      throw e;
    }
  }

  /** As {@link #answer(Example)}, of an encoded picture: a JPEG, PNG, GIF or BMP file. */
  public Answer answer(byte[] picture) {
    return answer(Example.picture(picture));
  }

  /**
   * What the model says of an example; waits for it.
   *
   * @throws BadDataException if the model cannot take it
   * @throws OverloadException if too many wait already
   * @throws TimeLimitException if it took longer than a call may ({@link ServeOptions#timeout}), or
   *     waited as long behind one that does not end
   * @throws ClosedException if it was closed meanwhile
   * @throws CancellationException if the thread was interrupted; its flag stays set
   */
  public Answer answer(Example example) {
    CompletableFuture<Answer> answer = submit(example);
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      throw Interrupts.cancelled("the thread that waited for an answer was interrupted", e);
    }
  }

  /**
   * As {@link #answer(Example)}, without waiting. Who cancels the result before its turn spares the
   * work.
   *
   * @throws OverloadException if too many wait already
   * @throws ClosedException if it is closed
   */
  public CompletableFuture<Answer> submit(Example example) {
    requireNonNull(example, "example");
    return batches.submit(example, Outcome::orElseThrow);
  }

  /**
   * As {@link #submit(Example)}, with the version that answered. What this version cannot take, or
   * not in its time, ends in an outcome, too; what no version says anything about fails the future.
   */
  public CompletableFuture<Outcome> ask(Example example) {
    requireNonNull(example, "example");
    return batches.submit(example, Function.identity());
  }

  /** As {@link #submit(Example)}, of an encoded picture. */
  public CompletableFuture<Answer> submit(byte[] picture) {
    return submit(Example.picture(picture));
  }

  /** Looks now whether there is a newer version, and takes it; comes back when it answers. */
  public void refresh() {
    current.look(true);
  }

  /**
   * Whether anybody waits for an answer now: who may do other things with this machine meanwhile,
   * as a training, gives way then.
   */
  public boolean isBusy() {
    return batches.isBusy();
  }

  /** The number of the version that answers now; {@link #ask} says which one gave an answer. */
  public long version() {
    return current.number();
  }

  /** What was done until now. */
  public ServingStats stats() {
    return counts.with(current, batches);
  }

  /**
   * Ends after the answers that are being given, or a minute after the time that they may take;
   * whoever waits for a later one hears of it. A version that is just being opened is not waited
   * for.
   */
  @Override
  public void close() {
    batches.close();
    current.close();
  }
}
