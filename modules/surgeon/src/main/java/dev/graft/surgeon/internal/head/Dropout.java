package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Layer;
import dev.graft.model.SavedFunction;
import dev.graft.tensor.Shape;
import org.tensorflow.proto.DataType;

/**
 * What a dropout layer does in training: the same numbers as Keras' layer, of finite ones. In
 * inference it hands on.
 */
final class Dropout {

  private Dropout() {}

  /**
   * {@code layer}, which hands on one tensor, as dropout.
   *
   * @param dtype of that tensor
   * @param rate the share that is dropped; what stays is scaled up, so that the mean stays too
   */
  static Layer in(Layer layer, DataType dtype, double rate) {
    return in(layer, "Dropout", training(dtype, rate, false), rate);
  }

  /** As {@link #in(Layer, DataType, double)} for maps, of which channels are dropped as a whole. */
  static Layer ofChannels(Layer layer, DataType dtype, double rate) {
    return in(layer, "SpatialDropout2D", training(dtype, rate, true), rate);
  }

  private static Layer in(Layer layer, String kind, FunctionGraph training, double rate) {
    return layer.toBuilder()
        .behaviour(new Layer.Behaviour.Noise(kind, rate))
        .training(new SavedFunction(training, ImmutableList.of()))
        .build();
  }

  private static FunctionGraph training(DataType dtype, double rate, boolean channels) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("inputs", dtype, Shape.unknown());
    Scope g = new Scope(editor, "dropout");
    TensorRef shape = g.add("Shape", x);
    if (channels) {
      TensorRef each = g.bools(Shape.of(4), true, false, false, true);
      shape = g.add("SelectV2", each, shape, g.ints(1, 1, 1, 1));
    }
    OpBuilder uniform = g.op("RandomUniform").input(shape).attr("dtype", dtype);
    TensorRef kept = g.add("GreaterEqual", uniform.output(), g.scalarLike(x, rate));
    TensorRef scale = g.scalarLike(x, 1 / (1 - rate));
    TensorRef none = g.scalarLike(x, 0);
    TensorRef result = // of channels the maps are large, and what they are scaled by is small
        channels
            ? g.add("Mul", x, g.add("SelectV2", kept, scale, none))
            : g.add("SelectV2", kept, g.add("Mul", x, scale), none);
    return new FunctionGraph(
        "dropout",
        editor.build(),
        ImmutableList.of(x.node()),
        ImmutableList.of(result),
        ImmutableList.of("output_0"),
        ImmutableList.of(),
        ImmutableMap.of());
  }
}
