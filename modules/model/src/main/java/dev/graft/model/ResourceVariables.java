package dev.graft.model;

import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/** Turns the reference variables of TensorFlow 1 into resource variables. */
@Internal
public final class ResourceVariables {

  private ResourceVariables() {}

  /**
   * {@code model} with a resource variable in the place of every TF1 reference variable. TensorFlow
   * trains both, but the ops that Graft's optimizers use, and servers, take resources only.
   *
   * @throws BadModelException if the graph changes such a variable in place
   */
  public static Model in(Model model) {
    GraphEditor editor = model.graph().edit();
    boolean changed = false;
    for (Variable variable : model.variables()) {
      NodeDef node = model.graph().node(variable.node());
      if (node.getOp().equals("VariableV2") || node.getOp().equals("Variable")) {
        toResource(model.graph(), editor, variable);
        changed = true;
      }
    }
    return changed ? model.toBuilder().graph(editor.build()).build() : model;
  }

  /** Puts a resource variable and a read of it in the place of a TF1 reference variable. */
  private static void toResource(Graph graph, GraphEditor editor, Variable variable) {
    for (String user : graph.consumers(variable.node())) {
      NodeDef consumer = graph.node(user);
      if (OpRegistry.standard().of(consumer).getInputArgList().stream()
          .anyMatch(OpDef.ArgDef::getIsRef)) {
        throw BadModelException.atNode(
            user,
            "node '"
                + user
                + "' ("
                + consumer.getOp()
                + ") changes the variable '"
                + variable.name()
                + "' in place, as only TF1 can; such a model can be run, but neither trained nor exported.");
      }
    }
    editor.remove(variable.node());
    String handle =
        editor
            .op("VarHandleOp")
            .name(variable.node())
            .attr("dtype", variable.dtype().proto())
            .attr("shape", variable.shape())
            .attr("shared_name", variable.node())
            .node();
    TensorRef value =
        editor
            .op("ReadVariableOp")
            .name(variable.node() + "/read_value")
            .attr("dtype", variable.dtype().proto())
            .input(TensorRef.of(handle))
            .output();
    editor.redirect(variable.handle(), value, node -> !node.getName().equals(value.node()));
  }
}
