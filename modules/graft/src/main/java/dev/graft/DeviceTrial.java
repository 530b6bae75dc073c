package dev.graft;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.error.ExhaustedException;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Whether training works on a device: some steps of a small network with a convolution and a dense
 * layer, all of whose ops ask for that device, on examples that never change. It tells what is
 * broken, not how fast the device is: the network is too small for that.
 *
 * @param device the device, by TensorFlow's short name, such as {@code GPU:0}
 * @param steps how many steps were done
 * @param seconds how long they took
 * @param before the loss before the first step
 * @param after the loss before the last step
 * @param failure what TensorFlow says if it failed
 */
public record DeviceTrial(
    String device,
    int steps,
    double seconds,
    double before,
    double after,
    Optional<String> failure) {

  private static final int LEAST = 10; // the first of them plans the graph

  public DeviceTrial {
    requireNonNull(device, "device");
    requireNonNull(failure, "failure");
  }

  /** Tries each device that TensorFlow sees by {@code settings}, for about {@code time} each. */
  public static List<DeviceTrial> each(Settings settings, Duration time) {
    return each(settings, time, trial -> {});
  }

  /** As {@link #each(Settings, Duration)}; {@code heard} is told of each trial when it ends. */
  public static List<DeviceTrial> each(
      Settings settings, Duration time, Consumer<DeviceTrial> heard) {
    requireNonNull(settings, "settings");
    requireNonNull(time, "time");
    requireNonNull(heard, "heard");
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(settings.toOptions())) {
      return runtime.devices().stream()
          .map(device -> of(runtime, device, time))
          .peek(heard)
          .collect(ImmutableList.toImmutableList());
    }
  }

  /** Whether the network learned. */
  public boolean holds() {
    return failure.isEmpty() && after < before;
  }

  private static DeviceTrial of(TensorFlowRuntime runtime, String device, Duration time) {
    String name = shortName(device);
    TrialNetwork network = TrialNetwork.on(device, 1);
    int steps = 0;
    double before = Double.NaN;
    double after = Double.NaN;
    long began = System.nanoTime();
    try (GraphSession session = runtime.session(network.graph())) {
      var unused = session.run(Map.of(), List.of(), network.starts());
      PreparedRun step = session.prepare(List.of(), List.of(network.loss()), network.updates());
      while (steps < LEAST || System.nanoTime() - began < time.toNanos()) {
        after = step.run(List.of()).get(0).asDoubles()[0];
        before = steps == 0 ? after : before;
        steps++;
      }
    } catch (TensorFlowException | ExhaustedException e) {
      return new DeviceTrial(
          name, steps, seconds(began), before, after, Optional.of(String.valueOf(e.getMessage())));
    }
    return new DeviceTrial(name, steps, seconds(began), before, after, Optional.empty());
  }

  /** What TensorFlow calls it where it needs no more: {@code GPU:0}. */
  static String shortName(String device) {
    return device.substring(device.lastIndexOf("device:") + "device:".length());
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }
}
