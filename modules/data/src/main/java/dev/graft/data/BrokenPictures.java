package dev.graft.data;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.DecodeGraph;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadDataException;
import dev.graft.model.InputSpec;
import dev.graft.model.Internal;
import dev.graft.model.TensorValue;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;

/** Finds the pictures that begin like pictures and still cannot be decoded. */
@Internal
public final class BrokenPictures {

  private static final int NAMED = 10; // as many as a message names

  private BrokenPictures() {}

  /** Those of {@code examples} that cannot be decoded, by name. Decodes each one alone. */
  public static ImmutableList<String> in(
      TensorFlowRuntime runtime, Dataset dataset, int[] examples) {
    DecodeGraph decode = DecodeGraph.of(thumbnail());
    ImmutableList.Builder<String> broken = ImmutableList.builder();
    try (GraphSession session = runtime.session(decode.graph());
        PreparedRun run =
            session.prepare(List.of(decode.bytes()), List.of(decode.pixels()), List.of())) {
      for (int i : examples) {
        try {
          var unused = run.run(List.of(bytes(dataset, i)));
        } catch (TensorFlowException e) {
          if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
            throw e; // out of memory, say: that is not the picture's fault
          }
          broken.add(dataset.name(i));
        }
      }
    }
    return broken.build();
  }

  /** All that cannot be decoded, by name. */
  public static ImmutableList<String> in(TensorFlowRuntime runtime, Dataset dataset) {
    return in(runtime, dataset, IntStream.range(0, dataset.size()).toArray());
  }

  /** What to tell the user about {@code broken} pictures, of which there is at least one. */
  public static BadDataException exception(List<String> broken) {
    int more = broken.size() - NAMED;
    return new BadDataException(
        String.join(", ", broken.subList(0, Math.min(NAMED, broken.size())))
            + (more > 0 ? " and " + more + " more" : "")
            + (broken.size() == 1 ? " is" : " are")
            + " damaged or cut short and cannot be decoded. Replace or remove "
            + (broken.size() == 1 ? "it." : "them."));
  }

  private static TensorValue bytes(Dataset dataset, int i) {
    return dataset.batch(new int[] {i}).encoded();
  }

  private static InputSpec thumbnail() {
    return new InputSpec(
        "thumbnail",
        TensorRef.of("thumbnail"),
        DataType.DT_FLOAT,
        Shape.of(Shape.UNKNOWN, 8, 8, 3),
        Optional.of(new InputSpec.Range(0, 255, "as decoded")),
        InputSpec.Channels.RGB,
        InputSpec.Resize.STRETCH);
  }
}
