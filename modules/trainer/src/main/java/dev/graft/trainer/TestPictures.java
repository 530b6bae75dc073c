package dev.graft.trainer;

import dev.graft.data.Batch;
import dev.graft.data.BrokenPictures;
import dev.graft.data.Dataset;
import dev.graft.model.BadDataException;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.List;
import java.util.stream.IntStream;

/** Of what is scored once in the end training knows one thing: that it can be. */
final class TestPictures {

  private static final int AT_ONCE = 64; // between two looks at whether to go on

  private TestPictures() {}

  /**
   * Finds out before all the work what would otherwise come out after it.
   *
   * @throws BadDataException if one of {@code examples} is a picture that cannot be decoded
   */
  static void requireDecodable(TensorFlowRuntime runtime, Dataset examples, Callbacks callbacks) {
    if (!examples.inputNames().contains(Batch.ENCODED)) {
      return;
    }
    int size = examples.size();
    Pace pace = new Pace(callbacks, Progress.Phase.FEATURES, "test pictures", size, 1);
    for (int start = 0; start < size; start += AT_ONCE) {
      pace.before();
      int end = Math.min(start + AT_ONCE, size);
      int[] some = IntStream.range(start, end).toArray();
      List<String> broken = BrokenPictures.in(runtime, examples, some);
      if (!broken.isEmpty()) {
        throw BrokenPictures.exception(broken);
      }
      pace.advance(end - start);
    }
  }
}
