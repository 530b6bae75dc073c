package dev.graft.importer.internal.weights;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.savedmodel.objects.ObjectGraph;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;

/**
 * Where the objects that saved functions capture (variables, tables, constants) are in the graph.
 *
 * @param tensors the tensor of each captured object, by its number
 * @param keys the checkpoint key of each variable, by its number
 */
public record Captures(
    ImmutableMap<Integer, TensorRef> tensors, ImmutableMap<Integer, String> keys) {

  /**
   * Finds them: first where the graph itself calls a concrete function, since the last inputs of
   * the call are the objects that the function captures; then by what the object says of itself;
   * then by the checkpoint key that the restore op gives to a variable's node.
   */
  public static Captures of(
      Graph raw,
      ObjectGraph objects,
      Restoration restoration,
      Map<Integer, String> keys,
      List<AssetFileDef> assets) {
    Map<Integer, TensorRef> tensors = new HashMap<>();
    for (NodeDef node : raw.nodes()) {
      callee(node).flatMap(objects::function).ifPresent(function -> bind(node, function, tensors));
    }
    Map<String, TensorRef> byKey = new HashMap<>();
    restoration
        .variables()
        .forEach((node, saved) -> byKey.putIfAbsent(saved.key(), TensorRef.of(node)));
    for (int id = 0; id < objects.size(); id++) {
      int at = id;
      if (!tensors.containsKey(id)) {
        tensor(objects.object(id), keys.get(id), byKey, assets)
            .filter(tensor -> raw.contains(tensor.node()))
            .ifPresent(tensor -> tensors.put(at, tensor));
      }
    }
    return new Captures(ImmutableMap.copyOf(tensors), ImmutableMap.copyOf(keys));
  }

  private static Optional<TensorRef> tensor(
      SavedObject object,
      @Nullable String key,
      Map<String, TensorRef> byKey,
      List<AssetFileDef> assets) {
    return switch (object.getKindCase()) {
      case CONSTANT -> Optional.of(TensorRef.parse(object.getConstant().getOperation()));
      case VARIABLE -> Optional.ofNullable(key == null ? null : byKey.get(key));
      case ASSET -> {
        int index = object.getAsset().getAssetFileDefIndex();
        yield index < 0 || index >= assets.size()
            ? Optional.empty()
            : Optional.of(TensorRef.parse(assets.get(index).getTensorInfo().getName()));
      }
      default -> Optional.empty();
    };
  }

  private static Optional<String> callee(NodeDef node) {
    if (!Functions.isPartitionedCall(node)) {
      return Optional.empty();
    }
    return Optional.of(
        node.getAttrOrDefault("f", AttrValue.getDefaultInstance()).getFunc().getName());
  }

  private static void bind(
      NodeDef call, SavedConcreteFunction function, Map<Integer, TensorRef> tensors) {
    List<TensorRef> inputs = Nodes.dataInputs(call);
    int first = inputs.size() - function.getBoundInputsCount();
    for (int i = Math.max(0, -first); i < function.getBoundInputsCount(); i++) {
      tensors.putIfAbsent(function.getBoundInputs(i), inputs.get(first + i));
    }
  }

  /** The tensors that {@code function} captures; fails if one is not in the graph. */
  public ImmutableList<TensorRef> of(String name, SavedConcreteFunction function) {
    ImmutableList.Builder<TensorRef> captured = ImmutableList.builder();
    for (int id : function.getBoundInputsList()) {
      TensorRef tensor = tensors.get(id);
      if (tensor == null) {
        throw new BadModelException(
            "function '"
                + name
                + "' captures object "
                + id
                + " of the object graph, which is nowhere in the graph.");
      }
      captured.add(tensor);
    }
    return captured.build();
  }

  /** Whether all that {@code function} captures is in the graph. */
  public boolean has(SavedConcreteFunction function) {
    return function.getBoundInputsList().stream().allMatch(tensors::containsKey);
  }

  /** The nodes of what functions capture beside variables: constants, tables, paths of assets. */
  public Set<String> constants(ObjectGraph objects) {
    Set<String> nodes = new LinkedHashSet<>();
    tensors.forEach(
        (id, tensor) -> {
          if (objects.object(id).getKindCase() != SavedObject.KindCase.VARIABLE) {
            nodes.add(tensor.node());
          }
        });
    return nodes;
  }
}
