package dev.graft.importer;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.graph.Graph;
import dev.graft.graph.OpRegistry;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.TensorBundle;
import dev.graft.model.Variable;
import dev.graft.model.Variable.Role;
import dev.graft.model.VariableSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedVariable;
import org.tensorflow.proto.VariableDef;

/** Finds the model's variables: each once, with its name, its flag and where its value is. */
final class Variables {

  private static final Set<String> HOLDERS = Set.of("VarHandleOp", "VariableV2", "Variable");

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
  private final Map<String, Boolean> oldFlags; // TF1: trainable by node
  private final Map<String, Integer> objectOf = new HashMap<>(); // variable object by node

  Variables(
      MetaGraphDef meta,
      ObjectGraph objects,
      Captures captures,
      Restoration restoration,
      @Nullable TensorBundle checkpoint) {
    this.objects = objects;
    this.captures = captures;
    this.restoration = restoration;
    this.checkpoint = checkpoint;
    this.oldFlags = flags(meta);
    captures
        .tensors()
        .forEach(
            (id, tensor) -> {
              if (objects.object(id).getKindCase() == KindCase.VARIABLE) {
                objectOf.merge(tensor.node(), id, Math::min);
              }
            });
  }

  /** TF1's collections say which variables there are and which of them train. */
  private static Map<String, Boolean> flags(MetaGraphDef meta) {
    Map<String, Boolean> flags = new LinkedHashMap<>();
    for (String name : List.of("variables", "model_variables", "trainable_variables")) {
      CollectionDef collection = meta.getCollectionDefMap().get(name);
      if (collection == null) {
        continue;
      }
      for (ByteString bytes : collection.getBytesList().getValueList()) {
        try {
          VariableDef def = VariableDef.parseFrom(bytes);
          String node = TensorRef.parse(def.getVariableName()).node();
          flags.merge(node, name.startsWith("trainable"), Boolean::logicalOr);
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
          continue; // some other object's collection; its name says nothing here
        }
      }
    }
    return flags;
  }

  /** The nodes that hold the variables of the model as its author listed them. */
  Set<String> listed(Graph raw) {
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
    nodes.addAll(oldFlags.keySet());
    nodes.removeIf(
        node -> {
          NodeDef holder = raw.find(node);
          return holder == null || !HOLDERS.contains(holder.getOp()) || saved(node).isEmpty();
        });
    return nodes;
  }

  /** The variables of {@code graph}: first the listed ones, then what else the graph reads. */
  List<Variable> in(Graph graph, Set<String> listed) {
    Set<String> nodes = new LinkedHashSet<>(listed);
    for (NodeDef node : graph.nodes()) {
      if (HOLDERS.contains(node.getOp()) && saved(node.getName()).isPresent()) {
        nodes.add(node.getName());
      }
    }
    Set<Integer> training = new HashSet<>();
    boolean lists = false;
    if (!objects.isEmpty()) {
      lists = objects.child(ObjectGraph.ROOT, "trainable_variables").isPresent();
      training.addAll(objects.list(ObjectGraph.ROOT, "trainable_variables"));
    }
    List<Variable> variables = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String name : nodes) {
      NodeDef node = graph.node(name);
      Integer id = objectOf.get(name);
      SavedVariable object = id == null ? null : objects.object(id).getVariable();
      boolean trainable =
          object == null
              ? oldFlags.getOrDefault(name, false)
              : lists ? training.contains(id) : object.getTrainable();
      variables.add(variable(node, object, trainable, names));
    }
    return variables;
  }

  private Variable variable(
      NodeDef node, @Nullable SavedVariable object, boolean trainable, Set<String> names) {
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
    String name = wanted;
    for (int i = 1; !names.add(name); i++) {
      name = wanted + "_" + i;
    }
    VariableSource source =
        new VariableSource.InCheckpoint(
            Objects.requireNonNull(checkpoint).prefix(), saved.key(), saved.slice());
    return new Variable(
        name, node.getName(), dtype, shape, trainable, role(wanted, dtype, trainable), source);
  }

  /** Where the value of the variable at {@code node} is in the checkpoint. */
  private Optional<Restoration.Saved> saved(String node) {
    if (checkpoint == null) {
      return Optional.empty();
    }
    Restoration.Saved restored = restoration.variables().get(node);
    if (restored == null && objectOf.containsKey(node)) {
      String key = captures.keys().get(objectOf.get(node));
      restored = key == null ? null : new Restoration.Saved(key, "");
    }
    return Optional.ofNullable(restored).filter(saved -> checkpoint.entry(saved.key()).isPresent());
  }

  private static Role role(String name, DataType dtype, boolean trainable) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    return switch (last) {
      case "kernel", "pointwise_kernel", "weights", "w" -> Role.KERNEL;
      case "depthwise_kernel", "depthwise_weights" -> Role.DEPTHWISE_KERNEL;
      case "recurrent_kernel" -> Role.RECURRENT_KERNEL;
      case "bias", "biases", "b" -> Role.BIAS;
      case "gamma" -> Role.GAMMA;
      case "beta" -> Role.BETA;
      case "moving_mean" -> Role.MOVING_MEAN;
      case "moving_variance" -> Role.MOVING_VARIANCE;
      case "embeddings" -> Role.EMBEDDINGS;
      case "seed_generator_state", "count" -> Role.STATE;
      // what Normalization learned by adapt(), SpectralNormalization's vector, BatchNorm's renorm
      case "mean", "variance", "vector_u", "moving_stddev", "renorm_mean", "renorm_stddev" ->
          trainable ? Role.OTHER : Role.STATE;
      default -> isInteger(dtype) ? Role.STATE : Role.OTHER;
    };
  }

  private static boolean isInteger(DataType dtype) {
    return switch (dtype) {
      case DT_INT8,
          DT_INT16,
          DT_INT32,
          DT_INT64,
          DT_UINT8,
          DT_UINT16,
          DT_UINT32,
          DT_UINT64,
          DT_BOOL,
          DT_STRING ->
          true;
      default -> false;
    };
  }
}
