package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import dev.graft.graph.Graph;
import dev.graft.importer.internal.clean.CleanGraph;
import dev.graft.importer.internal.clean.Effects;
import dev.graft.importer.internal.signature.FlatSignature;
import dev.graft.importer.internal.weights.SharedHandles;
import dev.graft.model.Signature;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The graph of the model: flat, without what says nothing and without what nobody needs.
 *
 * @param graph the graph
 * @param signatures the ways to call it
 * @param initializers what has to run once
 * @param listed the nodes of the model's variables, as its author listed them
 */
record Clean(
    Graph graph,
    ImmutableList<Signature> signatures,
    ImmutableList<String> initializers,
    ImmutableSet<String> listed) {

  /** What of {@code flat} the {@code entries} need. */
  static Clean of(Contents contents, Iterable<Signature> entries, Flat flat) {
    Effects effects = new Effects(flat.graph());
    ImmutableList.Builder<Signature> all = ImmutableList.builder();
    entries.forEach(entry -> all.add(FlatSignature.of(entry, flat.inlined(), effects)));
    ImmutableList<Signature> signatures = all.build();
    ImmutableList<String> initializers =
        flat.initial().nodes().stream()
            .filter(effects::isOrdered)
            .collect(ImmutableList.toImmutableList());
    Set<String> roots = new LinkedHashSet<>(flat.kept());
    for (Signature signature : signatures) {
      signature.inputs().values().forEach(spec -> roots.add(spec.tensor().node()));
      signature.outputs().values().forEach(spec -> roots.add(spec.tensor().node()));
      roots.addAll(signature.targets());
    }
    roots.addAll(initializers);
    SharedHandles handles =
        SharedHandles.joined(
            CleanGraph.of(
                flat.graph(), effects, contents.file().def().getMetaInfoDef().getStrippedOpList()),
            flat.listed());
    roots.removeAll(handles.others());
    return new Clean(
        handles.graph().keepUpstreamOf(roots),
        signatures,
        initializers,
        ImmutableSet.copyOf(Sets.difference(flat.listed(), handles.others())));
  }
}
