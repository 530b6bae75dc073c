package dev.graft.autodiff.internal.engine;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowException;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * Shapes in which a size that only a run will tell has a name: a number below -1, the same wherever
 * the size is the same. So it is known that two tensors of {@code [?, 128]} need no broadcasting to
 * meet, though nobody knows how large a batch will be.
 *
 * <p>TensorFlow's own inference finds them: it is asked once with the sizes unknown, and once with
 * a prime number for each. Where it then answers with a size that it could not tell before, that
 * size follows from the primes, and its negative is its name.
 *
 * <p>A prime may also come about in other ways: the first 1024 of 1009 rows are 1009, and so are
 * 1009 rows padded to at least 512. So it is asked again with many for each size and with few, and
 * tensors keep a name only where these too are the same for all that have it.
 */
public final class NamedShapes {

  /** One for each unknown size of an input; the smallest first. */
  private static final ImmutableList<Long> PRIMES =
      ImmutableList.of(1009L, 1013L, 1019L, 1021L, 1031L, 1033L, 1039L, 1049L, 1051L, 1061L);

  /**
   * More than anyone cuts to; fewer where the graph multiplies sizes and cannot count that far.
   * Divisible by strides, as primes are not: there half of the size, rounded up, is another number.
   */
  private static final ImmutableList<Sizes> MANY =
      ImmutableList.of(new Sizes(40_320, 25), new Sizes(128, 315), new Sizes(16, 130));

  /** Fewer than anyone pads to. */
  private static final Sizes FEW = new Sizes(1, 2);

  private NamedShapes() {}

  /** Sizes to try for the names: multiples of {@code unit}. */
  private record Sizes(long unit, long from) {

    Map<Long, Long> of(Iterable<Long> names) {
      Map<Long, Long> sizes = new HashMap<>();
      names.forEach(name -> sizes.put(name, unit * (from + sizes.size())));
      return sizes;
    }
  }

  /** A dimension of an input whose size only a run will tell. */
  private record Size(String input, int axis) {}

  /**
   * Infers the shapes of all tensors of {@code graph}, unknown sizes of its inputs being named. Two
   * of them have one name only if both lead and the graph does not work otherwise: then they are
   * the batch's. A graph's nodes and its edges, say, may well be of different number.
   */
  public static Map<TensorRef, Shape> infer(Graph graph) {
    Map<TensorRef, Shape> plain = ShapeInference.of(graph).shapes();
    Map<String, Shape> inputs = new LinkedHashMap<>();
    List<Size> sizes = new ArrayList<>();
    for (NodeDef node : graph.nodes()) {
      if (node.getOp().equals("Placeholder")) {
        Shape shape = plain.getOrDefault(new TensorRef(node.getName(), 0), Shape.unknown());
        for (int i = 0; i < shape.rank() && sizes.size() < PRIMES.size(); i++) {
          if (shape.dim(i) < 0) {
            sizes.add(new Size(node.getName(), i));
            inputs.put(node.getName(), shape);
          }
        }
      }
    }
    if (sizes.isEmpty()) {
      return plain;
    }
    Map<Size, Long> names = new LinkedHashMap<>();
    sizes.forEach(size -> names.put(size, PRIMES.get(names.size())));
    return named(graph, plain, with(inputs, names))
        .orElseGet(() -> leading(graph, plain, inputs, sizes));
  }

  /**
   * Names leading sizes only, one after the other: as no other if the graph works with that, else
   * as one before. Other sizes that have to do with each other may be repeated to meet: no name.
   */
  private static Map<TensorRef, Shape> leading(
      Graph graph, Map<TensorRef, Shape> plain, Map<String, Shape> inputs, List<Size> sizes) {
    Map<TensorRef, Shape> found = plain;
    Map<Size, Long> names = new LinkedHashMap<>();
    for (Size size : sizes) {
      Set<Long> candidates = new LinkedHashSet<>(List.of(PRIMES.get(names.size())));
      candidates.addAll(names.values());
      for (long candidate : size.axis() == 0 ? candidates : Set.<Long>of()) {
        names.put(size, candidate);
        Optional<Map<TensorRef, Shape>> named = named(graph, plain, with(inputs, names));
        if (named.isPresent()) {
          found = named.get();
          break;
        }
        names.remove(size);
      }
    }
    return found;
  }

  private static Map<String, Shape> with(Map<String, Shape> inputs, Map<Size, Long> names) {
    Map<String, Shape> named = new HashMap<>(inputs);
    names.forEach(
        (size, name) ->
            named.computeIfPresent(size.input(), (input, shape) -> shape.dim(size.axis(), -name)));
    return named;
  }

  /**
   * As {@link #infer(Graph)}, for a graph whose inputs have shapes that are partly named already.
   *
   * @param inputs shapes by the names of placeholders
   * @throws TensorFlowException if shapes do not fit together
   */
  public static Map<TensorRef, Shape> infer(Graph graph, Map<String, Shape> inputs) {
    Map<String, Shape> unnamed = new HashMap<>();
    inputs.forEach((name, shape) -> unnamed.put(name, known(shape)));
    Map<TensorRef, Shape> plain = ShapeInference.of(with(graph, unnamed)).shapes();
    return unnamed.equals(inputs) ? plain : named(graph, plain, inputs).orElse(plain);
  }

  /** {@code shape} without names: unknown is unknown. */
  static Shape known(Shape shape) {
    return shape.hasRank() && !shape.isFullyKnown()
        ? Shape.of(Arrays.stream(shape.dims()).map(d -> Math.max(d, Shape.UNKNOWN)).toArray())
        : shape;
  }

  /** Whether every size is known or named. */
  public static boolean isDetermined(Shape shape) {
    return shape.hasRank() && Arrays.stream(shape.dims()).noneMatch(d -> d == Shape.UNKNOWN);
  }

  /** Empty if the sizes have to do with each other in a way that these names do not. */
  private static Optional<Map<TensorRef, Shape>> named(
      Graph graph, Map<TensorRef, Shape> plain, Map<String, Shape> inputs) {
    Set<Long> names = new TreeSet<>();
    Map<Long, Long> primes = new HashMap<>();
    for (Shape shape : inputs.values()) {
      for (int i = 0; i < shape.rank(); i++) {
        if (shape.dim(i) < Shape.UNKNOWN) {
          names.add(shape.dim(i));
          primes.put(shape.dim(i), -shape.dim(i));
        }
      }
    }
    Map<TensorRef, Shape> probed = probe(graph, inputs, primes);
    if (probed == null) {
      return Optional.empty();
    }
    Map<TensorRef, Shape> named = new LinkedHashMap<>(plain);
    named.replaceAll((tensor, shape) -> name(shape, probed.getOrDefault(tensor, Shape.unknown())));
    boolean confirmed = false;
    for (int i = 0; i < MANY.size() && !confirmed; i++) {
      confirmed = confirm(named, graph, inputs, MANY.get(i).of(names));
    }
    if (!confirmed) {
      return Optional.empty();
    }
    confirm(named, graph, inputs, FEW.of(names)); // a graph may well need more than so few
    return Optional.of(named);
  }

  /** The shapes if names are sizes; null if the graph does not work with these. */
  private static @Nullable Map<TensorRef, Shape> probe(
      Graph graph, Map<String, Shape> inputs, Map<Long, Long> sizes) {
    Map<String, Shape> sized = new HashMap<>(inputs);
    sized.replaceAll(
        (input, shape) ->
            shape.hasRank()
                ? Shape.of(Arrays.stream(shape.dims()).map(d -> sizes.getOrDefault(d, d)).toArray())
                : shape);
    try {
      return ShapeInference.of(with(graph, sized)).shapes();
    } catch (TensorFlowException e) {
      return null;
    }
  }

  private static Shape name(Shape shape, Shape probed) {
    Shape named = shape;
    for (int i = 0; i < shape.rank() && shape.rank() == probed.rank(); i++) {
      if (shape.dim(i) < 0 && probed.dim(i) >= PRIMES.get(0)) {
        named = named.dim(i, -probed.dim(i));
      }
    }
    return named;
  }

  /**
   * Takes back the names of what is of different size when inputs are of {@code sizes}; false if
   * the graph does not work with these.
   */
  private static boolean confirm(
      Map<TensorRef, Shape> named, Graph graph, Map<String, Shape> inputs, Map<Long, Long> sizes) {
    Map<TensorRef, Shape> probed = probe(graph, inputs, sizes);
    if (probed == null) {
      return false;
    }
    Map<Long, Long> found = new HashMap<>(sizes); // what follows from the inputs joins
    named.replaceAll(
        (tensor, shape) -> confirmed(shape, probed.getOrDefault(tensor, Shape.unknown()), found));
    return true;
  }

  private static Shape confirmed(Shape shape, Shape probed, Map<Long, Long> sizes) {
    Shape confirmed = shape;
    for (int i = 0; i < shape.rank(); i++) {
      long name = shape.dim(i);
      if (name < Shape.UNKNOWN) {
        long size = probed.hasRank() ? probed.dim(i) : Shape.UNKNOWN;
        boolean follows = size != Shape.UNKNOWN && size != -name; // else a constant's doing
        if (!follows || sizes.computeIfAbsent(name, n -> size) != size) {
          confirmed = confirmed.dim(i, Shape.UNKNOWN);
        }
      }
    }
    return confirmed;
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
