package dev.graft.importer.internal.weights;

import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.graph.Names;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpKinds;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedVariable;

/** Finds the model's variables: each once, with its name, its flag and where its value is. */
public final class Variables {

  /** What an optimizer, its slots, metrics and Keras' second list of the same variables hang on. */
  private static final Set<String> NOT_THE_MODEL =
      Set.of(
          "optimizer",
          "_optimizer",
          "keras_api",
          "_all_variables",
          "signatures",
          "loss_tracker",
          "_loss_tracker",
          "_compile_loss",
          "_compile_metrics",
          "compiled_metrics",
          "compiled_loss");

  private final ObjectGraph objects;
  private final Captures captures;
  private final Restoration restoration;
  private final @Nullable TensorBundle checkpoint;
  private final TrainableFlags flags;
  private final Map<String, Integer> objectOf = new HashMap<>(); // variable object by node

  public Variables(
      MetaGraphDef meta,
      ObjectGraph objects,
      Captures captures,
      Restoration restoration,
      @Nullable TensorBundle checkpoint) {
    this.objects = objects;
    this.captures = captures;
    this.restoration = restoration;
    this.checkpoint = checkpoint;
    this.flags = new TrainableFlags(meta, objects);
    captures
        .tensors()
        .forEach(
            (id, tensor) -> {
              if (objects.object(id).getKindCase() == KindCase.VARIABLE) {
                objectOf.merge(tensor.node(), id, Math::min);
              }
            });
  }

  /** The nodes that hold the variables of the model as its author listed them. */
  public Set<String> listed(Graph raw) {
    List<Integer> ids = new ArrayList<>();
    if (!objects.isEmpty()) {
      ids.addAll(objects.list(ObjectGraph.ROOT, "variables"));
      if (ids.isEmpty()) {
        ids.addAll(objects.reachable(NOT_THE_MODEL));
      }
    }
    Set<String> nodes = new LinkedHashSet<>();
    for (int id : ids) {
      TensorRef tensor = captures.tensors().get(id);
      if (tensor != null && objects.object(id).getKindCase() == KindCase.VARIABLE) {
        nodes.add(tensor.node());
      }
    }
    nodes.addAll(flags.collected());
    nodes.removeIf(
        node -> {
          NodeDef holder = raw.find(node);
          return holder == null || !OpKinds.isVariable(holder.getOp()) || saved(node).isEmpty();
        });
    return nodes;
  }

  /** The variables of {@code graph}: first the listed ones, then what else the graph reads. */
  public List<Variable> in(Graph graph, Set<String> listed) {
    Set<String> nodes = new LinkedHashSet<>(listed);
    for (NodeDef node : graph.nodes()) {
      if (OpKinds.isVariable(node.getOp()) && saved(node.getName()).isPresent()) {
        nodes.add(node.getName());
      }
    }
    List<Variable> variables = new ArrayList<>();
    Names names = Names.none();
    for (String name : nodes) {
      variables.add(variable(graph.node(name), names));
    }
    return variables;
  }

  private Variable variable(NodeDef node, Names names) {
    Integer id = objectOf.get(node.getName());
    SavedVariable object = id == null ? null : objects.object(id).getVariable();
    Restoration.Saved saved = saved(node.getName()).orElseThrow();
    DataType dtype = OpRegistry.base(node.getAttrOrThrow("dtype").getType());
    Shape shape = Shape.from(node.getAttrOrThrow("shape").getShape());
    if (!shape.isFullyKnown() && checkpoint != null && saved.slice().isEmpty()) {
      shape = checkpoint.entry(saved.key()).map(TensorBundle.Entry::shape).orElse(shape);
    }
    String wanted =
        object == null || object.getName().isEmpty() ? node.getName() : object.getName();
    int colon = wanted.lastIndexOf(':');
    wanted = colon > 0 ? wanted.substring(0, colon) : wanted;
    VariableSource source =
        new VariableSource.InCheckpoint(
            Objects.requireNonNull(checkpoint).prefix(), saved.key(), saved.slice());
    TrainableFlags.Flags flags = this.flags.of(node.getName(), id, wanted, dtype);
    return new Variable(
        names.take(wanted),
        node.getName(),
        DType.of(dtype),
        shape,
        flags.trainable(),
        flags.role(),
        source,
        flags.fixed());
  }

  /** Where the value of the variable at {@code node} is in the checkpoint. */
  private Optional<Restoration.Saved> saved(String node) {
    if (checkpoint == null) {
      return Optional.empty();
    }
    Restoration.Saved restored = restoration.variables().get(node);
    if (restored != null && checkpoint.entry(restored.key()).isEmpty()) {
      throw BadModelException.inFile(
          checkpoint.prefix() + ".index",
          "the checkpoint '"
              + checkpoint.prefix()
              + "' lacks '"
              + restored.key()
              + "', the value of the variable '"
              + node
              + "': it belongs to another model.",
          null);
    }
    if (restored == null && objectOf.containsKey(node)) {
      String key = captures.keys().get(objectOf.get(node));
      restored = key == null ? null : new Restoration.Saved(key, "");
    }
    return Optional.ofNullable(restored).filter(saved -> checkpoint.entry(saved.key()).isPresent());
  }
}
