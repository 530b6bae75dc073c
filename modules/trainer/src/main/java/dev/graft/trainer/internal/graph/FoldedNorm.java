package dev.graft.trainer.internal.graph;

import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * A BatchNorm in inference behind a convolution is a factor and a summand for each channel. The
 * factor goes into the filter, the summand becomes a bias, so that a pass over the picture is
 * saved. Both are computed in float64 and rounded once.
 */
final class FoldedNorm {

  private static final OpRegistry OPS = OpRegistry.standard();
  private static final Set<String> CONVOLUTIONS = Set.of("Conv2D", "DepthwiseConv2dNative");
  private static final String LAYOUT = "data_format";

  private final GraphEditor editor;
  private final Collection<String> needed;
  private final Set<String> ends;
  private final Map<TensorRef, Integer> readers = new HashMap<>();

  private FoldedNorm(GraphEditor editor, Collection<String> needed, Set<String> ends) {
    this.editor = editor;
    this.needed = needed;
    this.ends = ends;
    for (String name : needed) {
      Nodes.dataInputs(editor.node(name)).forEach(input -> readers.merge(input, 1, Integer::sum));
    }
  }

  /**
   * Folds what can be in {@code editor}'s graph.
   *
   * @param needed the nodes that run; nobody else reads them
   * @param ends those of them whose outputs are wanted as they are
   */
  static void in(GraphEditor editor, Collection<String> needed, Set<String> ends) {
    FoldedNorm folded = new FoldedNorm(editor, needed, ends);
    needed.stream().filter(name -> folded.isNorm(editor.node(name))).forEach(folded::fold);
  }

  private boolean isNorm(NodeDef node) {
    return node.getOp().startsWith("FusedBatchNorm")
        && !attr(node, "is_training").getB()
        && !ends.contains(node.getName())
        && readers.keySet().stream()
            .noneMatch(read -> read.node().equals(node.getName()) && read.index() > 0);
  }

  private static AttrValue attr(NodeDef node, String name) {
    AttrValue value = OPS.attr(node, name);
    return value == null ? AttrValue.getDefaultInstance() : value;
  }

  private void fold(String name) {
    NodeDef norm = editor.node(name);
    NodeDef before = editor.node(Nodes.dataInput(norm, 0).node());
    boolean biased = before.getOp().equals("BiasAdd");
    NodeDef convolution = biased ? editor.node(Nodes.dataInput(before, 0).node()) : before;
    if (!CONVOLUTIONS.contains(convolution.getOp())
        || !isOnlyFor(convolution)
        || biased && !isOnlyFor(before)
        || !isByLastAxis(convolution)
        || !isByLastAxis(norm)
        || biased && !isByLastAxis(before)) {
      return;
    }
    Optional<TensorValue> filter = constant(Nodes.dataInput(convolution, 1));
    Optional<TensorValue> bias = biased ? constant(Nodes.dataInput(before, 1)) : Optional.empty();
    Optional<Factors> factors = factors(norm);
    if (filter.isEmpty() || factors.isEmpty() || biased && bias.isEmpty()) {
      return;
    }
    TensorValue kernel = filter.get();
    int channels = factors.get().factor().length;
    int rank = kernel.shape().rank();
    boolean each = convolution.getOp().equals("DepthwiseConv2dNative");
    long made = kernel.shape().dim(rank - 1) * (each ? kernel.shape().dim(rank - 2) : 1);
    if (made != channels || bias.isPresent() && bias.get().shape().elements() != channels) {
      return;
    }
    float[] scaled = kernel.floats();
    for (int i = 0; i < scaled.length; i++) { // channels are last, in either kind of filter
      scaled[i] = (float) (scaled[i] * factors.get().factor()[i % channels]);
    }
    float[] added = new float[channels];
    for (int i = 0; i < channels; i++) {
      double own = bias.isPresent() ? bias.get().floats()[i] : 0;
      added[i] = (float) (factors.get().summand()[i] + own * factors.get().factor()[i]);
    }
    TensorRef weights = editor.constant(name + "/folded", TensorValue.of(kernel.shape(), scaled));
    TensorRef summand =
        editor.constant(name + "/summand", TensorValue.of(Shape.of(channels), added));
    editor.replace(convolution.toBuilder().setInput(1, weights.asInput()).build());
    NodeDef.Builder sum =
        NodeDef.newBuilder()
            .setName(name)
            .setOp("BiasAdd")
            .addInput(convolution.getName())
            .addInput(summand.asInput())
            .putAttr("T", Attrs.of(DType.FLOAT32.proto()));
    norm.getInputList().stream().filter(Nodes::isControl).forEach(sum::addInput);
    editor.replace(sum.build());
  }

  /** Whether it runs, so is not fed, and nobody but the node that is folded reads it. */
  private boolean isOnlyFor(NodeDef node) {
    return needed.contains(node.getName())
        && !ends.contains(node.getName())
        && readers.getOrDefault(TensorRef.of(node.getName()), 0) == 1;
  }

  private static boolean isByLastAxis(NodeDef node) {
    return attr(node, LAYOUT).getS().toStringUtf8().equals("NHWC")
        && attr(node, "T").getType() == DType.FLOAT32.proto();
  }

  private record Factors(double[] factor, double[] summand) {}

  /** What the norm does to each channel, if its weights are constants. */
  private Optional<Factors> factors(NodeDef norm) {
    double[][] given = new double[4][]; // scale, offset, mean, variance
    for (int i = 0; i < given.length; i++) {
      Optional<TensorValue> value = constant(Nodes.dataInput(norm, i + 1));
      if (value.isEmpty()) {
        return Optional.empty();
      }
      given[i] = value.get().asDoubles();
      if (given[i].length != given[0].length) {
        return Optional.empty();
      }
    }
    double epsilon = attr(norm, "epsilon").getF();
    double[] factor = new double[given[0].length];
    double[] summand = new double[factor.length];
    for (int i = 0; i < factor.length; i++) {
      factor[i] = given[0][i] / Math.sqrt(given[3][i] + epsilon);
      summand[i] = given[1][i] - given[2][i] * factor[i];
    }
    return Optional.of(new Factors(factor, summand));
  }

  private Optional<TensorValue> constant(TensorRef tensor) {
    NodeDef node = Nodes.behindIdentity(editor.node(tensor.node()), editor::node);
    if (!node.getOp().equals("Const")
        || node.getAttrOrThrow("dtype").getType() != DType.FLOAT32.proto()) {
      return Optional.empty();
    }
    return Optional.of(TensorValue.from(node.getAttrOrThrow("value").getTensor()));
  }
}
