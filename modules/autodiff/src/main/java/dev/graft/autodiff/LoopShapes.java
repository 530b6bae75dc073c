package dev.graft.autodiff;

import dev.graft.graph.FunctionGraph;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * The shapes of the tensors in a body, for all steps. A loop variable starts with its initial
 * shape; what a step makes larger or smaller is unknown from then on, until a step changes nothing.
 */
final class LoopShapes {

  private final Ops t;
  private final FunctionGraph body;
  private final Set<Integer> invariant;
  private final List<TensorRef> inputs;

  LoopShapes(Backprop op, Ops t, FunctionGraph body, Set<Integer> invariant) {
    this(op.inputs(), t, body, invariant);
  }

  LoopShapes(List<TensorRef> inputs, Ops t, FunctionGraph body, Set<Integer> invariant) {
    this.inputs = inputs;
    this.t = t;
    this.body = body;
    this.invariant = invariant;
  }

  Shapes infer() {
    if (!t.knowsShapes()) {
      return Shapes.NONE;
    }
    List<Shape> assumed = new ArrayList<>();
    for (TensorRef input : inputs) {
      assumed.add(t.shapeOf(input));
    }
    for (int round = 0; ; round++) {
      Map<TensorRef, Shape> found = inferWith(assumed);
      boolean stable = true;
      for (int i = 0; i < assumed.size(); i++) {
        Shape before = assumed.get(i);
        if (!invariant.contains(i)) {
          Shape after = found.getOrDefault(body.results().get(i), Shape.unknown());
          Shape both = round < 4 ? common(before, after) : Shape.unknown();
          stable &= both.equals(before);
          assumed.set(i, both);
        }
      }
      if (stable) {
        return Shapes.of(found);
      }
    }
  }

  /** What holds of both. */
  private static Shape common(Shape a, Shape b) {
    if (!a.hasRank() || a.rank() != b.rank()) {
      return Shape.unknown();
    }
    Shape both = a;
    for (int i = 0; i < a.rank(); i++) {
      if (a.dim(i) != b.dim(i)) {
        both = both.withDim(i, Shape.UNKNOWN);
      }
    }
    return both;
  }

  private Map<TensorRef, Shape> inferWith(List<Shape> shapes) {
    GraphEditor editor = body.graph().edit();
    for (int i = 0; i < shapes.size(); i++) {
      NodeDef placeholder = editor.node(body.arguments().get(i));
      NodeDef.Builder known = placeholder.toBuilder();
      if (placeholder.getAttrOrThrow("dtype").getType() == DataType.DT_RESOURCE) {
        NodeDef variable = t.variable(inputs.get(i));
        if (variable != null) { // only from the variable itself do its reads get a shape
          known = variable.toBuilder().setName(placeholder.getName()).clearInput();
          known.removeAttr("_class");
        }
      } else {
        known.putAttr("shape", dev.graft.graph.Attrs.of(shapes.get(i)));
      }
      editor.replace(known.build());
    }
    try {
      Graph graph = editor.build();
      return ShapeInference.of(graph).shapes();
    } catch (TensorFlowException e) {
      return Map.of(); // shapes are only a help
    }
  }
}
