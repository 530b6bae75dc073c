package dev.graft.autodiff;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.proto.NodeDef;

/**
 * Shapes in which a size that only a run will tell has a name: a number below -1, the same wherever
 * the size is the same. So it is known that two tensors of {@code [?, 128]} need no broadcasting to
 * meet, though nobody knows how large a batch will be.
 *
 * <p>TensorFlow's own inference finds them: it is asked once with the sizes unknown, and once with
 * a prime number for each. Where it then answers with a size that it could not tell before, that
 * size follows from the primes, and its negative is its name.
 */
final class NamedShapes {

  /** For the leading dimension of every input, which in a model is the batch's. */
  private static final long BATCH = 1009;

  /** For other unknown dimensions of inputs, one after the other. */
  private static final long[] OTHERS = {1013, 1019, 1021, 1031, 1033, 1039};

  private NamedShapes() {}

  /** Infers the shapes of all tensors of {@code graph}, unknown sizes of its inputs being named. */
  static Map<TensorRef, Shape> infer(Graph graph) {
    Map<TensorRef, Shape> plain = ShapeInference.of(graph).shapes();
    Map<String, Shape> all = new HashMap<>();
    Map<String, Shape> leading = new HashMap<>();
    int next = 0;
    for (NodeDef node : graph.nodes()) {
      if (!node.getOp().equals("Placeholder")) {
        continue;
      }
      Shape shape = plain.getOrDefault(new TensorRef(node.getName(), 0), Shape.unknown());
      for (int i = 0; i < shape.rank(); i++) {
        if (shape.dim(i) < 0) {
          if (i == 0) {
            shape = shape.withDim(i, -BATCH);
            leading.put(node.getName(), shape);
          } else if (next < OTHERS.length) {
            shape = shape.withDim(i, -OTHERS[next++]);
          }
          all.put(node.getName(), shape);
        }
      }
    }
    if (all.isEmpty()) {
      return plain;
    }
    Map<TensorRef, Shape> named = named(graph, plain, all);
    return named != plain || next == 0 ? named : named(graph, plain, leading);
  }

  /**
   * As {@link #infer(Graph)}, for a graph whose inputs have shapes that are partly named already.
   *
   * @param inputs shapes by the names of placeholders
   * @throws TensorFlowException if shapes do not fit together
   */
  static Map<TensorRef, Shape> infer(Graph graph, Map<String, Shape> inputs) {
    Map<String, Shape> unnamed = new HashMap<>();
    inputs.forEach((name, shape) -> unnamed.put(name, known(shape)));
    Map<TensorRef, Shape> plain = ShapeInference.of(with(graph, unnamed)).shapes();
    return unnamed.equals(inputs) ? plain : named(graph, plain, inputs);
  }

  /** {@code shape} without names: unknown is unknown. */
  static Shape known(Shape shape) {
    return shape.hasRank() && !shape.isFullyKnown()
        ? Shape.of(Arrays.stream(shape.dims()).map(d -> Math.max(d, Shape.UNKNOWN)).toArray())
        : shape;
  }

  /** Whether every size is known or named. */
  static boolean isDetermined(Shape shape) {
    return shape.hasRank() && Arrays.stream(shape.dims()).noneMatch(d -> d == Shape.UNKNOWN);
  }

  private static Map<TensorRef, Shape> named(
      Graph graph, Map<TensorRef, Shape> plain, Map<String, Shape> inputs) {
    Map<String, Shape> primes = new HashMap<>();
    inputs.forEach((name, shape) -> primes.put(name, probed(shape)));
    Map<TensorRef, Shape> probed;
    try {
      probed = ShapeInference.of(with(graph, primes)).shapes();
    } catch (TensorFlowException e) {
      return plain; // sizes have to do with each other in a way that primes do not
    }
    Map<TensorRef, Shape> named = new HashMap<>(plain);
    plain.forEach(
        (tensor, shape) -> {
          if (shape.hasRank() && !shape.isFullyKnown()) {
            named.put(tensor, name(shape, probed.getOrDefault(tensor, Shape.unknown())));
          }
        });
    return named;
  }

  private static Shape probed(Shape shape) {
    return shape.hasRank()
        ? Shape.of(Arrays.stream(shape.dims()).map(d -> d < -1 ? -d : d).toArray())
        : shape;
  }

  private static Shape name(Shape shape, Shape probed) {
    Shape named = shape;
    for (int i = 0; i < shape.rank() && shape.rank() == probed.rank(); i++) {
      if (shape.dim(i) < 0 && probed.dim(i) >= BATCH) {
        named = named.withDim(i, -probed.dim(i));
      }
    }
    return named;
  }

  private static Graph with(Graph graph, Map<String, Shape> placeholders) {
    GraphEditor editor = graph.edit();
    placeholders.forEach(
        (name, shape) ->
            editor.replace(
                editor.node(name).toBuilder().putAttr("shape", Attrs.of(shape)).build()));
    return editor.build();
  }
}
