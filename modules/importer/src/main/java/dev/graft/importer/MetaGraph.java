package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.file.ForeignOps;
import dev.graft.importer.internal.file.MetaGraphs;
import dev.graft.importer.internal.file.SavedModelFolder;
import dev.graft.importer.internal.layers.GpuTwins;
import dev.graft.importer.internal.signature.CustomGradients;
import dev.graft.importer.internal.signature.EntryPoints;
import dev.graft.importer.internal.trust.BoundedBoxes;
import dev.graft.importer.internal.trust.BoundedRows;
import dev.graft.importer.internal.trust.PlainAttributes;
import dev.graft.importer.internal.trust.SeparatePads;
import dev.graft.importer.internal.trust.SingleTensors;
import dev.graft.importer.internal.weights.Initialization;
import dev.graft.model.Signature;
import dev.graft.savedmodel.objects.ObjectGraph;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;

/**
 * One MetaGraph of a SavedModel.
 *
 * @param folder the files of the SavedModel
 * @param tagSets the tags of each MetaGraph in the file
 * @param def the MetaGraph, as the file has it but for {@link PlainAttributes}, {@link
 *     BoundedRows}, {@link BoundedBoxes} and {@link SeparatePads}
 * @param objects its object graph
 * @param graph its graph, with the gradients of its functions bound to them
 * @param twins which of its functions it has for GPUs, too
 */
record MetaGraph(
    SavedModelFolder folder,
    ImmutableList<Set<String>> tagSets,
    MetaGraphDef def,
    ObjectGraph objects,
    Graph graph,
    GpuTwins twins) {

  /** The MetaGraph of {@code folder} that is tagged {@code tags}, or the one for serving. */
  static MetaGraph of(SavedModelFolder folder, Set<String> tags) {
    List<MetaGraphDef> all = folder.parse().getMetaGraphsList();
    MetaGraphDef chosen = MetaGraphs.choose(all, tags);
    SingleTensors.require(chosen.getGraphDef().getLibrary());
    GpuTwins twins = GpuTwins.in(chosen.getGraphDef().getLibrary()); // by attributes that go
    GraphDef plain = PlainAttributes.of(chosen.getGraphDef());
    plain = SeparatePads.of(BoundedBoxes.of(BoundedRows.of(plain)));
    MetaGraphDef def = chosen.toBuilder().setGraphDef(plain).build();
    ObjectGraph objects = new ObjectGraph(def.getObjectGraphDef());
    Graph graph = Graph.of(CustomGradients.bind(def.getGraphDef(), objects));
    Functions.requireShallow(graph);
    ForeignOps.refuse(graph.keepUpstreamOf(ends(def, graph)), def);
    return new MetaGraph(folder, MetaGraphs.tagSets(all), def, objects, graph, twins);
  }

  /** The nodes that the file itself says are run: results, initialization, restoring. */
  private static Set<String> ends(MetaGraphDef def, Graph graph) {
    Set<String> ends = new LinkedHashSet<>(Initialization.nodes(def, graph));
    for (Signature signature : EntryPoints.signatures(def)) {
      signature.outputs().values().forEach(spec -> ends.add(spec.tensor().node()));
    }
    String restore = def.getSaverDef().getRestoreOpName();
    if (!restore.isEmpty()) {
      ends.add(TensorRef.parse(restore).node());
    }
    ends.removeIf(node -> !graph.contains(node));
    return ends;
  }

  /** What the model is called: its folder's name. */
  String name() {
    Path file = folder.path().toAbsolutePath().normalize().getFileName();
    return file == null ? "model" : file.toString();
  }
}
