package dev.graft;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.runtime.machine.GpuAdvice;
import dev.graft.runtime.machine.Nvidia;
import dev.graft.words.Note;
import java.util.List;

/**
 * What there is of NVIDIA's cards, and of what computing on them takes.
 *
 * @param driver the version of the driver; empty where it does not answer
 * @param newestCuda the newest CUDA that the driver is for, such as {@code 12.4}; empty where it
 *     does not answer
 * @param cuda where CUDA and cuDNN came from, or why there is none
 * @param cards the cards, whether or not TensorFlow takes them
 * @param advice what is in the way of computing on them, and what to do
 */
public record Gpus(
    String driver, String newestCuda, String cuda, List<Card> cards, List<Note> advice) {

  public Gpus {
    requireNonNull(driver, "driver");
    requireNonNull(newestCuda, "newestCuda");
    requireNonNull(cuda, "cuda");
    cards = List.copyOf(cards);
    advice = List.copyOf(advice);
  }

  /**
   * A card.
   *
   * @param name what NVIDIA calls it
   * @param capability its compute capability
   * @param memory how many bytes it has; 0 where it does not say
   * @param free how many of them nobody has taken
   */
  public record Card(String name, String capability, long memory, long free) {}

  /** Driver and cards alone, which can be asked for where no {@link Graft} can be opened. */
  public static Gpus here() {
    return of(Nvidia.here(), "not looked for", List.of());
  }

  static Gpus of(TensorFlowRuntime runtime) {
    Nvidia here = Nvidia.here();
    return of(here, runtime.cudaInWords(), GpuAdvice.of(runtime, here));
  }

  private static Gpus of(Nvidia here, String cuda, List<Note> advice) {
    return new Gpus(
        here.driver(),
        here.newestCuda(),
        cuda,
        here.cards().stream()
            .map(each -> new Card(each.name(), each.capability(), each.memory(), each.free()))
            .collect(ImmutableList.toImmutableList()),
        advice);
  }
}
