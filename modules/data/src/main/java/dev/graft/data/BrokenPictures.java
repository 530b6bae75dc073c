package dev.graft.data;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.picture.DecodeGraph;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Finds the pictures that begin like pictures and still cannot be decoded. */
@Internal
public final class BrokenPictures implements AutoCloseable {

  private static final int NAMED = 10; // as many as a message names

  private final GraphSession session;
  private final PreparedRun run;

  private BrokenPictures(TensorFlowRuntime runtime) {
    DecodeGraph decode = DecodeGraph.of(thumbnail());
    session = runtime.session(decode.graph());
    try {
      run = session.prepare(List.of(decode.bytes()), List.of(decode.pixels()), List.of());
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** Opens what decodes them: it takes as long as some hundred pictures. */
  public static BrokenPictures open(TensorFlowRuntime runtime) {
    return new BrokenPictures(runtime);
  }

  /** Those of {@code examples} that cannot be decoded, by name. Decodes each one alone. */
  public ImmutableList<String> in(Dataset dataset, int[] examples) {
    return in(dataset, examples, picture -> run.run(List.of(picture)));
  }

  @Override
  public void close() {
    session.close(); // and what was prepared in it
  }

  /** Says of a batch that it holds pictures that cannot be decoded; there may be more of them. */
  @Internal
  public static final class Found extends BadDataException {
    private static final long serialVersionUID = 1L;

    Found(String message) {
      super(message);
    }
  }

  /** As {@link #in(Dataset, int[])}, for once. */
  public static ImmutableList<String> in(
      TensorFlowRuntime runtime, Dataset dataset, int[] examples) {
    try (BrokenPictures opened = open(runtime)) {
      return opened.in(dataset, examples);
    }
  }

  /**
   * Those of {@code examples} of which {@code decode} says that they cannot be decoded. Whatever
   * else it says, that there is no memory for one say, is not the picture's fault.
   */
  static ImmutableList<String> in(Dataset dataset, int[] examples, Consumer<TensorValue> decode) {
    return Arrays.stream(examples)
        .parallel()
        .filter(i -> isBroken(bytes(dataset, i), decode))
        .mapToObj(dataset::name)
        .collect(ImmutableList.toImmutableList());
  }

  private static boolean isBroken(TensorValue picture, Consumer<TensorValue> decode) {
    try {
      decode.accept(picture);
      return false;
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e;
      }
      return true;
    }
  }

  /** All that cannot be decoded, by name. */
  public static ImmutableList<String> in(TensorFlowRuntime runtime, Dataset dataset) {
    return in(runtime, dataset, IntStream.range(0, dataset.size()).toArray());
  }

  /** What to tell the user about {@code broken} pictures, of which there is at least one. */
  public static Found exception(List<String> broken) {
    if (broken.size() == 1) {
      return new Found(
          broken.get(0) + " is damaged or cut short and cannot be decoded. Replace or remove it.");
    }
    int more = broken.size() - NAMED;
    return new Found(
        broken.size()
            + " pictures are damaged or cut short and cannot be decoded:\n  "
            + String.join("\n  ", broken.subList(0, Math.min(NAMED, broken.size())))
            + (more > 0 ? "\n  and " + more + " more" : "")
            + "\nReplace or remove them.");
  }

  private static TensorValue bytes(Dataset dataset, int i) {
    return dataset.batch(new int[] {i}).encoded();
  }

  private static InputSpec thumbnail() {
    return new InputSpec(
        "thumbnail",
        TensorRef.of("thumbnail"),
        DType.FLOAT32,
        Shape.of(Shape.UNKNOWN, 8, 8, 3),
        Optional.of(new InputSpec.Range(0, 255, "as decoded")),
        InputSpec.Channels.RGB,
        InputSpec.Resize.STRETCH);
  }
}
