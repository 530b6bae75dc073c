package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.signature.Entries;
import dev.graft.importer.internal.trust.FusedNorms;
import dev.graft.importer.internal.trust.HeldShapes;
import dev.graft.importer.internal.trust.LaidOver;
import dev.graft.model.Layer;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Finds what TensorFlow may make one kernel of that does not look where its parts do:
 * normalizations behind a convolution that they do not fit.
 */
final class Fusions {

  private final Graph raw;
  private final Weights weights;

  Fusions(Contents contents) {
    raw = contents.file().graph();
    weights = contents.weights();
  }

  /** Those in {@code flat}, and in what restores the variables. */
  ImmutableList<MachineAccess> in(Graph flat, Entries all, String restoreOp) {
    Set<String> fed = new HashSet<>();
    for (Signature entry : all.signatures()) {
      entry.inputs().values().forEach(spec -> fed.add(spec.tensor().node()));
    }
    String root = restoreOp.isEmpty() ? restoreOp : TensorRef.parse(restoreOp).node();
    Graph restoring = raw.keepUpstreamOf(raw.contains(root) ? Set.of(root) : Set.of());
    return ImmutableList.<MachineAccess>builder()
        .addAll(in(flat, weights.checkpoint(), fed, "the flat graph"))
        .addAll(in(restoring, Optional.empty(), fed, "the restore op")) // nothing has a value yet
        .build();
  }

  /** Those in {@code model} as it may be when it trains. */
  ImmutableList<MachineAccess> inTraining(Model model) {
    boolean asItAnswers =
        model.penalties().isEmpty()
            && model.allLayers().map(Layer::training).allMatch(Optional::isEmpty);
    if (asItAnswers) {
      return ImmutableList.of();
    }
    Set<String> fed = new HashSet<>();
    for (Signature signature : model.signatures().values()) {
      signature.inputs().values().forEach(spec -> fed.add(spec.tensor().node()));
    }
    model.inputs().forEach(input -> fed.add(input.tensor().node()));
    return in(LaidOver.of(model), weights.checkpoint(), fed, "the graph that trains");
  }

  private ImmutableList<MachineAccess> in(
      Graph graph, Optional<TensorBundle> checkpoint, Set<String> fed, String place) {
    HeldShapes held = new HeldShapes(graph, raw, weights.restoration(), checkpoint, fed);
    return FusedNorms.in(graph, held, place);
  }
}
