package dev.graft.importer.internal.signature;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionInliner;
import dev.graft.importer.internal.clean.Effects;
import dev.graft.model.InputSpec;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A way to call a SavedModel, found again in the graph that was made of its functions. */
public final class FlatSignature {

  private FlatSignature() {}

  /** {@code entry} between tensors of the flat graph. */
  public static Signature of(Signature entry, FunctionInliner.Flattened flat, Effects effects) {
    ImmutableMap<String, TensorSpec> outputs =
        ImmutableMap.copyOf(
            Maps.transformValues(
                entry.outputs(),
                spec ->
                    new TensorSpec(
                        existing(flat.graph(), flat.of(spec.tensor()), entry),
                        spec.dtype(),
                        spec.shape())));
    entry.inputs().values().forEach(spec -> existing(flat.graph(), spec.tensor(), entry));
    Set<String> fetched = new LinkedHashSet<>();
    Set<String> called = new LinkedHashSet<>();
    outputs.values().forEach(spec -> fetched.add(spec.tensor().node()));
    entry.outputs().values().forEach(spec -> called.add(spec.tensor().node()));
    called.removeIf(node -> !flat.graph().contains(node));
    Set<String> effectsOfCall = new LinkedHashSet<>(effects.orderedUpstream(called));
    effectsOfCall.removeAll(effects.orderedUpstream(fetched));
    boolean more = !effectsOfCall.isEmpty();
    return new Signature(
        entry.name(),
        entry.method(),
        entry.inputs(),
        outputs,
        more ? ImmutableList.copyOf(called) : ImmutableList.of(),
        entry.defaults());
  }

  private static TensorRef existing(Graph graph, TensorRef tensor, Signature signature) {
    if (!graph.contains(tensor.node())) {
      throw BadModelException.atNode(
          tensor.node(),
          "signature '"
              + signature.name()
              + "' names the tensor '"
              + tensor
              + "', which the graph does not have; saved_model.pb is damaged.");
    }
    return tensor;
  }

  /** What is known of the inputs before anybody describes them. */
  public static List<InputSpec> inputs(List<Signature> signatures) {
    return signatures.stream()
        .filter(s -> s.name().equals(Signature.SERVING_DEFAULT) || signatures.size() == 1)
        .flatMap(s -> s.inputs().entrySet().stream())
        .map(input -> InputSpec.of(input.getKey(), input.getValue()))
        .toList();
  }
}
