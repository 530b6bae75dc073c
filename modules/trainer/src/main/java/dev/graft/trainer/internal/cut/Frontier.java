package dev.graft.trainer.internal.cut;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Variable;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowException;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.graph.StatelessRandom;
import dev.graft.trainer.internal.task.InputBinding;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * Where the frozen part of a network ends: the tensors that it hands to the part that trains. They
 * need to be computed only once for each example. One for each way in: what it knows of the graph's
 * shapes takes TensorFlow to find out.
 */
public final class Frontier {

  private static final long EXAMPLES = 5040; // a network can divide it by what it likes
  private static final long SIZE = 32; // of what else is open: a picture's height, a text's length

  private final InputBinding entry;
  private final Predicate<TensorRef> probe;
  private final Graph graph;
  private final KnownShapes shapes;
  private final KnownShapes ofExamples; // in a batch of that many
  private final Set<String> fromInput; // nodes whose value depends on the example
  private final Set<String> inputs;

  private Frontier(
      InputBinding entry, Predicate<TensorRef> probe, KnownShapes shapes, KnownShapes ofExamples) {
    this.entry = entry;
    this.probe = probe;
    this.graph = entry.graph();
    this.shapes = shapes;
    this.ofExamples = ofExamples;
    this.inputs = new HashSet<>(entry.tensors().stream().map(TensorRef::node).toList());
    this.fromInput = graph.downstream(inputs);
  }

  private static ShapeInference ofExamples(InputBinding entry, ShapeInference shapes) {
    GraphEditor editor = entry.graph().edit();
    for (TensorRef rows : entry.rows()) {
      long[] dims = shapes.shape(rows).hasRank() ? shapes.shape(rows).dims() : new long[0];
      if (dims.length > 0 && dims[0] == Shape.UNKNOWN) {
        Arrays.setAll(dims, i -> dims[i] != Shape.UNKNOWN ? dims[i] : i == 0 ? EXAMPLES : SIZE);
        String name = editor.uniqueName("graft/examples");
        editor.redirect(rows, editor.placeholder(name, shapes.dtype(rows), Shape.of(dims)));
      }
    }
    try {
      return ShapeInference.of(editor.build());
    } catch (TensorFlowException e) {
      return shapes; // the network takes no such sizes
    }
  }

  /** As the other form, where what inference does not know counts as of something else. */
  public static Frontier of(InputBinding entry) {
    return of(entry, tensor -> false);
  }

  /**
   * That of the graph that {@code entry} leads into.
   *
   * @param probe finds out whether a tensor has a row for each example, where TensorFlow's
   *     inference does not know how many it has: behind a loop, or where it depends on the data
   */
  public static Frontier of(InputBinding entry, Predicate<TensorRef> probe) {
    ShapeInference shapes = ShapeInference.of(entry.graph());
    return new Frontier(
        entry, probe, KnownShapes.of(shapes), KnownShapes.of(ofExamples(entry, shapes)));
  }

  /** As {@link #of}, where the shapes are known already, and it takes no TensorFlow. */
  public static Frontier of(InputBinding entry, Predicate<TensorRef> probe, KnownShapes shapes) {
    return new Frontier(entry, probe, shapes, shapes);
  }

  /**
   * The shape of what {@code tensor} holds for one example, if it is known to have a row for each;
   * behind a loop that is taken for true where there are positions, too.
   */
  public Optional<Shape> ofEach(TensorRef tensor) {
    Shape all = ofExamples.shape(tensor);
    Shape shape = shapes.shape(tensor);
    boolean ofExamples =
        all.rank() >= 1
            && (all.dim(0) == EXAMPLES || (all.dim(0) == Shape.UNKNOWN && all.rank() >= 3));
    return ofExamples && shape.rank() == all.rank()
        ? Optional.of(Shape.of(Arrays.copyOfRange(shape.dims(), 1, shape.rank())))
        : Optional.empty();
  }

  /** The way in that it was made for. */
  public InputBinding entry() {
    return entry;
  }

  /**
   * The tensors at which the graph can be cut so that {@code answers} can be computed from them and
   * no variable of {@code training} lies before them.
   *
   * @param answers what training needs, the logits
   * @param training the variables that train
   */
  public ImmutableList<TensorRef> cut(
      Collection<TensorRef> answers, Collection<Variable> training) {
    return cut(answers, training.stream().map(Variable::node).collect(Collectors.toSet()));
  }

  /**
   * As {@link #cut}, where no step is like the one before it.
   *
   * @param layers those that behave as in training: what they read is before the cut, or at it, as
   *     is what ops read that draw random numbers
   */
  public ImmutableList<TensorRef> cutOfSteps(
      Collection<TensorRef> answers, Collection<Variable> training, Collection<Layer> layers) {
    Set<String> starts = new HashSet<>();
    training.forEach(variable -> starts.add(variable.node()));
    layers.forEach(layer -> starts.addAll(starts(layer)));
    starts.addAll(StatelessRandom.outsideLoops(graph));
    return cut(answers, starts);
  }

  /** What a layer does first: others may read the same tensor, as the rest of a backbone does. */
  private Set<String> starts(Layer layer) {
    Set<String> own = graph.upstream(layer.outputs().stream().map(TensorRef::node).toList());
    return layer.inputs().stream()
        .flatMap(input -> graph.consumers(input.node()).stream())
        .filter(reader -> own.isEmpty() || own.contains(reader))
        .collect(Collectors.toSet());
  }

  /**
   * How many bytes {@code tensor} has for each example; 0 where that is not known, as of texts:
   * such is only cut at an input.
   */
  public long bytes(TensorRef tensor) {
    Shape shape = shapes.shape(tensor);
    DataType dtype = shapes.dtype(tensor);
    boolean known = shape.rank() > 0 && shape.dim(0, 1).isFullyKnown();
    return known && dtype != DataType.DT_STRING
        ? shape.dim(0, 1).elements() * TensorValue.size(DType.of(dtype))
        : 0;
  }

  /** How many bytes {@code tensors} have for so many examples. */
  public long bytes(Collection<TensorRef> tensors, long examples) {
    return tensors.stream().mapToLong(tensor -> examples * bytes(tensor)).sum();
  }

  private ImmutableList<TensorRef> cut(Collection<TensorRef> answers, Set<String> starts) {
    Set<String> needed = graph.upstream(answers.stream().map(TensorRef::node).toList());
    Set<String> active = new HashSet<>(graph.downstream(starts)); // differs from step to step
    active.retainAll(needed);
    Set<TensorRef> cut = new LinkedHashSet<>();
    Set<String> seen = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>(answers);
    while (!open.isEmpty()) {
      TensorRef tensor = open.pop();
      String node = tensor.node();
      if (!fromInput.contains(node)) {
        continue; // a constant or a weight
      }
      if (inputs.contains(node) || (!active.contains(node) && isCacheable(tensor))) {
        cut.add(tensor);
      } else if (seen.add(node)) {
        open.addAll(read(graph.node(node)));
      }
    }
    return ImmutableList.sortedCopyOf(cut);
  }

  private static List<TensorRef> read(NodeDef node) {
    return Nodes.dataInputs(node);
  }

  /**
   * Whether {@code tensor} holds one row of known size for each example. Masks, shapes and lengths
   * are computed again instead: that is cheap, and they may belong to the batch, not the example.
   */
  private boolean isCacheable(TensorRef tensor) {
    Shape shape = shapes.shape(tensor);
    return DType.of(shapes.dtype(tensor)).isFloating()
        && shape.rank() >= 1
        && shape.dim(0) == Shape.UNKNOWN
        && shape.dim(0, 1).isFullyKnown()
        && isOfExamples(tensor);
  }

  /** Not so where rows are those of a sequence or a window: Reshape to [-1, ...] makes them. */
  private boolean isOfExamples(TensorRef tensor) {
    Shape shape = ofExamples.shape(tensor);
    boolean known = shape.rank() >= 1 && shape.dim(0) != Shape.UNKNOWN;
    return known ? shape.dim(0) == EXAMPLES : probe.test(tensor);
  }
}
