package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.layers.KerasMetadata.Inbound;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Layers that act in training and of which nothing is left in the graph, since in inference they
 * hand on what they get: noise, augmentation, penalties on activities. Each gets an {@code
 * Identity} of its own, so that it has a place in the graph where its training function can go.
 */
final class SilentLayers {

  private final LayerTensors tensors;
  private final GraphEditor editor;

  private SilentLayers(LayerTensors tensors) {
    this.tensors = tensors;
    this.editor = tensors.graph().edit();
  }

  /**
   * A network in which some layers have no node.
   *
   * @param silent the names of these layers
   * @param placed all layers of the network, by name
   * @param scopes where the network's calls stand
   */
  record Silence(Set<String> silent, Map<String, Placed> placed, List<String> scopes) {}

  /** The graph with a node for each of them; empty if there is nothing to add. */
  static Optional<Graph> completed(LayerTensors tensors, List<Silence> silences) {
    SilentLayers layers = new SilentLayers(tensors);
    int nodes = 0;
    for (Silence silence : silences) {
      nodes += layers.speak(silence.silent, silence.placed, silence.scopes);
    }
    return nodes > 0 ? Optional.of(layers.editor.build()) : Optional.empty();
  }

  /** Gives a node to each call of such layers, if it is known who reads it; tells how many. */
  private int speak(Set<String> silent, Map<String, Placed> placed, List<String> scopes) {
    Map<Inbound, TensorRef> spoken = new HashMap<>();
    for (String name : silent) {
      Placed layer = placed.get(name);
      int calls = layer == null ? 0 : layer.info().calls().size();
      if (layer == null || scopes.size() != 1 || layer.layer().outputs().size() != calls) {
        continue;
      }
      for (int call = 0; call < calls; call++) {
        TensorRef handed = layer.layer().outputs().get(call);
        Optional<Set<String>> readers = readers(name, call, handed, placed);
        if (readers.isPresent()) {
          Inbound from = layer.info().calls().get(call).get(0);
          Inbound same = new Inbound(from.layer(), placed(from, placed), 0);
          TensorRef node =
              editor
                  .op("Identity")
                  .name(
                      scopes.get(0)
                          + LayerScopes.scopeName(name)
                          + (call == 0 ? "" : "_" + call)
                          + "/Identity")
                  .input(spoken.getOrDefault(same, handed))
                  .attr("_output_shapes", Attrs.shapes(List.of(tensors.shape(handed))))
                  .output();
          editor.redirect(handed, node, reader -> readers.get().contains(reader.getName()));
          spoken.put(new Inbound(name, call, 0), node);
        }
      }
    }
    return spoken.size();
  }

  private static int placed(Inbound inbound, Map<String, Placed> placed) {
    Placed layer = placed.get(inbound.layer());
    return layer == null ? inbound.call() : layer.call(inbound);
  }

  /**
   * The nodes of all calls that read call {@code call} of layer {@code name}. Empty if no layer
   * does, or if one reads the same tensor past that layer as well, so that nobody can tell which
   * node reads which.
   */
  private static Optional<Set<String>> readers(
      String name, int call, TensorRef handed, Map<String, Placed> placed) {
    Set<String> readers = new HashSet<>();
    boolean heard = false;
    for (Placed other : placed.values()) {
      ImmutableList<ImmutableList<Inbound>> reads = other.info().calls();
      for (int i = 0; i < reads.size(); i++) {
        boolean through = false;
        boolean past = false;
        for (Inbound inbound : reads.get(i)) {
          Placed from = placed.get(inbound.layer());
          if (from != null && inbound.layer().equals(name) && from.call(inbound) == call) {
            through = true;
          } else if (from != null) {
            past |= from.output(inbound).filter(handed::equals).isPresent();
          }
        }
        if (through && past) {
          return Optional.empty();
        }
        if (through && other.calls().size() == reads.size()) {
          readers.addAll(other.calls().get(i).nodes());
        } else if (through) {
          other.calls().forEach(each -> readers.addAll(each.nodes()));
        }
        heard |= through;
      }
    }
    return heard ? Optional.of(readers) : Optional.empty();
  }
}
