package dev.graft.importer.internal.weights;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable.Role;
import dev.graft.savedmodel.objects.ObjectGraph;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.VariableDef;

/**
 * What a SavedModel says about which of its variables train.
 *
 * <p>Keras says it twice: a variable's own flag is what {@code add_weight(trainable=...)} said, and
 * the root's list of trainable variables lacks those of frozen layers too. So its files tell what
 * was declared from what was frozen. In others both are one flag that is off: there, weights as
 * layers usually train them count as frozen, and all else as declared.
 */
final class TrainableFlags {

  /** What weights that usually train do in their layers. */
  private static final Set<Role> USUAL =
      Set.of(
          Role.KERNEL,
          Role.DEPTHWISE_KERNEL,
          Role.RECURRENT_KERNEL,
          Role.BIAS,
          Role.GAMMA,
          Role.BETA,
          Role.EMBEDDINGS);

  private final ObjectGraph objects;
  private final Map<String, Boolean> collected; // TF1: trainable by node
  private final Set<Integer> training = new HashSet<>();
  private final boolean lists;
  private final boolean keras;

  TrainableFlags(MetaGraphDef meta, ObjectGraph objects) {
    this.objects = objects;
    this.collected = collected(meta);
    this.lists = has("trainable_variables");
    if (lists) {
      training.addAll(objects.list(ObjectGraph.ROOT, "trainable_variables"));
    }
    this.keras = lists && (has("keras_api") || has("_all_variables"));
  }

  private boolean has(String child) {
    return !objects.isEmpty() && objects.child(ObjectGraph.ROOT, child).isPresent();
  }

  /** TF1's collections say which variables there are and which of them train. */
  private static Map<String, Boolean> collected(MetaGraphDef meta) {
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

  /** The nodes of the variables that TF1's collections name. */
  Set<String> collected() {
    return collected.keySet();
  }

  /**
   * What one variable is said to be.
   *
   * @param trainable whether it trains
   * @param fixed whether its author declared that it never does
   * @param role what it does in its layer
   */
  record Flags(boolean trainable, boolean fixed, Role role) {}

  /**
   * What is said about the variable that {@code node} holds.
   *
   * @param object its number in the object graph; null if it is not there
   * @param name what its author called it
   */
  Flags of(String node, @Nullable Integer object, String name, DataType dtype) {
    if (objects.isEmpty() && collected.isEmpty()) { // writers that are not Python
      Role role = role(name, dtype, false);
      return new Flags(!role.isStatistic(), false, role);
    }
    boolean own =
        object == null
            ? collected.getOrDefault(node, false)
            : objects.object(object).getVariable().getTrainable();
    boolean trains = object != null && lists ? training.contains(object) : own;
    Role role = role(name, dtype, own);
    boolean tells = keras && object != null;
    boolean declared = !own && !trains && !role.isStatistic() && (tells || !USUAL.contains(role));
    return new Flags(trains, declared, role);
  }

  /**
   * What a variable of this name does.
   *
   * @param own whether its author meant it to train, frozen or not
   */
  private static Role role(String name, DataType dtype, boolean own) {
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
      case "seed_generator_state" -> Role.STATE;
      // what Normalization learned by adapt(), SpectralNormalization's vector, BatchNorm's renorm
      case "count",
          "mean",
          "variance",
          "vector_u",
          "moving_stddev",
          "renorm_mean",
          "renorm_stddev" ->
          own && !isInteger(dtype) ? Role.OTHER : Role.STATE;
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
