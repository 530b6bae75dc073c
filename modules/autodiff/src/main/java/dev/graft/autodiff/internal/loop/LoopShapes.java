package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.NamedShapes;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.runtime.TensorFlowException;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
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
      assumed.add(t.namedShapeOf(input));
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
        both = both.dim(i, Shape.UNKNOWN);
      }
    }
    return both;
  }

  private Map<TensorRef, Shape> inferWith(List<Shape> shapes) {
    GraphEditor editor = body.graph().edit();
    Map<String, Shape> known = new HashMap<>();
    for (int i = 0; i < shapes.size(); i++) {
      NodeDef placeholder = editor.node(body.arguments().get(i));
      if (placeholder.getAttrOrThrow("dtype").getType() == DataType.DT_RESOURCE) {
        NodeDef variable = t.variable(inputs.get(i));
        if (variable != null) { // only from the variable itself do its reads get a shape
          editor.replace(
              variable.toBuilder()
                  .setName(placeholder.getName())
                  .clearInput()
                  .removeAttr("_class")
                  .build());
        }
      } else {
        known.put(placeholder.getName(), shapes.get(i));
      }
    }
    elements()
        .forEach(
            (reader, shape) -> {
              NodeDef.Builder element = NodeDef.newBuilder().setName(reader).setOp("Placeholder");
              element.putAttr("dtype", body.graph().node(reader).getAttrOrThrow("element_dtype"));
              editor.replace(element.build());
              known.put(reader, shape);
            });
    try {
      return NamedShapes.infer(editor.build(), known);
    } catch (TensorFlowException e) {
      return Map.of(); // shapes are only a help
    }
  }

  /** What reads an element of a list that was made of a tensor before the loop. */
  private Map<String, Shape> elements() {
    Map<String, Shape> found = new HashMap<>();
    for (int i : invariant) {
      NodeDef list = Nodes.behindIdentity(t.editor().node(inputs.get(i).node()), t.editor()::node);
      if (!list.getOp().equals("TensorListFromTensor")) {
        continue;
      }
      Shape rows = t.namedShapeOf(Nodes.dataInput(list, 0));
      if (rows.rank() > 0) {
        Shape element = Shape.of(Arrays.copyOfRange(rows.dims(), 1, rows.rank()));
        for (String user : body.graph().consumers(body.arguments().get(i))) {
          if (body.graph().node(user).getOp().equals("TensorListGetItem")) {
            found.put(user, element);
          }
        }
      }
    }
    return found;
  }
}
