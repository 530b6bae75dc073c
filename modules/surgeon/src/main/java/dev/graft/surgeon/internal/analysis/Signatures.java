package dev.graft.surgeon.internal.analysis;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Gives signatures other outputs. */
public final class Signatures {

  private static final Set<String> WITHOUT_EFFECT =
      Set.of("ReadVariableOp", "VarHandleOp", "Const", "Identity", "Placeholder");

  private Signatures() {}

  /**
   * {@code signature} with these outputs. Inputs that only served the old outputs go; so does what
   * a call ran for its effect, as far as that comes after the new outputs.
   */
  public static Signature withOutputs(
      Graph graph, Signature signature, Map<String, TensorSpec> outputs) {
    Set<String> old = upstream(graph, signature.outputs());
    Set<String> now = upstream(graph, outputs);
    ImmutableMap.Builder<String, TensorSpec> inputs = ImmutableMap.builder();
    signature
        .inputs()
        .forEach(
            (name, spec) -> {
              String node = spec.tensor().node();
              if (now.contains(node) || !old.contains(node)) {
                inputs.put(name, spec);
              }
            });
    return new Signature(
        signature.name(),
        signature.method(),
        inputs.buildOrThrow(),
        ImmutableMap.copyOf(outputs),
        targets(graph, signature, nodes(outputs), now),
        signature.defaults());
  }

  /** {@code signature} with these inputs. */
  public static Signature withInputs(Signature signature, Map<String, TensorSpec> inputs) {
    return signature.with(ImmutableMap.copyOf(inputs), signature.outputs());
  }

  /** {@code signature} with these outputs where the output {@code old} was. */
  public static Signature replaceOutput(
      Signature signature, String old, Map<String, TensorSpec> replacements) {
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    signature
        .outputs()
        .forEach(
            (key, value) -> {
              if (key.equals(old)) {
                outputs.putAll(replacements);
              } else if (!replacements.containsKey(key)) {
                outputs.put(key, value);
              } else {
                throw new BadRequestException(
                    "the model has an output '" + key + "' already; name the new head otherwise.");
              }
            });
    return signature.with(signature.inputs(), ImmutableMap.copyOf(outputs));
  }

  private static Set<String> upstream(Graph graph, Map<String, TensorSpec> outputs) {
    return graph.upstream(nodes(outputs));
  }

  private static List<String> nodes(Map<String, TensorSpec> outputs) {
    return outputs.values().stream().map(spec -> spec.tensor().node()).toList();
  }

  /**
   * The effects that still belong to the call. A group (NoOp) that waits for everything of a
   * function body is taken apart first, or it would hold on to what is cut away.
   */
  private static ImmutableList<String> targets(
      Graph graph, Signature signature, List<String> cut, Set<String> needed) {
    Set<String> effects = new LinkedHashSet<>();
    signature.targets().forEach(target -> expand(graph, target, effects));
    Set<String> after = new LinkedHashSet<>(graph.downstream(cut));
    after.removeAll(needed);
    return effects.stream()
        .filter(name -> Collections.disjoint(graph.upstream(List.of(name)), after))
        .collect(ImmutableList.toImmutableList());
  }

  private static void expand(Graph graph, String name, Set<String> effects) {
    NodeDef node = graph.node(name);
    if (node.getOp().equals("NoOp")) {
      Nodes.controlInputs(node).forEach(before -> expand(graph, before, effects));
    } else if (!WITHOUT_EFFECT.contains(node.getOp())) {
      effects.add(name);
    }
  }
}
