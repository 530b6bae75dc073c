package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.DataType;

/** Gives a {@link PictureModel} layers and the functions that Keras saves beside signatures. */
final class SavedFunctions {

  private SavedFunctions() {}

  static Model addTo(Model model) {
    SavedFunction penalty = squares(model);
    Layer dense =
        Layer.builder("dense", "Dense")
            .children(List.of(Layer.of("inner", "")))
            .variables(List.of("dense/kernel", "dense/bias"))
            .tensors(List.of(), List.of(model.heads().get(0).logits()), Shape.of(-1, 2))
            .behaviour(new Layer.Behaviour.Noise("Dropout", 0.25))
            .training(penalty)
            .config("{\"units\": 2}")
            .build();
    Layer norm =
        Layer.builder("norm", "BatchNormalization")
            .behaviour(new Layer.Behaviour.BatchNorm(0.99, 1e-3, "dense/bias", "dense/bias"))
            .build();
    return model.toBuilder()
        .layers(List.of(dense, norm))
        .penalties(List.of(penalty))
        .step("replaceHead", ImmutableMap.of("labels", "day, night"))
        .build();
  }

  /** The sum of squares of the kernel. */
  private static SavedFunction squares(Model model) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef handle = editor.placeholder("Resource", DataType.DT_RESOURCE, Shape.scalar());
    Scope g = new Scope(editor, "Loss");
    TensorRef read = g.op("ReadVariableOp").input(handle).attr("dtype", DataType.DT_FLOAT).output();
    TensorRef sum = g.add("Sum", g.add("Square", read), g.ints(0, 1));
    FunctionGraph body =
        new FunctionGraph(
            "loss",
            editor.build(),
            ImmutableList.of("Resource"),
            ImmutableList.of(sum),
            ImmutableList.of(SavedFunction.PENALTY + "0"),
            ImmutableList.of(),
            ImmutableMap.of());
    return new SavedFunction(body, ImmutableList.of(model.variables().get(0).handle()));
  }

  /** What the model's first penalty gives. */
  static float penalty(TensorFlowRuntime runtime, Model model) {
    SavedFunction penalty = model.penalties().get(0);
    GraphEditor editor = model.graph().edit();
    GraphEditor.Splice splice =
        editor.splice(
            penalty.body().graph(),
            "penalty",
            Map.of(penalty.body().arguments().get(0), penalty.captures().get(0)));
    TensorRef value = splice.of(penalty.body().results().get(0));
    try (ModelSession session = runtime.open(model, editor.build())) {
      return session.graph().run(Map.of(), List.of(value), List.of()).get(0).floats()[0];
    }
  }
}
