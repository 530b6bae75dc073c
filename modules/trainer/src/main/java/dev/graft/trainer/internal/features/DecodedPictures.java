package dev.graft.trainer.internal.features;

import dev.graft.data.BrokenPictures;
import dev.graft.data.Dataset;
import dev.graft.error.BadDataException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Looks through the pictures of a job for those that cannot be decoded, when there is a reason to.
 */
public final class DecodedPictures {

  private static final int AT_ONCE = 64; // between two looks at whether to go on

  private DecodedPictures() {}

  /**
   * Finds out before all the work what would otherwise come out after it: of what is scored once in
   * the end training knows one thing, that it can be.
   *
   * @throws BadDataException if one of {@code examples} is a picture that cannot be decoded
   */
  public static void require(TensorFlowRuntime runtime, Dataset examples, Watch watch) {
    List<String> broken = broken(runtime, "test pictures", examples, watch);
    if (!broken.isEmpty()) {
      throw BrokenPictures.exception(broken);
    }
  }

  /**
   * Returns what to throw where a job ended with {@code e}. If that is a picture that cannot be
   * decoded, all others of the {@code parts} are looked through as well, since whoever mends one
   * wants to know of the rest: a {@link BadDataException} names them, up to ten, and says how many
   * there are.
   */
  public static RuntimeException allNamed(
      RuntimeException e, TensorFlowRuntime runtime, List<Dataset> parts, Watch watch) {
    if (!(e instanceof BrokenPictures.Found)) {
      return e;
    }
    try {
      Set<String> all = new LinkedHashSet<>();
      for (Dataset part : parts) {
        all.addAll(broken(runtime, "all pictures", part, watch));
      }
      return all.isEmpty() ? e : BrokenPictures.exception(List.copyOf(all));
    } catch (RuntimeException other) {
      return other; // it was cancelled meanwhile
    }
  }

  private static List<String> broken(
      TensorFlowRuntime runtime, String what, Dataset examples, Watch watch) {
    List<String> broken = new ArrayList<>();
    if (examples.size() == 0 || !examples.isPictures()) {
      return broken;
    }
    int size = examples.size();
    Pace pace = new Pace(watch, Progress.Phase.FEATURES, what, size, 1);
    try (BrokenPictures opened = BrokenPictures.open(runtime)) {
      for (int start = 0; start < size; start += AT_ONCE) {
        pace.before();
        int end = Math.min(start + AT_ONCE, size);
        broken.addAll(opened.in(examples, IntStream.range(start, end).toArray()));
        pace.advance(end - start);
      }
    }
    return broken;
  }
}
