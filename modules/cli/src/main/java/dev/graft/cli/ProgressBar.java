package dev.graft.cli;

import dev.graft.trainer.listener.Progress;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far training has come: one line that is drawn over on a terminal; elsewhere a plain
 * line now and then in a long phase, and one when such a phase ends.
 */
final class ProgressBar {

  private static final int WIDTH = 20;
  private static final long DRAW_EVERY = 100_000_000L; // ns
  private static final long QUICK = 1_000_000_000L; // ns
  private static final long LINE_EVERY = 10_000_000_000L; // ns

  private final Terminal terminal;
  private final LongSupplier clock; // ns
  private long last;
  private long readSince;
  private boolean unfinished; // the last plain line says that there is more to come
  private Progress.Phase phase = Progress.Phase.FEATURES;

  ProgressBar(Terminal terminal) {
    this(terminal, System::nanoTime);
  }

  ProgressBar(Terminal terminal, LongSupplier clock) {
    this.terminal = terminal;
    this.clock = clock;
    this.last = clock.getAsLong();
  }

  void show(Progress progress) {
    long now = clock.getAsLong();
    boolean finished = progress.done() >= progress.total();
    boolean begun = progress.phase() != phase;
    phase = progress.phase();
    if (phase == Progress.Phase.READ) {
      readSince = progress.done() == 0 ? now : readSince;
      if (now - readSince < QUICK) {
        return; // over before anybody asks what is going on
      }
    }
    if (terminal.isInteractive()) {
      if (finished) {
        terminal.clear();
      } else if (begun || now - last > DRAW_EVERY) {
        last = now;
        terminal.draw(text(progress));
      }
    } else if (finished ? unfinished : now - last > LINE_EVERY) {
      last = now;
      unfinished = !finished;
      terminal.line(text(progress));
    }
  }

  static String text(Progress progress) {
    double share =
        progress.total() == 0 ? 1 : Math.min(1, (double) progress.done() / progress.total());
    int full = (int) Math.round(share * WIDTH);
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%-9s %s%s %3d%%  %d of %d %s",
            name(progress.phase()),
            "━".repeat(full),
            "╌".repeat(WIDTH - full),
            Math.round(100 * share),
            progress.done(),
            progress.total(),
            progress.unit()));
    if (progress.epoch() > 0) {
      text.append("  epoch ").append(progress.epoch());
    }
    progress.loss().ifPresent(l -> text.append(String.format(Locale.ROOT, "  loss %.3f", l)));
    progress.validation().ifPresent(v -> text.append(String.format(Locale.ROOT, "  val %.3f", v)));
    text.append(String.format(Locale.ROOT, "  %.0f img/s", progress.perSecond()));
    progress.left().ifPresent(left -> text.append("  ").append(clock(left)).append(" left"));
    return text.toString();
  }

  private static String name(Progress.Phase phase) {
    return switch (phase) {
      case READ -> "reading";
      case FEATURES -> "features";
      case HEAD -> "head";
      case FINE_TUNE -> "top";
      case EVALUATE -> "test";
    };
  }

  static String clock(Duration time) {
    long seconds = Math.round(time.toMillis() / 1000.0);
    return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
  }
}
