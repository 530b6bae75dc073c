package dev.graft.trainer.internal.head;

import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;

/**
 * Features brought to mean 0 and about equal spread, and the way back.
 *
 * <p>A feature is divided by {@code sqrt(variance + SHARE * mean variance)}: by its own deviation,
 * but a feature that hardly moves in the training examples is not blown up, since in an example not
 * seen it may well move.
 *
 * @param features float32 [N, features]
 * @param mean [features], what was subtracted
 * @param scale [features], what was then multiplied by
 */
record Standardization(TensorValue features, TensorValue mean, TensorValue scale) {

  private static final float SHARE = 0.1f;
  private static final float SMALLEST = 1e-12f; // for features that are all constant

  /** A head for the features as they were. */
  record Folded(TensorValue kernel, TensorValue bias) {}

  /** Standardises {@code raw} features [N, features]. */
  static Standardization of(TensorFlowRuntime runtime, TensorValue raw) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "");
    TensorRef x = editor.placeholder("raw", raw.dtype().proto(), raw.shape());
    TensorRef mean = g.add("Mean", x, g.ints(0));
    TensorRef variance = g.add("Mean", g.add("SquaredDifference", x, mean), g.ints(0));
    TensorRef share =
        g.add("Mul", g.add("Mean", variance, g.ints(0)), g.scalarLike(variance, SHARE));
    TensorRef scale =
        g.add(
            "Rsqrt",
            g.add("Maximum", g.add("AddV2", variance, share), g.scalarLike(share, SMALLEST)));
    TensorRef standard = g.add("Mul", g.add("Sub", x, mean), scale);
    try (GraphSession session = runtime.session(editor.build())) {
      List<TensorValue> values =
          session.run(Map.of(x, raw), List.of(standard, mean, scale), List.of());
      return new Standardization(values.get(0), values.get(1), values.get(2));
    }
  }

  /**
   * A head on standardised features, rewritten for the raw ones: {@code ((x - mean) * scale) W + b
   * = x (scale W) + (b - (mean * scale) W)}.
   */
  Folded fold(TensorFlowRuntime runtime, TensorValue kernel, TensorValue bias) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "");
    TensorRef w = editor.placeholder("kernel", kernel.dtype().proto(), kernel.shape());
    TensorRef b = editor.placeholder("bias", bias.dtype().proto(), bias.shape());
    TensorRef m = editor.placeholder("mean", mean.dtype().proto(), mean.shape());
    TensorRef s = editor.placeholder("scale", scale.dtype().proto(), scale.shape());
    TensorRef folded = g.add("Mul", w, g.add("ExpandDims", s, g.scalar(1)));
    TensorRef moved = g.add("MatMul", g.add("ExpandDims", m, g.scalar(0)), folded);
    TensorRef offset = g.op("Squeeze").input(moved).attr("squeeze_dims", Attrs.ints(0)).output();
    TensorRef newBias = g.add("Sub", b, offset);
    try (GraphSession session = runtime.session(editor.build())) {
      List<TensorValue> values =
          session.run(
              Map.of(w, kernel, b, bias, m, mean, s, scale), List.of(folded, newBias), List.of());
      return new Folded(values.get(0), values.get(1));
    }
  }
}
