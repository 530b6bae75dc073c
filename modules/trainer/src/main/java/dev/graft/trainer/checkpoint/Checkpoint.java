package dev.graft.trainer.checkpoint;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Doubles;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.runtime.Compute.Compiled;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.Compute.StepForm;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.savedmodel.checkpoint.TensorBundleWriter;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.Optional;

/**
 * All that a killed training needs to go on: in one TensorFlow checkpoint, numbers and sentences
 * beside the weights, so that {@code tf.train.load_checkpoint} reads it, too.
 *
 * @param identity what is trained on what, and how
 * @param stage which stretch of fine-tuning comes next or is under way, from 0; the head is trained
 * @param kept the last stretch whose outcome was kept; -1 if the head alone is best so far
 * @param decisions what was decided so far
 * @param trained the values by which the best model so far differs from the one at the start
 * @param loop where the loop of that stretch stands, if it is under way
 */
@Internal
public record Checkpoint(
    RunIdentity identity,
    int stage,
    int kept,
    ImmutableList<String> decisions,
    ImmutableMap<String, TensorValue> trained,
    Optional<LoopState> loop) {

  private static final String CPU = "CPU"; // by what a step is computed
  private static final String GPU = "GPU";
  private static final String TRAINED = "trained/";
  private static final String BEST = "loop/best/";
  private static final String VALUES = "loop/values/";

  /** Writes it to {@code prefix}, through to the disk. */
  void write(Path prefix) {
    try (TensorBundleWriter out = TensorBundleWriter.create(prefix)) {
      out.add("run/model", TensorValue.scalar(identity.model()));
      out.add("run/data", TensorValue.scalar(identity.data()));
      out.add("run/recipe", TensorValue.scalar(identity.recipe()));
      out.add("run/machine", TensorValue.scalar(identity.machine()));
      out.add("run/pictures", TensorValue.scalar(identity.pictures().get()));
      out.add("run/stage", TensorValue.scalar(stage));
      out.add("run/kept", TensorValue.scalar(kept));
      out.add("run/decisions", TensorValue.texts(Shape.of(decisions.size()), decisions));
      trained.forEach((name, value) -> out.add(TRAINED + name, value));
      loop.ifPresent(
          state -> {
            out.add("loop/precision", TensorValue.scalar(state.form().precision().name()));
            out.add("loop/kernels", TensorValue.scalar(state.form().kernels().name()));
            out.add("loop/compiled", TensorValue.scalar(state.form().compiled().name()));
            out.add("loop/device", TensorValue.scalar(state.form().onGpu() ? GPU : CPU));
            out.add("loop/batch", TensorValue.scalar(state.batch()));
            Counters at = state.counters();
            out.add(
                "loop/counters",
                longs(at.batches(), at.updates(), at.schedule(), at.draws(), state.lossCount()));
            state
                .scale()
                .ifPresent(
                    scale -> {
                      out.add("loop/scale", numbers(scale.value()));
                      out.add("loop/scaled_steps", longs(scale.good(), scale.skipped()));
                    });
            out.add(
                "loop/scores", numbers(state.lossSum(), state.bestScore(), state.bestOfEpochs()));
            out.add("loop/validation_losses", numbers(Doubles.toArray(state.validationLosses())));
            out.add("loop/since_best", TensorValue.scalar(state.sinceBest()));
            state.best().forEach((name, value) -> out.add(BEST + name, value));
            state.values().forEach((name, value) -> out.add(VALUES + name, value));
          });
      out.finish();
    }
  }

  private static TensorValue numbers(double... values) {
    return TensorValue.of(Shape.of(values.length), values);
  }

  private static TensorValue longs(long... values) {
    return TensorValue.of(Shape.of(values.length), values);
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws BadModelException if it is damaged
   */
  static Checkpoint read(Path prefix) {
    TensorBundle in = TensorBundle.open(prefix);
    if (in.entry("loop/step").isPresent()) {
      throw BadModelException.inFile(
          prefix.toString(),
          "the checkpoint "
              + prefix
              + " was written by an earlier version of Graft, which counted otherwise; begin a new"
              + " run, or go on with that version.",
          null);
    }
    String pictures = in.entry("run/pictures").isPresent() ? string(in, "run/pictures") : "";
    RunIdentity identity =
        new RunIdentity(
            string(in, "run/model"),
            string(in, "run/data"),
            string(in, "run/recipe"),
            machine(in),
            () -> pictures);
    Optional<LoopState> loop = Optional.empty();
    if (in.entry("loop/counters").isPresent()) {
      double[] scores = in.read("loop/scores").doubles();
      long[] at = in.read("loop/counters").longs();
      loop =
          Optional.of(
              new LoopState(
                  form(in),
                  batch(in),
                  new Counters(at[0], at[1], at[2], at[3]),
                  scale(in),
                  scores[0],
                  at[4],
                  ImmutableList.copyOf(Doubles.asList(in.read("loop/validation_losses").doubles())),
                  scores[1],
                  scores[2],
                  in.read("loop/since_best").ints()[0],
                  under(in, BEST),
                  under(in, VALUES)));
    }
    return new Checkpoint(
        identity,
        in.read("run/stage").ints()[0],
        in.read("run/kept").ints()[0],
        ImmutableList.copyOf(in.read("run/decisions").texts()),
        under(in, TRAINED),
        loop);
  }

  /**
   * The recipe of one that {@link #write} wrote; of all else nothing is read.
   *
   * @throws BadModelException if that is damaged
   */
  static String recipe(Path prefix) {
    return string(TensorBundle.open(prefix), "run/recipe");
  }

  /** Earlier versions told the device that was asked for, and computed on the CPU. */
  private static String machine(TensorBundle in) {
    return string(in, "run/machine").replace("device AUTO", "device CPU");
  }

  private static StepForm form(TensorBundle in) {
    boolean saysKernels = in.entry("loop/kernels").isPresent(); // else there was no choice
    return new StepForm(
        Precision.valueOf(string(in, "loop/precision")),
        saysKernels ? Kernels.valueOf(string(in, "loop/kernels")) : Kernels.PRODUCTS,
        in.entry("loop/compiled").isPresent()
            ? Compiled.valueOf(string(in, "loop/compiled"))
            : Compiled.NOTHING,
        in.entry("loop/device").isPresent() // earlier versions had only the CPU
            && string(in, "loop/device").equals(GPU));
  }

  /** Earlier versions did not say it, since they were always told it. */
  private static int batch(TensorBundle in) {
    return in.entry("loop/batch").isPresent() ? in.read("loop/batch").ints()[0] : 0;
  }

  private static Optional<LossScale> scale(TensorBundle in) {
    if (in.entry("loop/scale").isEmpty()) {
      return Optional.empty();
    }
    long[] steps = in.read("loop/scaled_steps").longs();
    return Optional.of(
        new LossScale(in.read("loop/scale").doubles()[0], Math.toIntExact(steps[0]), steps[1]));
  }

  private static String string(TensorBundle in, String key) {
    return in.read(key).texts().get(0);
  }

  private static ImmutableMap<String, TensorValue> under(TensorBundle in, String prefix) {
    ImmutableMap.Builder<String, TensorValue> values = ImmutableMap.builder();
    for (String key : in.keys()) {
      if (key.startsWith(prefix)) {
        values.put(key.substring(prefix.length()), in.read(key));
      }
    }
    return values.buildOrThrow();
  }
}
