package dev.graft.surgeon.internal.analysis;

import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes out what no signature needs: nodes, variables, layers, penalties, tables, assets. A layer
 * that stays keeps all its own variables, also those that only its training function uses.
 */
public final class Prune {

  private final Model model;
  private final Graph graph;
  private final Map<String, Variable> byNode = new HashMap<>();
  private final Map<String, Variable> byName = new HashMap<>();
  private Set<String> needed;

  private Prune(Model model) {
    this.model = model;
    this.graph = model.graph();
    for (Variable variable : model.variables()) {
      byNode.put(variable.node(), variable);
      byName.put(variable.name(), variable);
    }
    this.needed = graph.upstream(signatureRoots(model));
  }

  /** {@code model} with only what its signatures need. */
  public static Model toSignatures(Model model) {
    return new Prune(model).prune();
  }

  private static Set<String> signatureRoots(Model model) {
    Set<String> roots = new LinkedHashSet<>();
    for (Signature signature : model.signatures().values()) {
      signature.inputs().values().forEach(spec -> roots.add(spec.tensor().node()));
      signature.outputs().values().forEach(spec -> roots.add(spec.tensor().node()));
      roots.addAll(signature.targets());
    }
    return roots;
  }

  private Model prune() {
    Set<String> roots = signatureRoots(model);
    List<String> initializers =
        model.initializers().stream().filter(this::initializesWhatIsNeeded).toList();
    roots.addAll(initializers);
    needed = graph.upstream(roots);

    List<Layer> layers = layers(model.layers());
    layers.stream().flatMap(Layer::walk).forEach(layer -> keepAllOf(layer, roots));
    needed = graph.upstream(roots);

    List<SavedFunction> penalties = new ArrayList<>();
    for (SavedFunction penalty : model.penalties()) {
      boolean live =
          penalty.captures().stream()
              .allMatch(c -> !byNode.containsKey(c.node()) || needed.contains(c.node()));
      if (live) {
        penalties.add(penalty);
        penalty.captures().forEach(c -> roots.add(c.node()));
      }
    }

    Graph kept = graph.keepUpstreamOf(roots);
    return model.toBuilder()
        .graph(kept)
        .variables(model.variables().stream().filter(v -> kept.contains(v.node())).toList())
        .layers(layers.stream().map(layer -> between(layer, kept)).toList())
        .penalties(penalties)
        .initializers(initializers)
        .assets(model.assets().stream().filter(a -> kept.contains(a.tensor().node())).toList())
        .inputs(model.inputs().stream().filter(i -> isInput(i.tensor())).toList())
        .heads(
            model.heads().stream()
                .filter(
                    h ->
                        kept.contains(h.features().node())
                            && kept.contains(h.logits().node())
                            && kept.contains(h.output().node()))
                .toList())
        .build();
  }

  private boolean isInput(TensorRef tensor) {
    return model.signatures().values().stream()
        .flatMap(signature -> signature.inputs().values().stream())
        .anyMatch(spec -> spec.tensor().equals(tensor));
  }

  /** A table is filled if a signature looks something up in it. */
  private boolean initializesWhatIsNeeded(String initializer) {
    List<String> tables =
        graph.upstream(List.of(initializer)).stream()
            .filter(name -> graph.node(name).getOp().contains("HashTable"))
            .toList();
    return tables.isEmpty() || tables.stream().anyMatch(needed::contains);
  }

  private List<Layer> layers(List<Layer> layers) {
    List<Layer> kept = new ArrayList<>();
    for (Layer layer : layers) {
      List<Layer> children = layers(layer.children());
      if (!children.isEmpty() || isLive(layer)) {
        boolean whole = children.equals(layer.children().stream().filter(Prune::hasPlace).toList());
        kept.add(
            whole
                ? layer
                : layer.toBuilder()
                    .asInInference() // its functions still compute what was taken out
                    .children(children)
                    .variables(
                        layer.variables().stream()
                            .filter(name -> needed.contains(node(name)))
                            .toList())
                    .build());
      }
    }
    return kept;
  }

  /** Not so for a layer that only acts in training, in the function of the one it is in. */
  private static boolean hasPlace(Layer layer) {
    return !layer.outputs().isEmpty()
        || !layer.variables().isEmpty()
        || layer.children().stream().anyMatch(Prune::hasPlace);
  }

  private boolean isLive(Layer layer) {
    if (layer.outputs().stream().anyMatch(output -> needed.contains(output.node()))) {
      return true;
    }
    if (!layer.outputs().isEmpty() || !layer.variables().isEmpty()) {
      return layer.variables().stream().anyMatch(name -> needed.contains(node(name)));
    }
    String scope = layer.name() + "/";
    return needed.stream().anyMatch(node -> node.startsWith(scope) || node.contains("/" + scope));
  }

  private void keepAllOf(Layer layer, Set<String> roots) {
    layer.variables().forEach(name -> roots.add(node(name)));
    layer.functions().forEach(function -> function.captures().forEach(c -> roots.add(c.node())));
  }

  private String node(String variable) {
    Variable found = byName.get(variable);
    return found == null ? "" : found.node();
  }

  /** {@code layer} without the tensors that are gone, and then without what stood between them. */
  private static Layer between(Layer layer, Graph kept) {
    List<TensorRef> inputs = layer.inputs().stream().filter(t -> kept.contains(t.node())).toList();
    List<TensorRef> outputs =
        layer.outputs().stream().filter(t -> kept.contains(t.node())).toList();
    boolean whole = inputs.equals(layer.inputs()) && outputs.equals(layer.outputs());
    Layer.Builder left = whole ? layer.toBuilder() : layer.toBuilder().asInInference();
    return left.children(layer.children().stream().map(child -> between(child, kept)).toList())
        .tensors(inputs, outputs, layer.outputShape())
        .build();
  }
}
