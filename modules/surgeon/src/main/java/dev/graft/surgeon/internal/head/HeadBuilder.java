package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Layer;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.internal.analysis.SequenceMask;
import dev.graft.tensor.Shape;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tensorflow.proto.DataType;

/**
 * Adds the nodes of a new head to a graph. The same head can be put on several tensors (one for
 * each signature of the model); its variables are made once.
 */
final class HeadBuilder {

  private final GraphEditor editor;
  private final HeadSpec spec;
  private final String name;
  private final NewVariables variables;
  private final List<Layer> layers = new ArrayList<>();
  private String multiply = "MatMul"; // BatchMatMulV2 multiplies each position by the same kernel
  private Shape rest = Shape.unknown();

  HeadBuilder(GraphEditor editor, HeadSpec spec, String name, NewVariables variables) {
    this.editor = editor;
    this.spec = spec;
    this.name = name;
    this.variables = variables;
  }

  /** The shape of the answer to the head as it was put on last. */
  Shape answer(Head head) {
    return rest.dim(-1, head.units());
  }

  /** The layers of the head as it was put on last, in order. */
  List<Layer> layers() {
    return layers;
  }

  /**
   * Puts the head on {@code features}.
   *
   * @param features floating, of rank 2 at least
   * @param shape their shape; the last dimension has to be known
   * @param mask which positions are padding, which the mean and the maximum leave out
   */
  Head on(TensorRef features, Shape shape, Optional<SequenceMask> mask) {
    layers.clear();
    TensorRef x = floating(features);
    boolean positions = spec.pooling() == HeadSpec.Pooling.NONE && shape.rank() > 2;
    this.multiply = positions ? "BatchMatMulV2" : "MatMul";
    this.rest = positions ? shape : Shape.of(Shape.UNKNOWN, Shape.UNKNOWN);
    x = pool(x, shape, mask);
    long size = spec.pooling() == HeadSpec.Pooling.FLATTEN ? flat(shape) : shape.dim(-1);
    for (int i = 0; i < spec.hidden().size(); i++) {
      int units = spec.hidden().get(i);
      String layer = name + "_hidden_" + (i + 1);
      TensorRef sum = dense(layer, x, size, units, i + 1);
      TensorRef relu = editor.op("Relu").name(layer + "/Relu").input(sum).output();
      add(Layer.builder(layer, "Dense").variables(kernelAndBias(layer)).build(), x, relu, units);
      x = relu;
      size = units;
    }
    if (spec.dropout() > 0) {
      String layer = name + "_dropout";
      TensorRef kept = editor.op("Identity").name(layer + "/Identity").input(x).output();
      add(Layer.of(layer, "Dropout"), x, kept, size);
      int last = layers.size() - 1;
      layers.set(last, Dropout.in(layers.get(last), editor.dtype(x), spec.dropout()));
      x = kept;
    }
    TensorRef logits = spec.units() == 0 ? x : dense(name, x, size, spec.units(), 0);
    TensorRef output = new Activation(editor, name, variables).of(spec.kind(), logits);
    int units = spec.units() == 0 ? (int) size : spec.units();
    add(
        spec.units() == 0
            ? Layer.of(name, "UnitNormalization")
            : Layer.builder(name, "Dense").variables(kernelAndBias(name)).build(),
        x,
        output,
        units);
    return new Head(name, spec.kind(), spec.labels(), features, logits, output, units);
  }

  /** Half precision ends at the head, as Keras advises: softmax over halves loses small logits. */
  private TensorRef floating(TensorRef features) {
    return switch (editor.dtype(features)) {
      case DT_HALF, DT_BFLOAT16 ->
          editor
              .op("Cast")
              .name(name + "/Cast")
              .input(features)
              .attr("DstT", DataType.DT_FLOAT)
              .output();
      default -> features;
    };
  }

  /** Whether a mean or maximum over positions is taken of features with {@code shape}. */
  static boolean isOverPositions(HeadSpec spec, Shape shape) {
    return shape.rank() > 2
        && switch (spec.pooling()) {
          case AUTO, AVERAGE, MAX -> true;
          case NONE, FIRST, FLATTEN -> false;
        };
  }

  private TensorRef pool(TensorRef x, Shape shape, Optional<SequenceMask> mask) {
    int positions = shape.rank() - 2;
    if (positions < 1) {
      requireNoPooling();
      return x;
    }
    if (spec.pooling() == HeadSpec.Pooling.NONE) {
      return x;
    }
    String layer = name + "_pool";
    String dims = positions + "D";
    PoolingLayer pooling = new PoolingLayer(editor, layer, x, shape.rank(), mask);
    TensorRef pooled =
        switch (spec.pooling()) {
          case AUTO, AVERAGE -> pooling.mean();
          case MAX -> pooling.max();
          case FIRST -> pooling.first();
          case NONE -> x;
          case FLATTEN -> pooling.flat(flat(shape));
        };
    String className =
        switch (spec.pooling()) {
          case AUTO, AVERAGE -> "GlobalAveragePooling" + dims;
          case MAX -> "GlobalMaxPooling" + dims;
          case FIRST, NONE -> "TFOpLambda";
          case FLATTEN -> "Flatten";
        };
    long size = spec.pooling() == HeadSpec.Pooling.FLATTEN ? flat(shape) : shape.dim(-1);
    add(Layer.of(layer, className), x, pooled, size);
    return pooled;
  }

  /** A wish for pooling that nothing came of is told. */
  private void requireNoPooling() {
    switch (spec.pooling()) {
      case AUTO, NONE -> {}
      case AVERAGE, MAX, FIRST, FLATTEN ->
          throw new BadRequestException(
              "there is nothing to pool: the new head reads a vector, which has no positions"
                  + " (any more); cut at a layer before the model's own pooling, or leave pooling"
                  + " out.",
              Remedy.CUT);
    }
  }

  private static long flat(Shape shape) {
    long product = 1;
    for (int i = 1; i < shape.rank(); i++) {
      if (shape.dim(i) < 0) {
        throw new BadRequestException(
            "the features "
                + shape
                + " cannot be flattened, since their number of positions is not fixed; pool them"
                + " by AVERAGE or MAX.");
      }
      product *= shape.dim(i);
    }
    return product;
  }

  private TensorRef dense(String layer, TensorRef x, long in, long out, int draw) {
    DataType dtype = editor.dtype(x);
    TensorRef kernel =
        variables.read(
            layer,
            "kernel",
            dtype,
            Shape.of(in, out),
            new VariableSource.Initialized(spec.initializer(), spec.seed() + draw));
    TensorRef bias = variables.zeros(layer, "bias", dtype, Shape.of(out));
    TensorRef product = editor.op(multiply).name(layer + "/MatMul").input(x).input(kernel).output();
    return editor.op("BiasAdd").name(layer + "/BiasAdd").input(product).input(bias).output();
  }

  private ImmutableList<String> kernelAndBias(String layer) {
    return variables.of(layer);
  }

  private void add(Layer layer, TensorRef in, TensorRef out, long units) {
    layers.add(layer.toBuilder().tensors(List.of(in), List.of(out), rest.dim(-1, units)).build());
  }
}
