package dev.graft.exporter;

import com.google.protobuf.ByteString;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.SaverDef;

/**
 * The ops by which loaders restore the variables and fill the tables.
 *
 * @param graph the model's graph with these ops
 * @param saver which of them restore and save
 * @param init the node that fills the tables
 */
record Saving(Graph graph, SaverDef saver, String init) {

  /** The key of a variable in the checkpoint. */
  static String key(Variable variable) {
    return variable.name().replace("/.ATTRIBUTES/", "/_ATTRIBUTES/")
        + "/.ATTRIBUTES/VARIABLE_VALUE";
  }

  static Saving add(Graph graph, Model model) {
    GraphEditor editor = graph.edit();
    Scope g = new Scope(editor, editor.uniqueName("graft/save"));
    TensorRef filename = editor.placeholder(g.name("filename"), DataType.DT_STRING, Shape.scalar());
    List<Variable> variables = model.variables();
    List<String> assigned = new ArrayList<>();
    String saved = g.op("NoOp").name(g.name("nothing")).node();
    if (!variables.isEmpty()) {
      TensorRef keys = strings(g, variables.stream().map(Saving::key).toList());
      TensorRef slices = strings(g, variables.stream().map(variable -> "").toList());
      List<TensorRef> restored =
          g.op("RestoreV2")
              .input(filename)
              .input(keys)
              .input(slices)
              .attr(
                  "dtypes",
                  Attrs.types(variables.stream().map(each -> each.dtype().proto()).toList()))
              .outputs();
      List<TensorRef> values = new ArrayList<>();
      for (int i = 0; i < variables.size(); i++) {
        TensorRef handle = variables.get(i).handle();
        assigned.add(g.op("AssignVariableOp").input(handle).input(restored.get(i)).node());
        values.add(
            g.op("ReadVariableOp")
                .input(handle)
                .attr("dtype", variables.get(i).dtype().proto())
                .output());
      }
      saved = g.op("SaveV2").input(filename).input(keys).input(slices).inputs(values).node();
    }
    TensorRef written =
        g.op("Identity").name(g.name("saved")).input(filename).after(saved).output();
    String restore = g.op("NoOp").name(g.name("restore_all")).after(assigned).node();
    String init = editor.op("NoOp").name("graft/init").after(model.initializers()).node();
    SaverDef saver =
        SaverDef.newBuilder()
            .setFilenameTensorName(filename.toString())
            .setSaveTensorName(written.toString())
            .setRestoreOpName(restore)
            .setVersion(SaverDef.CheckpointFormatVersion.V2)
            .build();
    return new Saving(editor.build(), saver, init);
  }

  private static TensorRef strings(Scope g, List<String> values) {
    List<ByteString> bytes = values.stream().map(ByteString::copyFromUtf8).toList();
    return g.constant(TensorValue.strings(Shape.of(bytes.size()), bytes));
  }
}
