package dev.graft.autodiff.internal.loop;

import dev.graft.autodiff.internal.engine.Backprop;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Scalars;
import dev.graft.graph.Attrs;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * A While loop with further variables behind those it had: a counter, and a list for each tensor
 * that the way back reads of each step.
 */
final class ForwardLoop {

  private final Backprop op;
  private final Ops t;
  private final GraphEditor outer;
  private final FunctionGraph body;
  private final BodyGradient gradient;

  ForwardLoop(Backprop op, Ops t, FunctionGraph body, BodyGradient gradient) {
    this.op = op;
    this.t = t;
    this.outer = t.editor();
    this.body = body;
    this.gradient = gradient;
  }

  /** Puts the loop that keeps what the way back reads in the place of the one that was there. */
  void replace() {
    NodeDef old = outer.node(op.node().getName());
    List<DataType> savedTypes = gradient.cut().saved().stream().map(gradient::dtype).toList();
    String bodyName = t.library().name(old.getName(), "forward");
    GraphEditor editor = gradient.forward();
    List<String> arguments = new ArrayList<>(body.arguments());
    List<TensorRef> results = new ArrayList<>(body.results());
    TensorRef step = editor.placeholder("step", DataType.DT_INT32, Shape.scalar());
    arguments.add(step.node());
    TensorRef one =
        editor
            .op("Const")
            .name("one")
            .attr("dtype", DataType.DT_INT32)
            .attr("value", Attrs.of(Scalars.of(DataType.DT_INT32, 1)))
            .output();
    results.add(editor.op("AddV2").name("next_step").input(step).input(one).output());
    for (TensorRef saved : gradient.cut().saved()) {
      TensorRef list = editor.placeholder("saved", DataType.DT_VARIANT, Shape.unknown());
      arguments.add(list.node());
      results.add(editor.op("TensorListPushBack").name("save").input(list).input(saved).output());
    }
    Library.put(outer, LoopGradient.function(bodyName, editor, arguments, results, body));
    String condName = extendCondition(old, savedTypes.size());

    List<TensorRef> added = new ArrayList<>();
    added.add(t.integer(0));
    for (DataType type : savedTypes) {
      added.add(
          t.op("EmptyTensorList")
              .input(t.integer(-1))
              .input(t.integer(-1))
              .attr("element_dtype", type)
              .output());
    }
    NodeDef.Builder loop = old.toBuilder().clearInput();
    Nodes.dataInputs(old).forEach(input -> loop.addInput(input.asInput()));
    added.forEach(input -> loop.addInput(input.asInput()));
    Nodes.controlInputs(old).forEach(before -> loop.addInput("^" + before));
    List<DataType> types = new ArrayList<>(op.attr("T").getList().getTypeList());
    types.add(DataType.DT_INT32);
    savedTypes.forEach(saved -> types.add(DataType.DT_VARIANT));
    loop.putAttr("T", Attrs.types(types))
        .putAttr("body", Attrs.function(bodyName))
        .putAttr("cond", Attrs.function(condName))
        .removeAttr("_output_shapes")
        .removeAttr("_num_original_outputs");
    AttrValue known = op.attr("output_shapes");
    if (known.getList().getShapeCount() > 0) {
      AttrValue.Builder extended = known.toBuilder();
      for (int i = 0; i <= savedTypes.size(); i++) { // the counter and the lists are scalars
        extended.getListBuilder().addShape(Shape.scalar().toProto());
      }
      loop.putAttr("output_shapes", extended.build());
    }
    outer.replace(loop.build());
  }

  private String extendCondition(NodeDef old, int lists) {
    FunctionGraph cond = t.library().function(op, "cond", outer);
    GraphEditor editor = cond.graph().edit();
    List<String> arguments = new ArrayList<>(cond.arguments());
    arguments.add(editor.placeholder("step", DataType.DT_INT32, Shape.scalar()).node());
    for (int i = 0; i < lists; i++) {
      arguments.add(editor.placeholder("saved", DataType.DT_VARIANT, Shape.unknown()).node());
    }
    String name = t.library().name(old.getName(), "forward_cond");
    Library.put(outer, LoopGradient.function(name, editor, arguments, cond.results(), cond));
    return name;
  }
}
