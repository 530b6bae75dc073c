package dev.graft.trainer.internal.graph;

import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/**
 * A BatchNorm in inference behind a convolution is a factor and a summand for each channel. The
 * factor goes into the filter, the summand becomes a bias, so that a pass over the picture is
 * saved. Both are computed in float64 and rounded once.
 */
final class FoldedNorm {

  private static final OpRegistry OPS = OpRegistry.standard();

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
        && isInference(node)
        && !ends.contains(node.getName())
        && readers.keySet().stream()
            .noneMatch(read -> read.node().equals(node.getName()) && read.index() > 0);
  }

  /** Whether {@code norm} takes the statistics that it is given, not those of a batch. */
  static boolean isInference(NodeDef norm) {
    return !OPS.required(norm, "is_training").getB();
  }

  private void fold(String name) {
    NodeDef norm = editor.node(name);
    NodeDef before = editor.node(Nodes.dataInput(norm, 0).node());
    Optional<NodeDef> biased =
        before.getOp().equals("BiasAdd") ? Optional.of(before) : Optional.empty();
    NodeDef convolution =
        biased.map(sum -> editor.node(Nodes.dataInput(sum, 0).node())).orElse(before);
    if (!OpKinds.isConvolution(convolution.getOp())
        || !isByLastAxis(norm)
        || !isOwn(convolution)
        || !isOwn(before)) {
      return;
    }
    Optional<TensorValue> filter = constant(Nodes.dataInput(convolution, 1));
    Optional<Factors> factors =
        biased.isEmpty()
            ? factors(norm)
            : constant(Nodes.dataInput(before, 1))
                .flatMap(bias -> factors(norm).flatMap(of -> of.after(bias)));
    if (filter.isEmpty() || factors.isEmpty()) {
      return;
    }
    Optional<TensorValue> scaled = factors.get().in(filter.get(), convolution.getOp());
    scaled.ifPresent(weights -> replace(norm, convolution, weights, factors.get().summands()));
  }

  private void replace(
      NodeDef norm, NodeDef convolution, TensorValue weights, TensorValue summands) {
    String name = norm.getName();
    TensorRef folded = editor.constant(name + "/folded", weights);
    TensorRef summand = editor.constant(name + "/summand", summands);
    editor.replace(convolution.toBuilder().setInput(1, folded.asInput()).build());
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

  /** Whether it runs, so is not fed, by the last axis, and only the node after it reads it. */
  private boolean isOwn(NodeDef node) {
    return isByLastAxis(node)
        && needed.contains(node.getName())
        && !ends.contains(node.getName())
        && readers.getOrDefault(TensorRef.of(node.getName()), 0) == 1;
  }

  private static boolean isByLastAxis(NodeDef node) {
    return OPS.required(node, "data_format").getS().toStringUtf8().equals("NHWC")
        && OPS.required(node, "T").getType() == DType.FLOAT32.proto();
  }

  /** What is done to each channel. */
  private record Factors(double[] factor, double[] summand) {

    /** This after {@code bias}; nothing if that has other channels. */
    Optional<Factors> after(TensorValue bias) {
      double[] both = summand.clone();
      double[] own = bias.asDoubles();
      for (int i = 0; i < both.length && own.length == both.length; i++) {
        both[i] += own[i] * factor[i];
      }
      return own.length == both.length ? Optional.of(new Factors(factor, both)) : Optional.empty();
    }

    /** {@code filter} with this in it; nothing if it gives other channels. */
    Optional<TensorValue> in(TensorValue filter, String convolution) {
      Shape shape = filter.shape();
      boolean each = convolution.equals("DepthwiseConv2dNative");
      if (shape.dim(-1) * (each ? shape.dim(-2) : 1) != factor.length) {
        return Optional.empty();
      }
      float[] scaled = filter.floats();
      for (int i = 0; i < scaled.length; i++) { // channels are last, in either kind of filter
        scaled[i] = (float) (scaled[i] * factor[i % factor.length]);
      }
      return Optional.of(TensorValue.of(shape, scaled));
    }

    TensorValue summands() {
      float[] rounded = new float[summand.length];
      for (int i = 0; i < rounded.length; i++) {
        rounded[i] = (float) summand[i];
      }
      return TensorValue.of(Shape.of(rounded.length), rounded);
    }
  }

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
    double epsilon = OPS.required(norm, "epsilon").getF();
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
