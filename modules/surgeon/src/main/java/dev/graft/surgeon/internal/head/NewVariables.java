package dev.graft.surgeon.internal.head;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Names;
import dev.graft.graph.TensorRef;
import dev.graft.model.Initializer;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.proto.DataType;

/** Adds variables and constants to a graph that is being edited. */
final class NewVariables {

  private final GraphEditor editor;
  private final Map<String, Variable> made = new LinkedHashMap<>();

  NewVariables(GraphEditor editor) {
    this.editor = editor;
  }

  /** The variables made so far. */
  List<Variable> all() {
    return new ArrayList<>(made.values());
  }

  /** The variable {@code name}, made before. */
  Variable get(String name) {
    return Objects.requireNonNull(made.get(name));
  }

  /** The names of the variables of {@code layer} made so far. */
  ImmutableList<String> of(String layer) {
    return made.keySet().stream()
        .filter(name -> name.startsWith(layer + "/"))
        .collect(ImmutableList.toImmutableList());
  }

  /** Gives the variable {@code name}, made before, this value to start with. */
  void give(String name, TensorValue value) {
    made.computeIfPresent(
        name, (key, variable) -> variable.source(new VariableSource.Given(value)));
  }

  /**
   * The value of the variable {@code layer/what}, which is made on first use; trainable, with the
   * role that {@code what} names.
   */
  TensorRef read(
      String layer, String what, DataType dtype, Shape shape, VariableSource.Initialized start) {
    String name = layer + "/" + what;
    Variable variable = made.get(name);
    if (variable == null) {
      String node =
          editor
              .op("VarHandleOp")
              .name(name)
              .attr("dtype", dtype)
              .attr("shape", shape)
              .attr("shared_name", name)
              .node();
      variable =
          new Variable(
              name,
              node,
              DType.of(dtype),
              shape,
              true,
              Variable.Role.valueOf(what.toUpperCase(Locale.ROOT)),
              start);
      made.put(name, variable);
    }
    return editor
        .op("ReadVariableOp")
        .name(name + "/Read")
        .input(variable.handle())
        .attr("dtype", dtype)
        .output();
  }

  /** As {@link #read}, for a variable that starts at zero. */
  TensorRef zeros(String layer, String what, DataType dtype, Shape shape) {
    return read(layer, what, dtype, shape, new VariableSource.Initialized(Initializer.ZEROS, 0));
  }

  /** A constant brought to {@code dtype}. */
  TensorRef constant(String wanted, DataType dtype, TensorValue value) {
    TensorRef plain = editor.constant(wanted, value);
    return value.dtype().proto() == dtype
        ? plain
        : editor.op("Cast").name(wanted + "/Cast").input(plain).attr("DstT", dtype).output();
  }

  /** {@code wanted}, or with a suffix if a layer or variable of the model has that name. */
  static String freeName(String wanted, Collection<String> layers, Collection<Variable> variables) {
    return Names.free(
        wanted,
        name ->
            layers.contains(name)
                || variables.stream().anyMatch(v -> v.name().startsWith(name + "/")));
  }
}
