package dev.graft;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.ExhaustedException;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.words.Note;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Whether XLA compiles a step of training on a device: one of the network of a {@link DeviceTrial},
 * that nobody has compiled before, done so and by TensorFlow's kernels, after which the loss has to
 * be the same. It is tried whatever {@link Settings#xla} says, and takes some seconds.
 *
 * @param device the device, by TensorFlow's short name, such as {@code GPU:0}
 * @param pieces of how many pieces the step was, each compiled as one kernel; 0 if nothing was
 * @param seconds how long compiling and the first step took together
 * @param failure what TensorFlow says if it failed
 * @param advice what is in the way, and what to do; empty if it compiles and computes the same
 */
public record XlaTrial(
    String device, int pieces, double seconds, Optional<String> failure, List<Note> advice) {

  private static final int STEPS = 3;

  public XlaTrial {
    requireNonNull(device, "device");
    requireNonNull(failure, "failure");
    advice = List.copyOf(advice);
  }

  /** Tries each device that TensorFlow sees by {@code settings}. */
  public static List<XlaTrial> each(Settings settings) {
    return each(settings, trial -> {});
  }

  /** As {@link #each(Settings)}; {@code heard} is told of each trial when it ends. */
  public static List<XlaTrial> each(Settings settings, Consumer<XlaTrial> heard) {
    requireNonNull(settings, "settings");
    requireNonNull(heard, "heard");
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(settings.toOptions())) {
      return runtime.devices().stream()
          .map(device -> of(runtime, device, System.getenv()))
          .peek(heard)
          .collect(ImmutableList.toImmutableList());
    }
  }

  /** Whether a step compiles there, and computes the same. */
  public boolean holds() {
    return advice.isEmpty();
  }

  static XlaTrial of(TensorFlowRuntime runtime, String device, Map<String, String> environment) {
    String name = DeviceTrial.shortName(device);
    // of other examples each time: what was compiled before is kept, and would only be read
    TrialNetwork network = TrialNetwork.on(device, System.nanoTime());
    PreparedRun.Pieces pieces = new PreparedRun.Pieces(0, 0);
    double plain = Double.NaN;
    double compiled = Double.NaN;
    Optional<String> failure = Optional.empty();
    long began = System.nanoTime();
    double seconds = 0;
    try (GraphSession usual = runtime.session(network.graph(), false);
        GraphSession by = runtime.session(network.graph(), true)) {
      plain = loss(network, usual);
      began = System.nanoTime();
      var unused = by.run(Map.of(), List.of(), network.starts());
      pieces = step(network, by).pieces(List.of());
      seconds = (System.nanoTime() - began) / 1e9;
      compiled = loss(network, by);
    } catch (TensorFlowException | ExhaustedException e) {
      seconds = (System.nanoTime() - began) / 1e9;
      failure = Optional.of(String.valueOf(e.getMessage()));
    }
    XlaAdvice.Findings found =
        new XlaAdvice.Findings(
            name, failure, pieces.made(), pieces.compiled(), plain, compiled, environment);
    return new XlaTrial(name, pieces.compiled(), seconds, failure, XlaAdvice.of(found));
  }

  private static PreparedRun step(TrialNetwork network, GraphSession session) {
    return session.prepare(List.of(), List.of(network.loss()), network.updates());
  }

  /** The loss before the last of some steps from the start. */
  private static double loss(TrialNetwork network, GraphSession session) {
    var unused = session.run(Map.of(), List.of(), network.starts());
    PreparedRun step = step(network, session);
    double loss = Double.NaN;
    for (int i = 0; i < STEPS; i++) {
      loss = step.run(List.of()).get(0).asDoubles()[0];
    }
    return loss;
  }
}
