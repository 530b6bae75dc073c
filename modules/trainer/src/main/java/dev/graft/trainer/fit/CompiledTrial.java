package dev.graft.trainer.fit;

import static java.util.Comparator.comparingDouble;
import static java.util.Objects.requireNonNull;

import dev.graft.error.ExhaustedException;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Compiled;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions.Xla;
import dev.graft.runtime.StepTrial;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.internal.graph.BesideXla;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What of a step XLA compiles: on a GPU what takes the least time over all steps that there are,
 * compiling included, by a few of each kind; on the CPU nothing, unless it is asked for.
 *
 * @param model over the graph with the training step
 * @param steps how many there will be
 * @param runs how many runs make a step: one for each micro-batch
 * @param run prepares a run in the session that it is given
 */
record CompiledTrial(Model model, long steps, long runs, Function<ModelSession, Runnable> run) {

  private static final int WARM_UP = 2;
  private static final int TIMED = 5;
  private static final int SHAPES = 2; // the last batch of an epoch is compiled by itself

  /**
   * Chooses.
   *
   * @param chosen what was chosen before of precision and kernels
   * @param soFar what a training that goes on had, if it was measured then
   */
  StepTrial on(TensorFlowRuntime runtime, StepTrial chosen, Optional<Compiled> soFar) {
    Xla asked = runtime.options().processor().xla();
    if (asked == Xla.ON) {
      return with(chosen, Compiled.ALL, "compiled by XLA, as asked for");
    }
    if (asked == Xla.OFF || !runtime.computesOnGpu()) {
      return with(chosen, Compiled.NOTHING, "");
    }
    if (soFar.isPresent()) {
      boolean isPlain = soFar.get() == Compiled.NOTHING;
      return with(chosen, soFar.get(), isPlain ? "" : "XLA as it was so far");
    }
    return measured(runtime, chosen);
  }

  /** By a measurement. */
  StepTrial measured(TensorFlowRuntime runtime, StepTrial chosen) {
    Precision precision = chosen.form().precision();
    Map<Compiled, Timed> times = new EnumMap<>(Compiled.class);
    for (Compiled each : Compiled.values()) {
      Model form = BesideXla.in(model, each);
      if (each != Compiled.BUT_DEPTHWISE || form != model) {
        try (ModelSession session = runtime.open(form, precision, each != Compiled.NOTHING)) {
          times.put(each, Timed.of(run.apply(session), runs));
        } catch (TensorFlowException | ExhaustedException e) {
          String failed = "not by XLA, which fails: " + e.getMessage();
          boolean isPlain = each == Compiled.NOTHING;
          return with(chosen, Compiled.NOTHING, isPlain ? "the first step fails" : failed);
        }
      }
    }
    Compiled best = // the first one of equals
        Collections.min(times.keySet(), comparingDouble(each -> whole(each, times)));
    return with(chosen, best, words(best, times));
  }

  /** Seconds of all steps, and of getting ready for them. */
  private double whole(Compiled form, Map<Compiled, Timed> times) {
    Timed timed = requireNonNull(times.get(form));
    double ready = form == Compiled.NOTHING ? 0 : SHAPES * timed.ready();
    return ready + steps * timed.step();
  }

  private String words(Compiled best, Map<Compiled, Timed> times) {
    String how =
        switch (best) {
          case NOTHING -> "not compiled by XLA";
          case ALL -> "compiled by XLA";
          case BUT_DEPTHWISE -> "compiled by XLA but for depthwise convolutions";
        };
    String all =
        times.entrySet().stream()
            .map(each -> words(each.getKey(), each.getValue()))
            .collect(Collectors.joining(", "));
    return String.format(Locale.ROOT, "%s (of %,d steps one takes %s)", how, steps, all);
  }

  private static String words(Compiled form, Timed timed) {
    String ready = String.format(Locale.ROOT, ", after %.0f s", timed.ready());
    return String.format(Locale.ROOT, "%.1f ms ", 1000 * timed.step())
        + switch (form) {
          case NOTHING -> "without";
          case ALL -> "with" + ready;
          case BUT_DEPTHWISE -> "without these" + ready;
        };
  }

  private static StepTrial with(StepTrial chosen, Compiled compiled, String words) {
    return new StepTrial(chosen.form().compiled(compiled), chosen.reason()).and(words);
  }

  /**
   * How long a step takes.
   *
   * @param ready seconds before the first run is over
   * @param step seconds of all runs of a step, then
   */
  private record Timed(double ready, double step) {

    static Timed of(Runnable run, long runs) {
      double ready = 0;
      for (int i = 0; i < WARM_UP; i++) {
        ready += StepTrial.seconds(run);
      }
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < TIMED; i++) {
        least = Math.min(least, StepTrial.seconds(run));
      }
      return new Timed(ready, runs * least);
    }
  }
}
