package dev.graft.runtime;

import static java.util.Objects.requireNonNull;

import dev.graft.error.ExhaustedException;
import dev.graft.error.Internal;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.runtime.RuntimeOptions.Xla;
import dev.graft.runtime.internal.natives.TensorFloat32;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the steps of a model's training are computed: in the precision that was asked for; for {@link
 * Precision#AUTO} in the faster of float32 and bfloat16, with the faster kernels, on this machine,
 * found by a few steps in each.
 *
 * @param form the precision to open the session with, and the kernels
 * @param reason a sentence for a person; empty if nothing was to be chosen
 */
@Internal
public record StepTrial(StepForm form, String reason) {

  private static final int WARM_UP = 2; // the first run plans the graph
  private static final int STEPS = 5;

  /** So much faster bfloat16 has to be: it costs digits, and a clock is never quite right. */
  private static final double WORTH_IT = 1.1;

  /** The same of other kernels, which cost nothing. */
  private static final double FASTER = 1.02;

  private static final String NO_BFLOAT16 = "float32: this processor does not multiply in bfloat16";

  /**
   * Chooses.
   *
   * @param asked what is to be chosen of
   * @param soFar what a training that goes on had before: another would not end as it would have;
   *     what was found for another device is passed over
   * @param models over the graph with the training step, for all kernels, the same one where these
   *     make no difference; what the trial changes is gone after it
   * @param step prepares a step in the session that it is given; where it fails, so will training,
   *     and say why
   */
  public static StepTrial of(
      TensorFlowRuntime runtime,
      Precision asked,
      Optional<StepForm> soFar,
      Map<Kernels, Model> models,
      Function<ModelSession, Runnable> step) {
    Optional<StepForm> kept = soFar.filter(form -> fits(form, runtime));
    StepTrial chosen = of(runtime, asked, kept.orElse(null), models, step);
    StepForm form = chosen.form().onGpu(runtime.computesOnGpu());
    boolean isOther =
        soFar.isPresent() && kept.isEmpty() && soFar.get().precision() != form.precision();
    return new StepTrial(form, chosen.reason()).and(isOther ? "so far " + soFar.get().words() : "");
  }

  /** This with more of a reason, if there is any. */
  public StepTrial and(String words) {
    String all = reason.isEmpty() || words.isEmpty() ? reason + words : reason + "; " + words;
    return new StepTrial(form, all);
  }

  /** Whether what a training had so far was found for the device that it goes on with. */
  public static boolean fits(StepForm soFar, TensorFlowRuntime runtime) {
    return soFar.onGpu() == runtime.computesOnGpu();
  }

  /** How steps in {@code precision} are computed where nothing is measured. */
  public static StepForm usual(TensorFlowRuntime runtime, Precision precision) {
    boolean onGpu = runtime.computesOnGpu();
    Kernels kernels = onGpu ? Kernels.TENSORFLOW : Kernels.PRODUCTS; // these are for the CPU
    return new StepForm(precision, kernels).onGpu(onGpu);
  }

  private static StepTrial of(
      TensorFlowRuntime runtime,
      Precision asked,
      @Nullable StepForm soFar,
      Map<Kernels, Model> models,
      Function<ModelSession, Runnable> step) {
    boolean onGpu = runtime.computesOnGpu();
    Kernels usual = usual(runtime, asked).kernels();
    if (asked != Precision.AUTO) {
      StepForm form = new StepForm(asked, soFar == null ? usual : soFar.kernels());
      return new StepTrial(form, onGpu ? onGpu(asked) : "");
    }
    if (soFar != null) {
      return new StepTrial(soFar, soFar.precision().words() + ": as it was so far");
    }
    if (onGpu) {
      return new StepTrial(
          new StepForm(Precision.TF32, usual),
          onGpu(Precision.TF32) + "; nothing is measured on GPUs");
    }
    Map<Kernels, Model> some = different(models, usual);
    boolean halves = Processor.hasBfloat16(Processor.extensions());
    if (!halves && some.size() == 1) {
      return new StepTrial(new StepForm(Precision.FLOAT32, usual), NO_BFLOAT16);
    }
    try {
      Timed exact = Timed.of(runtime, Precision.FLOAT32, some, step);
      return halves
          ? faster(exact, Timed.of(runtime, Precision.MIXED_BFLOAT16, some, step))
          : new StepTrial(exact.form(), NO_BFLOAT16 + exact.words());
    } catch (TensorFlowException | ExhaustedException e) {
      return new StepTrial(new StepForm(Precision.FLOAT32, usual), "float32: the first step fails");
    }
  }

  /**
   * Those of {@code models} that differ. Of kernels that compute the same step, those are taken
   * that say what is different: none but TensorFlow's, and none but for groups.
   */
  private static Map<Kernels, Model> different(Map<Kernels, Model> models, Kernels usual) {
    Map<Kernels, Model> some = new EnumMap<>(Kernels.class);
    for (Kernels kernels : List.of(Kernels.TENSORFLOW, Kernels.GROUPED, Kernels.PRODUCTS)) {
      Model model = models.get(kernels);
      if (model != null && !some.containsValue(model)) {
        some.put(kernels, model);
      }
    }
    return some.size() > 1 ? some : Map.of(usual, requireNonNull(models.get(usual)));
  }

  /** Why GPUs multiply float32 as they do, for a person; empty where it is not that. */
  static String onGpu(Precision precision) {
    if (precision == Precision.TF32) {
      return TensorFloat32.forbidden()
          .map(why -> "float32: " + why)
          .orElse(
              "tf32: as TensorFlow has it on GPUs since Ampere, with the range of float32 and three"
                  + " digits in each product");
    }
    if (precision != Precision.FLOAT32) {
      return "";
    }
    Optional<String> overridden = TensorFloat32.overridden();
    if (overridden.isPresent()) {
      return "float32: " + overridden.get();
    }
    return TensorFloat32.isThere()
        ? "float32: TF32 is off, so that figures agree with those of a CPU; tf32 and bfloat16 are"
            + " what GPUs since Ampere are fast in"
        : "float32: TensorFlow's switch for TF32 is not found, so GPUs since Ampere multiply in TF32";
  }

  private static StepTrial faster(Timed exact, Timed fast) {
    double ratio = exact.seconds() / fast.seconds();
    return ratio > WORTH_IT
        ? new StepTrial(
            fast.form(),
            String.format(Locale.ROOT, "bfloat16: %.2f times as fast as float32", ratio)
                + fast.words())
        : new StepTrial(exact.form(), "float32: bfloat16 is no faster here" + exact.words());
  }

  /** The same, for a reason that is known elsewhere. */
  public StepTrial because(String words) {
    return new StepTrial(form, words);
  }

  /** How many seconds {@code step} takes this time. */
  public static double seconds(Runnable step) {
    long began = System.nanoTime();
    step.run();
    return (System.nanoTime() - began) / 1e9;
  }

  /** How long a step takes in one precision, by kernels. */
  private record Timed(Precision precision, Map<Kernels, Double> times) {

    /** Measures in turn: what else the machine does hits all. */
    static Timed of(
        TensorFlowRuntime runtime,
        Precision precision,
        Map<Kernels, Model> models,
        Function<ModelSession, Runnable> step) {
      List<ModelSession> sessions = new ArrayList<>();
      try {
        Map<Kernels, Runnable> steps = new EnumMap<>(Kernels.class);
        models.forEach(
            (kernels, model) -> {
              boolean compiled = runtime.options().processor().xla() == Xla.ON; // as steps will be
              ModelSession opened = runtime.open(model, precision, compiled);
              sessions.add(opened);
              steps.put(kernels, step.apply(opened));
            });
        Map<Kernels, Double> times = new EnumMap<>(Kernels.class);
        for (int i = -WARM_UP; i < STEPS; i++) {
          boolean counts = i >= 0;
          steps.forEach(
              (kernels, run) -> {
                double now = StepTrial.seconds(run);
                if (counts) {
                  times.merge(kernels, now, Math::min);
                }
              });
        }
        return new Timed(precision, times);
      } finally {
        sessions.forEach(ModelSession::close);
      }
    }

    /** The fastest; of those that are about as fast what has fewest of TensorFlow's kernels. */
    StepForm form() {
      double least = times.values().stream().mapToDouble(each -> each).min().orElseThrow();
      Kernels found =
          times.entrySet().stream()
              .filter(each -> each.getValue() <= FASTER * least)
              .map(Map.Entry::getKey)
              .findFirst()
              .orElseThrow();
      return new StepForm(precision, found);
    }

    double seconds() {
      return requireNonNull(times.get(form().kernels()));
    }

    /** Why these kernels, where there were others. */
    String words() {
      if (times.size() == 1) {
        return "";
      }
      String what =
          !times.containsKey(Kernels.GROUPED)
              ? "1x1"
              : times.containsKey(Kernels.PRODUCTS) ? "1x1 and grouped" : "grouped";
      return times.entrySet().stream()
          .map(
              each ->
                  String.format(
                      Locale.ROOT, "%.0f ms a step %s", 1000 * each.getValue(), way(each.getKey())))
          .collect(
              Collectors.joining(
                  ", ",
                  "; gradients of " + what + " convolutions " + way(form().kernels()) + " (",
                  ")"));
    }

    private String way(Kernels kernels) {
      return switch (kernels) {
        case PRODUCTS ->
            "as products of matrices"
                + (times.containsKey(Kernels.GROUPED) ? " and for several groups at once" : "");
        case GROUPED -> "for several groups at once";
        case TENSORFLOW -> "by TensorFlow's kernels";
      };
    }
  }
}
