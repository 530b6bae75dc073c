package dev.graft.runtime;

import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The nodes through which a model's variables are set and read. */
final class VariableAccess {

  /** Values are set in groups of about this size, so that they are not all in memory twice. */
  private static final long GROUP_BYTES = 64L << 20;

  private record Nodes(Variable variable, TensorRef feed, String assign, TensorRef read) {}

  private final Map<String, Nodes> byName;

  private VariableAccess(Map<String, Nodes> byName) {
    this.byName = byName;
  }

  /** Adds what is needed to {@code editor}'s graph. */
  static VariableAccess add(GraphEditor editor, List<Variable> variables) {
    Map<String, Nodes> byName = new LinkedHashMap<>();
    for (Variable variable : variables) {
      byName.put(variable.name(), nodes(editor, variable));
    }
    return new VariableAccess(byName);
  }

  private static Nodes nodes(GraphEditor editor, Variable variable) {
    String prefix = "graft/variables/" + variable.node();
    String op = editor.node(variable.node()).getOp();
    TensorRef feed =
        editor
            .op("Placeholder")
            .name(prefix + "/value")
            .attr("dtype", variable.dtype().proto())
            .attr("shape", variable.shape())
            .output();
    return switch (op) {
      case "VarHandleOp" -> {
        String assign =
            editor
                .op("AssignVariableOp")
                .name(prefix + "/assign")
                .input(variable.handle())
                .input(feed)
                .node();
        TensorRef read =
            editor
                .op("ReadVariableOp")
                .name(prefix + "/read")
                .attr("dtype", variable.dtype().proto())
                .input(variable.handle())
                .output();
        yield new Nodes(variable, feed, assign, read);
      }
      case "VariableV2", "Variable" -> {
        String assign =
            editor
                .op("Assign")
                .name(prefix + "/assign")
                .attr("validate_shape", variable.shape().isFullyKnown())
                .input(variable.handle())
                .input(feed)
                .node();
        yield new Nodes(variable, feed, assign, variable.handle());
      }
      default ->
          throw BadModelException.atNode(
              variable.node(),
              "variable '"
                  + variable.name()
                  + "' is held by '"
                  + variable.node()
                  + "', a "
                  + op
                  + ", which is no variable.");
    };
  }

  /** Gives every variable the value that its source holds. */
  void initialize(GraphSession session) {
    VariableValues.requireFitting(byName.values().stream().map(Nodes::variable).toList());
    VariableValues values = new VariableValues();
    Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
    List<String> assigns = new ArrayList<>();
    long bytes = 0;
    for (Nodes nodes : byName.values()) {
      TensorValue value = values.of(nodes.variable());
      feeds.put(nodes.feed(), value);
      assigns.add(nodes.assign());
      bytes += value.dtype() == DType.STRING ? 0 : value.bytes().remaining();
      if (bytes >= GROUP_BYTES) {
        session.run(feeds, List.of(), assigns);
        feeds.clear();
        assigns.clear();
        bytes = 0;
      }
    }
    if (!feeds.isEmpty()) {
      session.run(feeds, List.of(), assigns);
    }
  }

  TensorRef read(Variable variable) {
    return nodes(variable).read();
  }

  void assign(GraphSession session, Variable variable, TensorValue value) {
    Nodes nodes = nodes(variable);
    if (!variable.shape().isCompatibleWith(value.shape())) {
      throw new BadRequestException(
          "variable '" + variable.name() + "' is " + variable.shape() + ", given " + value + ".");
    }
    session.run(Map.of(nodes.feed(), value), List.of(), List.of(nodes.assign()));
  }

  private Nodes nodes(Variable variable) {
    Nodes nodes = byName.get(variable.name());
    if (nodes == null) {
      throw new BadRequestException("the model has no variable '" + variable.name() + "'.");
    }
    return nodes;
  }
}
