package dev.graft.runtime;

import dev.graft.error.ExhaustedException;
import dev.graft.error.Internal;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions.Device;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Which precision a model trains in: that of the runtime; for {@link Precision#AUTO} the faster of
 * float32 and bfloat16 on this machine, found by a few steps in each.
 *
 * @param precision what to open the session with
 * @param reason a sentence for a person; empty if nothing was to be chosen
 */
@Internal
public record PrecisionTrial(Precision precision, String reason) {

  private static final int WARM_UP = 2; // the first run plans the graph
  private static final int STEPS = 5;

  /** So much faster bfloat16 has to be: it costs digits, and a clock is never quite right. */
  private static final double WORTH_IT = 1.1;

  private static final Set<String> BFLOAT16_FLAGS = Set.of("avx512_bf16", "amx_bf16");

  /**
   * Chooses.
   *
   * @param soFar what a training that goes on had before: another would not end as it would have
   * @param model over the graph with the training step; what the trial changes is gone after it
   * @param step prepares a step in the session that it is given; where it fails, so will training,
   *     and say why
   */
  public static PrecisionTrial of(
      TensorFlowRuntime runtime,
      Optional<Precision> soFar,
      Model model,
      Function<ModelSession, Runnable> step) {
    RuntimeOptions options = runtime.options();
    if (options.compute().precision() != Precision.AUTO) {
      return new PrecisionTrial(options.compute().precision(), "");
    }
    if (soFar.isPresent()) {
      Precision precision = soFar.get();
      return new PrecisionTrial(
          precision,
          (precision == Precision.FLOAT32 ? "float32" : "bfloat16") + ": as it was so far");
    }
    if (!Processor.extensions().stream().anyMatch(BFLOAT16_FLAGS::contains)) {
      return new PrecisionTrial(
          Precision.FLOAT32, "float32: this processor does not multiply in bfloat16");
    }
    if (options.device() != Device.CPU
        && runtime.devices().stream().anyMatch(device -> device.contains(":GPU:"))) {
      return new PrecisionTrial(Precision.FLOAT32, "float32: bfloat16 is for training on the CPU");
    }
    double exact = Double.POSITIVE_INFINITY;
    double fast = Double.POSITIVE_INFINITY;
    try (ModelSession inFloat =
            runtime.open(model, options.compute().precision(Precision.FLOAT32));
        ModelSession inBfloat =
            runtime.open(model, options.compute().precision(Precision.MIXED_BFLOAT16))) {
      Runnable exactStep = step.apply(inFloat);
      Runnable fastStep = step.apply(inBfloat);
      for (int i = -WARM_UP; i < STEPS; i++) { // in turn: what else the machine does hits both
        double exactNow = seconds(exactStep);
        double fastNow = seconds(fastStep);
        if (i >= 0) {
          exact = Math.min(exact, exactNow);
          fast = Math.min(fast, fastNow);
        }
      }
    } catch (TensorFlowException | ExhaustedException e) {
      return new PrecisionTrial(Precision.FLOAT32, "float32: the first step fails");
    }
    return exact > WORTH_IT * fast
        ? new PrecisionTrial(
            Precision.MIXED_BFLOAT16,
            String.format(Locale.ROOT, "bfloat16: %.2f times as fast as float32", exact / fast))
        : new PrecisionTrial(Precision.FLOAT32, "float32: bfloat16 is no faster here");
  }

  private static double seconds(Runnable step) {
    long began = System.nanoTime();
    step.run();
    return (System.nanoTime() - began) / 1e9;
  }
}
