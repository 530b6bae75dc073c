package dev.graft.importer;

import com.google.common.collect.ImmutableMap;
import dev.graft.importer.internal.weights.Captures;
import dev.graft.importer.internal.weights.Initialization;
import dev.graft.importer.internal.weights.Restoration;
import dev.graft.importer.internal.weights.Variables;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a SavedModel remembers, and where.
 *
 * @param checkpoint the values, if it has any
 * @param restoration which of them goes where
 * @param captures where the graph has the objects that functions read
 * @param variables the finder of its variables
 */
record Weights(
    Optional<TensorBundle> checkpoint,
    Restoration restoration,
    Captures captures,
    Variables variables) {

  /** The memory of {@code file}. */
  static Weights of(MetaGraph file) {
    Optional<TensorBundle> checkpoint = file.folder().checkpoint();
    Restoration restoration = Restoration.of(file.def().getSaverDef(), file.graph());
    Captures captures =
        Captures.of(
            file.graph(),
            file.objects(),
            restoration,
            checkpoint.map(file.objects()::checkpointKeys).orElse(Map.of()),
            Initialization.assetDefs(file.def()));
    return new Weights(
        checkpoint,
        restoration,
        captures,
        new Variables(file.def(), file.objects(), captures, restoration, checkpoint.orElse(null)));
  }

  /** Those of {@code variables} that are objects, by the number of the object. */
  ImmutableMap<Integer, Variable> byObject(Collection<Variable> variables) {
    Map<String, Variable> byNode = new HashMap<>();
    variables.forEach(variable -> byNode.put(variable.node(), variable));
    ImmutableMap.Builder<Integer, Variable> byObject = ImmutableMap.builder();
    captures
        .tensors()
        .forEach(
            (id, tensor) ->
                Optional.ofNullable(byNode.get(tensor.node()))
                    .ifPresent(variable -> byObject.put(id, variable)));
    return byObject.buildOrThrow();
  }
}
