package dev.graft.surgeon.internal.head;

import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;

/** Puts behind the logits of a head what makes them an answer of its kind. */
final class Activation {

  private static final float SMALLEST_NORM = 1e-12f; // Keras' UnitNormalization, l2_normalize

  private final GraphEditor editor;
  private final String name;
  private final NewVariables variables;

  Activation(GraphEditor editor, String name, NewVariables variables) {
    this.editor = editor;
    this.name = name;
    this.variables = variables;
  }

  /** The answer of a head of this kind with these {@code logits}. */
  TensorRef of(Head.Kind kind, TensorRef logits) {
    return switch (kind) {
      case SINGLE_LABEL -> op("Softmax", logits);
      case MULTI_LABEL -> op("Sigmoid", logits);
      case REGRESSION -> op("Identity", logits);
      case EMBEDDING -> unitLength(logits);
      case BOXES -> throw new IllegalStateException("boxes have answers of their own");
    };
  }

  private TensorRef op(String op, TensorRef logits) {
    return editor.op(op).name(name + "/" + op).input(logits).output();
  }

  /** x / max(|x|, smallest), TensorFlow's l2_normalize. */
  private TensorRef unitLength(TensorRef x) {
    String scope = name + "/l2_normalize";
    TensorRef square = editor.op("Square").name(scope + "/Square").input(x).output();
    TensorRef sum =
        editor
            .op("Sum")
            .name(scope + "/Sum")
            .input(square)
            .input(editor.constant(scope + "/axis", TensorValue.of(Shape.of(1), new int[] {-1})))
            .attr("keep_dims", true)
            .output();
    TensorRef smallest =
        variables.constant(scope + "/smallest", editor.dtype(x), TensorValue.scalar(SMALLEST_NORM));
    TensorRef floor =
        editor.op("Maximum").name(scope + "/Maximum").input(sum).input(smallest).output();
    TensorRef inverse = editor.op("Rsqrt").name(scope + "/Rsqrt").input(floor).output();
    return editor.op("Mul").name(scope).input(x).input(inverse).output();
  }
}
