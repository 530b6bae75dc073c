package dev.graft.importer.internal.trust;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.graph.Colocation;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.weights.Initialization;
import dev.graft.model.MachineAccess;
import dev.graft.model.Signature;
import dev.graft.savedmodel.objects.SignatureDefs;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SignatureDef;

/**
 * What of a MetaGraph TensorFlow's loader is given: the nodes and functions that some of its
 * signatures, its initialization and its restore op reach, as they are in the file, and nothing
 * else. What the model may do is judged on exactly that.
 */
public final class ServingCopy {

  private final MetaGraphDef meta;
  private final Graph graph; // as in the file, with what plain signatures need
  private final ImmutableMap<String, Signature> entries;
  private final List<TensorRef> assets;
  private final List<String> init;
  private final Set<String> restore = new LinkedHashSet<>();

  /**
   * The copies that can be made of {@code meta}.
   *
   * @param entries the ways to call it, between tensors of its graph
   * @param added nodes that these need and the file does not hold
   */
  public ServingCopy(MetaGraphDef meta, List<Signature> entries, List<NodeDef> added) {
    this.meta = meta;
    this.graph = Graph.of(meta.getGraphDef()).plus(added);
    this.entries =
        entries.stream()
            .filter(this::isWhole)
            .collect(ImmutableMap.toImmutableMap(Signature::name, entry -> entry));
    this.assets =
        Initialization.assetDefs(meta).stream()
            .map(asset -> TensorRef.parse(asset.getTensorInfo().getName()))
            .toList();
    this.init = Initialization.nodes(meta, graph);
    restoring().ifPresent(restore::add);
    place().map(TensorRef::node).filter(graph::contains).ifPresent(restore::add);
  }

  /** A damaged one is refused by name when it is flattened. */
  private boolean isWhole(Signature entry) {
    return ends(entry).stream().allMatch(graph::contains);
  }

  private Optional<String> restoring() {
    return Optional.of(meta.getSaverDef().getRestoreOpName())
        .filter(name -> !name.isEmpty())
        .map(name -> TensorRef.parse(name).node())
        .filter(graph::contains);
  }

  private Optional<TensorRef> place() {
    return Optional.of(meta.getSaverDef().getFilenameTensorName())
        .filter(name -> !name.isEmpty())
        .map(TensorRef::parse);
  }

  private static Set<String> ends(Signature entry) {
    Set<String> ends = new LinkedHashSet<>();
    entry.inputs().values().forEach(spec -> ends.add(spec.tensor().node()));
    entry.outputs().values().forEach(spec -> ends.add(spec.tensor().node()));
    return ends;
  }

  /** What it does beyond the model, each signature by itself. */
  public TrustVerdict judge() {
    Map<TensorRef, Known> fed = new HashMap<>();
    assets.forEach(asset -> fed.put(asset, Known.OWN_FILE));
    Judgement.Run initial =
        new Judgement.Run("the init op", graph.upstream(init), ImmutableMap.copyOf(fed), true);
    place().ifPresent(place -> fed.put(place, Known.OWN_CHECKPOINT));
    Judgement.Run restoring =
        new Judgement.Run("the restore op", graph.upstream(restore), fed, true);
    // whoever calls gives them; in any of the signatures, since they are called together, too
    Map<TensorRef, Known> given = new HashMap<>();
    for (Signature entry : entries.values()) {
      entry.inputs().values().forEach(spec -> given.put(spec.tensor(), Known.NOTHING));
    }
    Map<String, NodeDef> nodes = new LinkedHashMap<>();
    graph.nodes().forEach(node -> nodes.put(node.getName(), node));
    Map<String, Judgement.Run> calls = new LinkedHashMap<>();
    Set<String> callable = new HashSet<>();
    long all = 0;
    for (Signature entry : entries.values()) {
      Set<String> running = graph.upstream(ends(entry));
      for (String node : running) {
        all += 1L + graph.node(node).getInputCount();
      }
      if (all > Judgement.MAX_VISITS) {
        throw new BadModelException(
            "the model's signatures reach more than "
                + Judgement.MAX_VISITS
                + " nodes in all; it is damaged or made to exhaust memory.");
      }
      callable.addAll(running);
      calls.put(
          entry.name(),
          new Judgement.Run("signature '" + entry.name() + "'", running, given, false));
    }
    // of a function that nothing reaches TensorFlow is told nothing
    Set<String> reached = new HashSet<>(callable);
    reached.addAll(initial.nodes());
    reached.addAll(restoring.nodes());
    Map<String, FunctionDef> functions =
        Functions.reachable(reached.stream().map(graph::node).toList(), graph.functions());
    Set<String> handles =
        new OwnVariables(nodes, functions, Set.copyOf(assets), callable).handles(Set.of());
    Judgement judgement = new Judgement(nodes, functions, handles);
    ImmutableMap.Builder<String, ImmutableList<MachineAccess>> signatures = ImmutableMap.builder();
    calls.forEach((name, run) -> signatures.put(name, judgement.of(run)));
    return new TrustVerdict(
        ImmutableList.<MachineAccess>builder()
            .addAll(judgement.of(initial))
            .addAll(judgement.of(restoring))
            .build(),
        signatures.buildOrThrow());
  }

  /** The MetaGraph with the signatures {@code names} and what they need. */
  public MetaGraphDef of(Collection<String> names) {
    Set<String> ends = new LinkedHashSet<>(init);
    ends.addAll(restore);
    List<Signature> wanted =
        entries.values().stream().filter(entry -> names.contains(entry.name())).toList();
    wanted.forEach(entry -> ends.addAll(ends(entry)));
    Set<String> kept = graph.upstream(ends);
    MetaGraphDef.Builder copy =
        MetaGraphDef.newBuilder().setMetaInfoDef(meta.getMetaInfoDef()).setGraphDef(graphDef(kept));
    if (meta.hasSaverDef()) {
      copy.setSaverDef(meta.getSaverDef());
    }
    wanted.forEach(entry -> copy.putSignatureDef(entry.name(), signature(meta, entry)));
    Initialization.copy(meta, copy);
    List<AssetFileDef> needed =
        Initialization.assetDefs(meta).stream()
            .filter(asset -> kept.contains(TensorRef.parse(asset.getTensorInfo().getName()).node()))
            .toList();
    Initialization.copyAssets(meta, needed, copy);
    return copy.build();
  }

  private GraphDef graphDef(Set<String> kept) {
    GraphDef.Builder copy = GraphDef.newBuilder().setVersions(graph.versions());
    for (NodeDef node : graph.nodes()) {
      if (kept.contains(node.getName())) {
        // TensorFlow takes no node that is to be where none is
        copy.addNode(Colocation.among(node, kept::contains));
      }
    }
    Map<String, FunctionDef> functions = Functions.reachable(copy.getNodeList(), graph.functions());
    functions.values().forEach(copy.getLibraryBuilder()::addFunction);
    return copy.build();
  }

  /** How {@code meta} declares {@code entry}, or how it can be declared in plain tensors. */
  public static SignatureDef signature(MetaGraphDef meta, Signature entry) {
    SignatureDef def =
        meta.getSignatureDefOrDefault(entry.name(), SignatureDef.getDefaultInstance());
    boolean plain =
        def.getInputsMap().keySet().equals(entry.inputs().keySet())
            && def.getOutputsMap().keySet().equals(entry.outputs().keySet());
    return plain ? def : SignatureDefs.plain(entry);
  }
}
