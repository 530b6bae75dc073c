package dev.graft.importer;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionInliner;
import dev.graft.importer.internal.clean.SettledBranches;
import dev.graft.importer.internal.file.ForeignOps;
import dev.graft.importer.internal.signature.Entries;
import dev.graft.model.Signature;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The graph without calls of functions, and without branches that never run.
 *
 * @param inlined what became of the calls
 * @param graph the graph
 * @param initial what has to run once
 * @param listed the nodes of the model's variables, as its author listed them
 * @param kept the nodes that stay though no answer needs them, as far as they are there
 */
record Flat(
    FunctionInliner.Flattened inlined,
    Graph graph,
    Initial initial,
    ImmutableSet<String> listed,
    ImmutableSet<String> kept) {

  /** The flat graph of what {@code entries} reach. */
  static Flat of(Contents contents, Entries entries) {
    MetaGraph file = contents.file();
    Initial initial = Initial.of(contents);
    ImmutableSet<String> listed =
        ImmutableSet.copyOf(contents.weights().variables().listed(file.graph()));
    ImmutableSet<String> kept = contents.kept(listed);
    Set<String> calls = new LinkedHashSet<>();
    Set<String> fed = new LinkedHashSet<>();
    for (Signature entry : entries.signatures()) {
      entry.outputs().values().forEach(spec -> calls.add(spec.tensor().node()));
      entry.inputs().values().forEach(spec -> fed.add(spec.tensor().node()));
    }
    Set<String> roots = union(calls, fed, initial.nodes(), kept);
    Graph needed = file.graph().plus(entries.added()).plus(initial.added()).keepUpstreamOf(roots);
    ForeignOps.refuse(needed, file.def());
    if (contents.weights().checkpoint().isEmpty()) {
      contents.weights().restoration().requireNone(needed, file.folder().path());
    }
    FunctionInliner.Flattened inlined =
        FunctionInliner.flatten(
            needed, ImmutableSet.copyOf(Iterables.concat(calls, initial.nodes())));
    List<TensorRef> results = results(entries, inlined);
    results.forEach(result -> roots.add(result.node()));
    roots.removeIf(node -> !inlined.graph().contains(node));
    return new Flat(
        inlined,
        SettledBranches.taken(inlined.graph(), roots, results, fed),
        initial,
        listed,
        kept.stream().filter(inlined.graph()::contains).collect(ImmutableSet.toImmutableSet()));
  }

  private static List<TensorRef> results(Entries entries, FunctionInliner.Flattened inlined) {
    List<TensorRef> results = new ArrayList<>();
    for (Signature entry : entries.signatures()) {
      entry.outputs().values().forEach(spec -> results.add(inlined.of(spec.tensor())));
    }
    results.removeIf(result -> !inlined.graph().contains(result.node()));
    return results;
  }

  @SafeVarargs
  private static Set<String> union(Iterable<String>... parts) {
    Set<String> all = new LinkedHashSet<>();
    for (Iterable<String> part : parts) {
      part.forEach(all::add);
    }
    return all;
  }
}
