package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Initializer;
import dev.graft.model.Layer;
import dev.graft.model.SavedFunction;
import dev.graft.model.VariableSource;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import org.tensorflow.proto.DataType;

/**
 * A BatchNormalization over the channels of maps: by its moving statistics in the graph, by the
 * batch in training, where it moves them. Float32.
 */
final class NormLayer {

  private static final float EPSILON = 1e-3f; // Keras' own
  private static final float MOMENTUM = 0.95f; // a head sees a few thousand batches, not millions

  private final String name;
  private final NewVariables variables;
  private final Shape shape;

  NormLayer(String name, NewVariables variables, long channels) {
    this.name = name;
    this.variables = variables;
    this.shape = Shape.of(channels);
  }

  /** {@code x}, [N, rows, columns, channels], normalised by the moving statistics. */
  TensorRef on(GraphEditor editor, TensorRef x) {
    return new Scope(editor, name)
        .op("FusedBatchNormV3")
        .input(x)
        .input(read("gamma", Initializer.ONES))
        .input(read("beta", Initializer.ZEROS))
        .input(read("moving_mean", Initializer.ZEROS))
        .input(read("moving_variance", Initializer.ONES))
        .attr("epsilon", EPSILON)
        .attr("is_training", false)
        .output();
  }

  private TensorRef read(String what, Initializer start) {
    return variables.read(
        name, what, DataType.DT_FLOAT, shape, new VariableSource.Initialized(start, 0));
  }

  /** What is known of it: the layer that reads {@code x} and gives {@code y}. */
  Layer layer(TensorRef x, TensorRef y, Shape map) {
    List<String> own =
        List.of(name + "/gamma", name + "/beta", name + "/moving_mean", name + "/moving_variance");
    return Layer.builder(name, "BatchNormalization")
        .variables(own)
        .tensors(List.of(x), List.of(y), map)
        .behaviour(new Layer.Behaviour.BatchNorm(MOMENTUM, EPSILON, own.get(2), own.get(3)))
        .training(
            new SavedFunction(
                training(), own.stream().map(v -> variables.get(v).handle()).toList()))
        .build();
  }

  private FunctionGraph training() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("inputs", DataType.DT_FLOAT, Shape.unknown());
    List<TensorRef> handles =
        List.of("gamma", "beta", "mean", "variance").stream()
            .map(each -> editor.placeholder(each, DataType.DT_RESOURCE, Shape.scalar()))
            .toList();
    Scope g = new Scope(editor, "norm");
    TensorRef none = g.floats();
    String norm =
        g.op("FusedBatchNormV3")
            .input(x)
            .input(value(g, handles.get(0)))
            .input(value(g, handles.get(1)))
            .input(none)
            .input(none)
            .attr("epsilon", EPSILON)
            .attr("is_training", true)
            .node();
    String mean = moved(g.in("mean"), handles.get(2), new TensorRef(norm, 1));
    String variance = moved(g.in("variance"), handles.get(3), new TensorRef(norm, 2));
    return new FunctionGraph(
        "batch_norm",
        editor.build(),
        ImmutableList.<String>builder()
            .add(x.node())
            .addAll(handles.stream().map(TensorRef::node).toList())
            .build(),
        ImmutableList.of(TensorRef.of(norm)),
        ImmutableList.of("output_0"),
        ImmutableList.of(mean, variance),
        ImmutableMap.of());
  }

  /** Moves a statistic towards that of the batch, as Keras does. */
  private static String moved(Scope g, TensorRef handle, TensorRef ofBatch) {
    TensorRef off = g.add("Sub", value(g, handle), ofBatch);
    TensorRef step = g.add("Mul", off, g.constant(TensorValue.scalar(1 - MOMENTUM)));
    return g.op("AssignSubVariableOp")
        .input(handle)
        .input(step)
        .attr("dtype", DataType.DT_FLOAT)
        .node();
  }

  private static TensorRef value(Scope g, TensorRef handle) {
    return g.op("ReadVariableOp").input(handle).attr("dtype", DataType.DT_FLOAT).output();
  }
}
