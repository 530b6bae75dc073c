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

  /** What lies on the class path where CUDA may have to be unpacked first, which takes minutes. */
  private static final String OF_GPUS =
      "org/tensorflow/internal/c_api/linux-x86_64-gpu/libtensorflow_cc.so.2";

  private final Settings settings;
  private final CompletableFuture<Graft> opening = new CompletableFuture<>();
  private boolean isBegun;

  /** Begins to open it, unless that takes so long that it is better asked for first. */
  OpeningGraft(Settings settings) {
    this.settings = settings;
    if (OpeningGraft.class.getClassLoader().getResource(OF_GPUS) == null) {
      isBegun = true;
      Thread thread = new Thread(this::open, "graft-opening");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void open() {
    try {
      opening.complete(Graft.open(settings));
    } catch (RuntimeException | Error e) {
      opening.completeExceptionally(e);
    }
  }

  /** It, when it is open; fails as {@link Graft#open(Settings)} does. */
  Graft graft() {
    if (!isBegun) {
      isBegun = true;
      open();
    }
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
    if (!isBegun) {
      return;
    }
    Graft graft;
    try {
      graft = opening.join();
    } catch (CompletionException e) {
      return; // whoever asked for it was told, or something else ended this before
    }
    graft.close();
  }
}
