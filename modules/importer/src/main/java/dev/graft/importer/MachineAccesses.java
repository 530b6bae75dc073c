package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.trust.Judgement;
import dev.graft.importer.internal.trust.Known;
import dev.graft.importer.internal.trust.OwnVariables;
import dev.graft.model.Asset;
import dev.graft.model.Layer;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/** Finds the nodes of a model that reach beyond it: into files, the network or other code. */
@Internal
public final class MachineAccesses {

  private MachineAccesses() {}

  /**
   * The nodes of {@code model} that reach beyond it: in its graph, in functions that loops,
   * branches, datasets and gradients use, in the training behaviour of its layers.
   */
  public static ImmutableList<MachineAccess> in(Model model) {
    Graph graph = model.graph();
    Map<String, NodeDef> nodes = new LinkedHashMap<>();
    graph.nodes().forEach(node -> nodes.put(node.getName(), node));
    Set<String> initial = graph.upstream(model.initializers());
    Set<String> ends = new LinkedHashSet<>(nodes.keySet());
    ends.removeAll(initial);
    Map<TensorRef, Known> fed = new HashMap<>();
    Map<TensorRef, Known> given = new HashMap<>();
    for (Asset asset : model.assets()) {
      fed.put(asset.tensor(), Known.OWN_FILE);
      given.put(asset.tensor(), Known.NOTHING); // its place stands there all the time
    }
    for (Signature signature : model.signatures().values()) {
      signature.outputs().values().forEach(spec -> ends.add(spec.tensor().node()));
      signature.inputs().values().forEach(spec -> given.put(spec.tensor(), Known.NOTHING));
      ends.addAll(signature.targets());
    }
    model.inputs().forEach(input -> given.put(input.tensor(), Known.NOTHING));
    model.penalties().forEach(penalty -> penalty.captures().forEach(t -> ends.add(t.node())));
    model
        .allLayers()
        .flatMap(layer -> layer.training().stream())
        .forEach(training -> training.captures().forEach(t -> ends.add(t.node())));
    ends.retainAll(nodes.keySet());
    Set<String> others = graph.upstream(ends);
    Set<String> restored =
        model.variables().stream().map(Variable::node).collect(Collectors.toSet());
    Map<String, FunctionDef> beside = new LinkedHashMap<>();
    model.penalties().forEach(penalty -> beside.putAll(penalty.definitions()));
    model
        .allLayers()
        .forEach(
            layer -> layer.training().ifPresent(training -> beside.putAll(training.definitions())));
    Map<String, FunctionDef> all = new LinkedHashMap<>(beside);
    all.putAll(graph.functions());
    Set<String> handles = new OwnVariables(nodes, all, fed.keySet(), others).handles(restored);
    Judgement judgement = Judgement.of(nodes, graph.functions(), handles, beside);
    Set<Judgement.Found> found =
        new LinkedHashSet<>(judgement.found(new Judgement.Run("", initial, fed, true)));
    found.addAll(judgement.found(new Judgement.Run("", others, given, false)));
    found.addAll(judgement.uncalled()); // gradients
    found.addAll(judgement.uncalled(beside));
    return found.stream().map(each -> in(model, each)).collect(ImmutableList.toImmutableList());
  }

  private static MachineAccess in(Model model, Judgement.Found found) {
    String place = found.function().isEmpty() ? "" : "function '" + found.function() + "'";
    Optional<String> layer = layer(model, found.node());
    if (found.function().isEmpty() && layer.isPresent()) {
      place = "layer '" + layer.get() + "'";
    }
    return new MachineAccess(found.kind(), found.op(), found.node(), place);
  }

  /** The innermost layer whose name is part of the node's. */
  private static Optional<String> layer(Model model, String node) {
    String path = "/" + node + "/";
    @Nullable String best = null;
    int at = -1;
    for (Layer layer : model.allLayers().toList()) {
      int found = path.lastIndexOf("/" + layer.name() + "/");
      if (found > at && found + layer.name().length() + 2 < path.length()) {
        at = found;
        best = layer.name();
      }
    }
    return Optional.ofNullable(best);
  }
}
