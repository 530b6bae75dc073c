package dev.graft.cli;

import static java.util.Objects.requireNonNullElse;

import com.google.common.base.Throwables;
import dev.graft.Graft;
import dev.graft.Settings;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * TensorFlow, whose native code takes a third of a second to load, in a thread of its own while
 * this one reads model and pictures.
 */
final class OpeningGraft implements AutoCloseable {

  private final CompletableFuture<Graft> opening = new CompletableFuture<>();

  /** Begins to open it. */
  OpeningGraft(Settings settings) {
    Thread thread = new Thread(() -> open(settings), "graft-opening");
    thread.setDaemon(true);
    thread.start();
  }

  private void open(Settings settings) {
    try {
      opening.complete(Graft.open(settings));
    } catch (RuntimeException | Error e) {
      opening.completeExceptionally(e);
    }
  }

  /** It, when it is open; fails as {@link Graft#open(Settings)} does. */
  Graft graft() {
    try {
      return opening.join();
    } catch (CompletionException e) {
      Throwables.throwIfUnchecked(requireNonNullElse(e.getCause(), e));
      throw e;
    }
  }

  /**
   * Closes it. A process that ends while native code is being loaded might crash, so this waits.
   */
  @Override
  public void close() {
    opening.handle((graft, failure) -> graft).thenAccept(OpeningGraft::closed).join();
  }

  private static void closed(Graft graft) {
    if (graft != null) {
      graft.close();
    }
  }
}
