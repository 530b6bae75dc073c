package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Initializer;
import dev.graft.model.Layer;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.BoxMap;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * The layers of a head for boxes, from the maps of the backbone to its raw answer: the maps brought
 * to as many channels, the coarser ones laid over the finer ones (a feature pyramid, Lin et al.
 * 2017), and on the finest a branch for the centres of boxes and one for how far they reach, as in
 * CenterNet (arXiv 1904.07850) and TTFNet (arXiv 1909.00700).
 */
final class BoxNetwork {

  private static final int CHANNELS = 96;
  private static final double DROPOUT = 0.05;
  private static final int SHARED = 2; // blocks before the branches
  private static final float RARE = -4; // the logit of a centre before anything is learned

  private final GraphEditor editor;
  private final String name;
  private final NewVariables variables;
  private final long seed;
  private final List<Layer> layers = new ArrayList<>();
  private int channels;
  private final Shape map = Shape.of(-1, -1, -1, -1); // rows and columns differ
  private int drawn;

  /**
   * A network in {@code editor}.
   *
   * @param name what its layers' names begin with
   * @param seed what first weights are drawn from
   */
  BoxNetwork(GraphEditor editor, String name, NewVariables variables, long seed) {
    this.editor = editor;
    this.name = name;
    this.variables = variables;
    this.seed = seed;
  }

  /** Its layers, in order. */
  ImmutableList<Layer> layers() {
    return ImmutableList.copyOf(layers);
  }

  /**
   * Adds it.
   *
   * @param maps what it reads, the finest first
   * @param labels how many labels there are
   * @param reach how many cells a usual box reaches from its centre: left, up, right, down
   * @return [N, rows, columns, labels + 4]
   */
  TensorRef on(List<BoxMap> maps, int labels, float... reach) {
    channels = Math.min(CHANNELS, maps.stream().mapToInt(BoxMap::channels).max().orElse(0));
    TensorRef sum = lateral(maps.get(maps.size() - 1));
    for (int i = maps.size() - 2; i >= 0; i--) {
      TensorRef finer = lateral(maps.get(i));
      Scope g = new Scope(editor, name + "_up_" + maps.get(i).stride());
      sum = g.add("AddV2", finer, resized(g, sum, finer));
    }
    TensorRef shared = sum;
    for (int i = 1; i <= SHARED; i++) {
      shared = block(name + "_shared_" + i, shared);
    }
    shared = dropout(name + "_dropout", shared, channels);
    float[] rare = new float[labels];
    Arrays.fill(rare, RARE);
    TensorRef centres = last("_centres", shared, rare);
    TensorRef sides = last("_sides", shared, reach);
    return new Scope(editor, name)
        .op("ConcatV2")
        .inputs(List.of(centres, sides))
        .input(new Scope(editor, name).scalar(-1))
        .output();
  }

  private TensorRef lateral(BoxMap from) {
    String layer = name + "_lateral_" + from.stride();
    TensorRef x = new Scope(editor, layer).cast(from.tensor(), DataType.DT_FLOAT);
    x = dropout(layer + "_dropout", x, from.channels());
    return normed(layer, convolution(layer, x, from.channels(), channels, true));
  }

  /** {@code map} with as many rows and columns as {@code like} has. */
  private static TensorRef resized(Scope g, TensorRef map, TensorRef like) {
    TensorRef size = g.add("Slice", g.add("Shape", like), g.ints(1), g.ints(2));
    return g.op("ResizeBilinear").input(map).input(size).attr("half_pixel_centers", true).output();
  }

  private TensorRef block(String layer, TensorRef x) {
    TensorRef kernel = draw(layer + "_depthwise", "depthwise_kernel", 3, 3, channels, 1);
    TensorRef each =
        new Scope(editor, layer + "_depthwise")
            .op("DepthwiseConv2dNative")
            .input(x)
            .input(kernel)
            .attr("strides", Attrs.ints(1, 1, 1, 1))
            .attr("padding", "SAME")
            .output();
    add(layer + "_depthwise", "DepthwiseConv2D", x, each, channels);
    return normed(layer, convolution(layer, each, channels, channels, true));
  }

  /** A block and the last layer of a branch, whose biases start as {@code start}. */
  private TensorRef last(String branch, TensorRef x, float... start) {
    TensorRef own = block(name + branch + "_block", x);
    String layer = name + branch;
    TensorRef product = convolution(layer, own, channels, start.length, false);
    TensorRef bias = variables.zeros(layer, "bias", DataType.DT_FLOAT, Shape.of(start.length));
    variables.give(layer + "/bias", TensorValue.of(Shape.of(start.length), start));
    TensorRef sum = new Scope(editor, layer).add("BiasAdd", product, bias);
    add(layer, "Conv2D", x, sum, start.length);
    return sum;
  }

  private TensorRef convolution(String layer, TensorRef x, long in, long out, boolean alone) {
    String named = alone ? layer + "_conv" : layer;
    TensorRef y =
        new Scope(editor, named)
            .op("Conv2D")
            .input(x)
            .input(draw(named, "kernel", 1, 1, in, out))
            .attr("strides", Attrs.ints(1, 1, 1, 1))
            .attr("padding", "SAME")
            .output();
    if (alone) {
      add(named, "Conv2D", x, y, out);
    }
    return y;
  }

  private TensorRef normed(String layer, TensorRef x) {
    NormLayer norm = new NormLayer(layer + "_bn", variables, channels);
    TensorRef y = norm.on(editor, x);
    layers.add(norm.layer(x, y, map.dim(-1, channels)));
    TensorRef positive = new Scope(editor, layer).add("Relu", y);
    add(layer + "_relu", "ReLU", y, positive, channels);
    return positive;
  }

  private TensorRef dropout(String layer, TensorRef x, long size) {
    TensorRef kept = new Scope(editor, layer).add("Identity", x);
    add(layer, "SpatialDropout2D", x, kept, size);
    int last = layers.size() - 1;
    layers.set(last, Dropout.ofChannels(layers.get(last), DataType.DT_FLOAT, DROPOUT));
    return kept;
  }

  private TensorRef draw(String layer, String what, long... dims) {
    Initializer usual = what.equals("kernel") ? Initializer.GLOROT_UNIFORM : Initializer.HE_NORMAL;
    return variables.read(
        layer,
        what,
        DataType.DT_FLOAT,
        Shape.of(dims),
        new VariableSource.Initialized(usual, seed + drawn++));
  }

  private void add(String layer, String className, TensorRef in, TensorRef out, long units) {
    layers.add(
        Layer.builder(layer, className)
            .variables(variables.of(layer))
            .tensors(List.of(in), List.of(out), map.dim(-1, units))
            .build());
  }
}
