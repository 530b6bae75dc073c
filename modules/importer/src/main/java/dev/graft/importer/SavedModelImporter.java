package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Sets;
import dev.graft.error.Internal;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionInliner;
import dev.graft.importer.internal.clean.CleanGraph;
import dev.graft.importer.internal.clean.Effects;
import dev.graft.importer.internal.clean.EmbeddingMasks;
import dev.graft.importer.internal.clean.InferredBatchNorm;
import dev.graft.importer.internal.clean.SettledBranches;
import dev.graft.importer.internal.file.ForeignOps;
import dev.graft.importer.internal.file.MetaGraphs;
import dev.graft.importer.internal.file.SavedModelFolder;
import dev.graft.importer.internal.layers.Author;
import dev.graft.importer.internal.layers.KerasLayers;
import dev.graft.importer.internal.layers.KerasMetadata;
import dev.graft.importer.internal.layers.KerasTraining;
import dev.graft.importer.internal.layers.LayerTensors;
import dev.graft.importer.internal.layers.ScopeLayers;
import dev.graft.importer.internal.signature.CustomGradients;
import dev.graft.importer.internal.signature.EntryPoints;
import dev.graft.importer.internal.signature.FlatSignature;
import dev.graft.importer.internal.trust.ServingCopy;
import dev.graft.importer.internal.trust.TrustVerdict;
import dev.graft.importer.internal.weights.Captures;
import dev.graft.importer.internal.weights.Initialization;
import dev.graft.importer.internal.weights.Restoration;
import dev.graft.importer.internal.weights.SharedHandles;
import dev.graft.importer.internal.weights.Variables;
import dev.graft.model.Asset;
import dev.graft.model.Layer;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.UntrustedModelException;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.savedmodel.metadata.ModelMetadata;
import dev.graft.savedmodel.objects.ObjectGraph;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/**
 * Reads a SavedModel of any vintage: Keras 2 and 3, {@code tf.saved_model.save}, TF Hub, TF1. The
 * result is one flat graph with what is known of its layers, variables and signatures. Weights stay
 * on disk, and nothing of the model runs.
 */
@Internal
public final class SavedModelImporter {

  private SavedModelImporter() {}

  /** {@link #load(Path, ImportOptions)} with the default options. */
  public static Model load(Path path) {
    return load(path, ImportOptions.defaults());
  }

  /**
   * The model at {@code path}.
   *
   * @param path the folder that holds {@code saved_model.pb}
   * @throws dev.graft.error.BadModelException if it is damaged or not supported; the message names
   *     the file or node
   * @throws dev.graft.model.UntrustedModelException if it would reach into files, the network or
   *     other code, and the options do not trust it
   * @throws dev.graft.error.BadRequestException if it has no such tags or signature
   */
  public static Model load(Path path, ImportOptions options) {
    return read(path, options).model();
  }

  /** As {@link #load(Path, ImportOptions)}, with what else the file says. */
  public static ImportedModel read(Path path, ImportOptions options) {
    return reading(path, Reader::imported, options);
  }

  /** What {@code work} makes of the SavedModel at {@code path}. */
  static <T> T reading(Path path, Function<Reader, T> work, ImportOptions options) {
    SavedModelFolder folder = SavedModelFolder.at(path);
    try {
      return work.apply(new Reader(folder, folder.parse(), options));
    } catch (StackOverflowError | OutOfMemoryError e) { // what no count has foreseen
      throw folder.tooLarge(e);
    }
  }

  /**
   * The model with its graph as the file has it: calls of functions, nothing simplified. What
   * TensorFlow makes of it is what the flat model is held against where TensorFlow's own loader
   * cannot restore the variables.
   *
   * @param flat what {@link #load(Path, ImportOptions)} gave for the same path and options
   */
  public static Model unflattened(Path path, ImportOptions options, Model flat) {
    return reading(path, reader -> reader.unflattened(flat), options);
  }

  private static void requireHarmless(List<MachineAccess> accesses, SavedModelFolder folder) {
    if (!accesses.isEmpty()) {
      throw new UntrustedModelException(folder.file(), accesses);
    }
  }

  /** Reads one MetaGraph. */
  static final class Reader {
    private final SavedModelFolder folder;
    private final MetaGraphDef meta;
    private final ImmutableList<ImmutableSet<String>> tagSets;
    private final ImportOptions options;
    private final Optional<TensorBundle> checkpoint;
    private final ObjectGraph objects;
    private final List<AssetFileDef> assetDefs;
    private final GraphDef graphDef;
    private final Graph raw;
    private final Restoration restoration;
    private final Captures captures;
    private final Variables variables;
    private final KerasTraining training;
    private final Optional<ModelMetadata> metadata;
    private final KerasMetadata keras;
    private final Set<String> taken = new HashSet<>(); // names of nodes
    private final List<NodeDef> added = new ArrayList<>();
    private final List<Signature> entries;
    private final ServingCopy copy;
    private final TrustVerdict verdict;

    Reader(SavedModelFolder folder, SavedModel saved, ImportOptions options) {
      this.folder = folder;
      this.meta = MetaGraphs.choose(saved.getMetaGraphsList(), options.tags());
      this.tagSets = MetaGraphs.tagSets(saved.getMetaGraphsList());
      this.options = options;
      this.checkpoint = folder.checkpoint();
      this.objects = new ObjectGraph(meta.getObjectGraphDef());
      this.assetDefs = Initialization.assetDefs(meta);
      this.graphDef = ServingCopy.withoutTwins(CustomGradients.bind(meta.getGraphDef(), objects));
      this.raw = Graph.of(graphDef);
      Functions.requireShallow(raw);
      ForeignOps.refuse(raw.keepUpstreamOf(ends()), meta);
      this.restoration = Restoration.of(meta.getSaverDef(), raw);
      this.captures =
          Captures.of(
              raw,
              objects,
              restoration,
              checkpoint.map(objects::checkpointKeys).orElse(Map.of()),
              assetDefs);
      this.variables = new Variables(meta, objects, captures, restoration, checkpoint.orElse(null));
      this.training =
          new KerasTraining(
              objects, captures, raw.functions(), meta.getMetaInfoDef().getStrippedOpList());
      this.metadata = folder.metadata();
      this.keras = KerasMetadata.of(folder.path(), objects);
      raw.nodes().forEach(node -> taken.add(node.getName()));
      List<Signature> all = EntryPoints.of(meta, objects, captures, raw.functions(), taken, added);
      List<Signature> wanted = EntryPoints.only(all, options.signature());
      this.copy = new ServingCopy(meta, wanted, added);
      this.verdict = copy.judge();
      if (options.trusted()) {
        this.entries = wanted;
      } else {
        requireHarmless(verdict.refusal(options.signature()), folder);
        assetDefs.forEach(asset -> folder.requireOwn(asset.getFilename()));
        Set<String> leftOut = verdict.leftOut(options.signature());
        this.entries = wanted.stream().filter(each -> !leftOut.contains(each.name())).toList();
      }
    }

    /** The nodes that the file itself says are run: results, initialization, restoring. */
    private Set<String> ends() {
      Set<String> ends = new LinkedHashSet<>(Initialization.nodes(meta, raw));
      for (Signature signature : EntryPoints.signatures(meta)) {
        signature.outputs().values().forEach(spec -> ends.add(spec.tensor().node()));
      }
      String restore = meta.getSaverDef().getRestoreOpName();
      if (!restore.isEmpty()) {
        ends.add(TensorRef.parse(restore).node());
      }
      ends.removeIf(node -> !raw.contains(node));
      return ends;
    }

    /** {@code model} with what Graft itself noted of it when it exported it. */
    Model withMetadata(Model model) {
      return metadata.map(known -> known.applyTo(model, raw.functions())).orElse(model);
    }

    ImportedModel imported() {
      Model model = withMetadata(read());
      if (!options.trusted()) {
        requireHarmless(MachineAccesses.in(model), folder);
      }
      return new ImportedModel(
          model,
          MetaGraphs.tags(meta),
          tagSets,
          meta.getGraphDef().getVersions().getProducer(),
          meta.getGraphDef().getVersions().getMinConsumer(),
          checkpoint.map(bundle -> bundle.keys().size()).orElse(0),
          checkpoint.map(TensorBundle::shards).orElse(0),
          verdict.all(),
          verdict.leftOut(options.signature()));
    }

    Model read() {
      List<NodeDef> more = new ArrayList<>(added);
      List<String> initializers = initializers(more);
      Set<String> listed = variables.listed(raw);

      Set<String> calls = new LinkedHashSet<>();
      entries.forEach(
          entry -> entry.outputs().values().forEach(spec -> calls.add(spec.tensor().node())));
      Set<String> roots = new LinkedHashSet<>(calls);
      entries.forEach(
          entry -> entry.inputs().values().forEach(spec -> roots.add(spec.tensor().node())));
      roots.addAll(initializers);
      roots.addAll(listed);
      roots.addAll(captures.constants(objects));
      roots.addAll(training.captured());
      metadata.ifPresent(known -> roots.addAll(known.nodes()));
      Graph needed = plus(more).keepUpstreamOf(roots);
      ForeignOps.refuse(needed, meta);
      if (checkpoint.isEmpty()) {
        restoration.requireNone(needed, folder.path());
      }
      FunctionInliner.Flattened flat =
          FunctionInliner.flatten(
              needed, ImmutableSet.copyOf(Iterables.concat(calls, initializers)));
      return assemble(flat, calls, initializers, listed);
    }

    /**
     * What has to run once; the nodes that it needs and the file does not hold go to {@code more}.
     */
    private List<String> initializers(List<NodeDef> more) {
      List<String> initializers = new ArrayList<>(Initialization.nodes(meta, raw));
      Set<String> names = new HashSet<>(taken);
      checkpoint.ifPresent(
          bundle -> initializers.addAll(Initialization.imports(restoration, bundle, names, more)));
      return initializers;
    }

    /** The file as TensorFlow's own loader can be given it. */
    LoadableBundle loadable(Path scratch) {
      boolean asItIs =
          added.isEmpty()
              && entries.stream()
                  .allMatch(
                      entry ->
                          ServingCopy.signature(meta, entry)
                              .equals(meta.getSignatureDefMap().get(entry.name())));
      if (options.trusted() && asItIs) {
        return new LoadableBundle(folder.path(), LoadableBundle.tags(meta));
      }
      return LoadableBundle.write(
          copy.of(entries.stream().map(Signature::name).toList()), folder, scratch);
    }

    /** {@code flat} over the graph as TensorFlow's own loader is given it. */
    Model unflattened(Model flat) {
      List<NodeDef> more = new ArrayList<>();
      List<String> initializers = initializers(more);
      GraphDef given = copy.of(entries.stream().map(Signature::name).toList()).getGraphDef();
      Graph graph = Graph.of(given.toBuilder().addAllNode(more).build());
      initializers.removeIf(node -> !graph.contains(node));
      return Model.builder(name(), graph, origin())
          .variables(flat.variables().stream().filter(v -> graph.contains(v.node())).toList())
          .signatures(entries)
          .assets(flat.assets().stream().filter(a -> graph.contains(a.tensor().node())).toList())
          .initializers(initializers)
          .build();
    }

    private Graph plus(List<NodeDef> added) {
      return added.isEmpty()
          ? raw
          : Graph.of(GraphDef.newBuilder(graphDef).addAllNode(added).build());
    }

    private Model assemble(
        FunctionInliner.Flattened flat,
        Set<String> calls,
        List<String> initializers,
        Set<String> listed) {
      Graph settled = settled(flat, calls, initializers, listed);
      Effects effects = new Effects(settled);
      List<Signature> signatures =
          entries.stream().map(entry -> FlatSignature.of(entry, flat, effects)).toList();
      List<String> initializing = initializers.stream().filter(effects::isOrdered).toList();
      Set<String> roots = new LinkedHashSet<>(listed);
      for (Signature signature : signatures) {
        signature.inputs().values().forEach(spec -> roots.add(spec.tensor().node()));
        signature.outputs().values().forEach(spec -> roots.add(spec.tensor().node()));
        roots.addAll(signature.targets());
      }
      roots.addAll(initializing);
      metadata.ifPresent(known -> roots.addAll(known.nodes()));
      captures.constants(objects).stream().filter(flat.graph()::contains).forEach(roots::add);
      training.captured().stream().filter(flat.graph()::contains).forEach(roots::add);
      SharedHandles handles =
          SharedHandles.joined(
              CleanGraph.of(settled, effects, meta.getMetaInfoDef().getStrippedOpList()), listed);
      roots.removeAll(handles.others());
      Graph graph = handles.graph().keepUpstreamOf(roots);
      List<Variable> found = variables.in(graph, Sets.difference(listed, handles.others()));
      ImmutableList<Asset> assets = Initialization.assets(assetDefs, graph, folder);
      Layered layered = layers(graph, found, signatures);
      return Model.builder(name(), layered.graph(), origin())
          .source(new Model.Source(folder.path(), folder.digest()))
          .variables(found)
          .layers(EmbeddingMasks.noted(layered.layers(), flat.graph()))
          .signatures(signatures)
          .inputs(FlatSignature.inputs(signatures))
          .assets(assets)
          .initializers(initializing)
          .penalties(training.penalties())
          .leftOut(options.trusted() ? Set.of() : verdict.leftOut(options.signature()))
          .build();
    }

    /** {@code flat} without branches that never run. */
    private Graph settled(
        FunctionInliner.Flattened flat,
        Set<String> calls,
        List<String> initializers,
        Set<String> listed) {
      Set<String> roots = new LinkedHashSet<>(calls);
      List<TensorRef> results = new ArrayList<>();
      Set<String> fed = new HashSet<>();
      for (Signature entry : entries) {
        entry.inputs().values().forEach(spec -> fed.add(spec.tensor().node()));
        entry.outputs().values().forEach(spec -> results.add(flat.of(spec.tensor())));
      }
      results.removeIf(result -> !flat.graph().contains(result.node()));
      results.forEach(result -> roots.add(result.node()));
      roots.addAll(fed);
      roots.addAll(initializers);
      roots.addAll(listed);
      roots.addAll(captures.constants(objects));
      roots.addAll(training.captured());
      metadata.ifPresent(known -> roots.addAll(known.nodes()));
      roots.removeIf(node -> !flat.graph().contains(node));
      return SettledBranches.taken(flat.graph(), roots, results, fed);
    }

    /** The layers, and the graph in which each has a place. */
    private record Layered(Graph graph, List<Layer> layers) {}

    private Layered layers(Graph graph, List<Variable> found, List<Signature> signatures) {
      Optional<Signature> serving =
          signatures.stream()
              .filter(signature -> signature.name().equals(Signature.SERVING_DEFAULT))
              .findFirst()
              .or(() -> signatures.stream().findFirst());
      Signature signature =
          serving.orElseGet(() -> Signature.predict("none", ImmutableMap.of(), ImmutableMap.of()));
      Map<String, Variable> byNode = new HashMap<>();
      found.forEach(variable -> byNode.put(variable.node(), variable));
      Map<Integer, Variable> byObject = new HashMap<>();
      captures
          .tensors()
          .forEach(
              (id, tensor) -> {
                Variable variable = byNode.get(tensor.node());
                if (variable != null) {
                  byObject.put(id, variable);
                }
              });
      LayerTensors tensors = new LayerTensors(graph, signature);
      KerasLayers tree = new KerasLayers(objects, keras, tensors, byObject, graph, training);
      List<Layer> layers = tree.layers();
      Optional<Graph> completed = tree.completed();
      if (completed.isPresent()) {
        tensors = new LayerTensors(completed.get(), signature);
        tree = new KerasLayers(objects, keras, tensors, byObject, completed.get(), training);
        return new Layered(completed.get(), tree.layers());
      }
      if (layers.isEmpty()) {
        layers =
            InferredBatchNorm.in(graph, new ScopeLayers(name(), tensors, found).layers(), found);
      }
      return new Layered(graph, layers);
    }

    private String name() {
      Path file = folder.path().toAbsolutePath().normalize().getFileName();
      return file == null ? "model" : file.toString();
    }

    private Provenance.Origin origin() {
      return new Provenance.Origin(
          folder.path().toString(),
          folder.digest(),
          Author.of(meta, objects, keras),
          meta.getMetaInfoDef().getTensorflowVersion(),
          folder.bytes());
    }
  }
}
