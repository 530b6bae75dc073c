package dev.graft.cli;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.graft.Graft;
import dev.graft.Settings;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * TensorFlow, whose native code takes a third of a second to load, in a thread of its own while
 * this one reads model and pictures.
 */
final class OpeningGraft implements AutoCloseable {

  /** What lies on the class path where CUDA may have to be unpacked first, which takes minutes. */
  static final String OF_GPUS =
      "org/tensorflow/internal/c_api/linux-x86_64-gpu/libtensorflow_cc.so.2";

  private final FutureTask<Graft> opening;
  private boolean isBegun;

  /** Begins to open it, unless that takes so long that it is better asked for first. */
  OpeningGraft(Settings settings) {
    opening = new FutureTask<>(() -> Graft.open(settings));
    if (OpeningGraft.class.getClassLoader().getResource(OF_GPUS) == null) {
      isBegun = true;
      Thread thread = new Thread(opening, "graft-opening");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** It, when it is open; fails as {@link Graft#open(Settings)} does. */
  Graft graft() {
    isBegun = true;
    opening.run(); // which does nothing where it was begun
    try {
      return requireNonNull(Uninterruptibles.getUninterruptibly(opening));
    } catch (ExecutionException e) {
      Throwables.throwIfUnchecked(requireNonNullElse(e.getCause(), e));
      throw new IllegalStateException(e);
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
      graft = requireNonNull(Uninterruptibles.getUninterruptibly(opening));
    } catch (ExecutionException e) {
      return; // whoever asked for it was told, or something else ended this before
    }
    graft.close();
  }
}
