package dev.graft.trainer.internal.step;

import com.google.common.collect.ImmutableMap;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import dev.graft.trainer.optimizer.Gradients;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.DataType;

/**
 * Gradients that were taken of a multiple of the loss, divided again, with a guard that leaves the
 * update out if any of them is no finite number.
 */
final class UnscaledGradients {

  private UnscaledGradients() {}

  /**
   * Divides {@code scaled}, and guards it.
   *
   * @param scale by which the loss was multiplied, float64
   * @param finite the guard of the loss, which is asked first: where the loss itself is no number,
   *     that is what has to be told
   */
  static StepGradients of(StepGradients scaled, TensorRef scale, String finite) {
    GraphEditor editor = scaled.graph().edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/scale"));
    TensorRef share = g.add("Reciprocal", scale);
    Map<DataType, TensorRef> shares = new EnumMap<>(DataType.class); // each once
    ImmutableMap.Builder<Variable, Gradient> divided = ImmutableMap.builder();
    List<TensorRef> areFinite = new ArrayList<>();
    scaled
        .gradients()
        .forEach(
            (variable, gradient) -> {
              Gradient whole = WholeWeights.gradient(g, variable, gradient); // then divided
              Gradient own =
                  Gradients.map(
                      whole,
                      x ->
                          g.add(
                              "Mul",
                              x,
                              shares.computeIfAbsent(
                                  g.editor().dtype(x), dtype -> g.cast(share, dtype))));
              TensorRef each = g.add("IsFinite", Gradients.numbers(own));
              areFinite.add(g.add("All", g.add("Reshape", each, g.ints(-1)), g.ints(0)));
              divided.put(variable, own);
            });
    TensorRef all = g.add("All", g.addList("Pack", areFinite), g.ints(0));
    TensorRef number = g.add("SelectV2", all, g.scalar(0f), g.scalar(Float.NaN));
    String guard =
        g.op("CheckNumerics")
            .attr("message", TrainingGraph.LEFT_OUT)
            .input(number)
            .after(List.of(finite))
            .node();
    return scaled.with(editor.build(), divided.buildOrThrow()).guardedBy(guard);
  }
}
