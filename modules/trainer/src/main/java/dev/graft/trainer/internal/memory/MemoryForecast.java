package dev.graft.trainer.internal.memory;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.graft.runtime.TensorFlowRuntime;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * Foretells how much memory a run will take by what runs of fewer examples took. On the CPU that
 * has to be known beforehand: a run that is too large is not refused there, the system ends the
 * process. A GPU refuses.
 */
public final class MemoryForecast {

  /** So many examples are tried where the system tells nothing of its memory. */
  private static final int UNWATCHED = 64;

  private static final double USABLE = 0.8; // of what is free: others want some, too
  private static final long LOOKS_EVERY = 3; // milliseconds

  private final Optional<LongSupplier> taken; // by this process, now; none where it is not asked
  private final long before;
  private final OptionalLong free; // before
  private long most; // so much more than before was taken
  private int examples; // in a run of so many

  MemoryForecast(Optional<LongSupplier> taken, OptionalLong free) {
    this.taken = taken;
    this.before = taken.map(LongSupplier::getAsLong).orElse(0L);
    this.free = free;
  }

  /** One for runs in {@code runtime}; what is taken from now on is theirs. */
  public static MemoryForecast on(TensorFlowRuntime runtime) {
    if (runtime.computesOnGpu()) {
      return refused();
    }
    LinuxMemory memory = new LinuxMemory(Path.of("/"));
    return new MemoryForecast(
        Optional.of(() -> memory.taken().orElse(0)),
        memory.taken().isPresent() ? memory.free() : OptionalLong.empty());
  }

  /** One for runs where memory that is not there is refused: it warns of none. */
  static MemoryForecast refused() {
    return new MemoryForecast(Optional.empty(), OptionalLong.empty());
  }

  /** Why a run of so many examples is better not begun. */
  public Optional<String> against(int wanted) {
    if (taken.isEmpty()) {
      return Optional.empty();
    }
    if (free.isEmpty()) {
      return wanted <= UNWATCHED
          ? Optional.empty()
          : Optional.of("this system does not tell how much memory it has left");
    }
    double needed = examples == 0 ? 0 : (double) most * wanted / examples;
    double usable = USABLE * free.getAsLong();
    return needed <= usable
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "about %.1f GB would be taken, of %.1f GB that are free",
                needed / 1e9,
                free.getAsLong() / 1e9));
  }

  /** Does a run of so many examples, and notes how much memory it took. */
  public void note(int count, Runnable run) {
    if (taken.isEmpty() || free.isEmpty()) {
      run.run();
      return;
    }
    LongSupplier now = taken.get();
    AtomicBoolean over = new AtomicBoolean();
    Thread looking = new Thread(() -> look(now, over), "graft-memory");
    looking.setDaemon(true);
    long known = most;
    looking.start();
    boolean isDone = false;
    try {
      run.run();
      isDone = true;
    } finally {
      over.set(true);
      Uninterruptibles.joinUninterruptibly(looking);
      if (isDone) {
        examples = count;
      } else {
        most = known; // nobody knows how far it came
      }
    }
  }

  private void look(LongSupplier now, AtomicBoolean over) {
    boolean isLast;
    do {
      isLast = over.get();
      most = Math.max(most, now.getAsLong() - before);
      try {
        Thread.sleep(isLast ? 0 : LOOKS_EVERY);
      } catch (InterruptedException e) {
        return;
      }
    } while (!isLast);
  }
}
