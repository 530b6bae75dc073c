package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Iterables;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import dev.graft.graph.FunctionInliner;
import dev.graft.graph.Graph;
import dev.graft.graph.TensorRef;
import dev.graft.model.Asset;
import dev.graft.model.BadModelException;
import dev.graft.model.InputSpec;
import dev.graft.model.Internal;
import dev.graft.model.Layer;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import dev.graft.model.ModelMetadata;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorBundle;
import dev.graft.model.TensorSpec;
import dev.graft.model.UntrustedModelException;
import dev.graft.model.Variable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
   * @throws dev.graft.model.BadModelException if it is damaged or not supported; the message names
   *     the file or node
   * @throws dev.graft.model.UntrustedModelException if it would reach into files, the network or
   *     other code, and the options do not trust it
   * @throws dev.graft.model.BadRequestException if it has no such tags or signature
   */
  public static Model load(Path path, ImportOptions options) {
    return read(path, options).model();
  }

  /** As {@link #load(Path, ImportOptions)}, with what else the file says. */
  public static ImportedModel read(Path path, ImportOptions options) {
    SavedModelFolder folder = SavedModelFolder.at(path);
    SavedModel saved = folder.parse();
    MetaGraphDef meta = MetaGraphs.choose(saved.getMetaGraphsList(), options.tags());
    Reader reader = new Reader(folder, meta, options);
    Model model = reader.withMetadata(reader.read());
    if (!options.trusted()) {
      reader.requireHarmless(model);
    }
    return reader.imported(model, MetaGraphs.tagSets(saved.getMetaGraphsList()));
  }

  /**
   * The model with its graph as the file has it: calls of functions, nothing simplified. What
   * TensorFlow makes of it is what the flat model is held against where TensorFlow's own loader
   * cannot restore the variables.
   *
   * @param flat what {@link #load(Path, ImportOptions)} gave for the same path and options
   */
  public static Model unflattened(Path path, ImportOptions options, Model flat) {
    return reader(SavedModelFolder.at(path), options).unflattened(flat);
  }

  static Reader reader(SavedModelFolder folder, ImportOptions options) {
    SavedModel saved = folder.parse();
    return new Reader(
        folder, MetaGraphs.choose(saved.getMetaGraphsList(), options.tags()), options);
  }

  /** Reads one MetaGraph. */
  static final class Reader {
    private final SavedModelFolder folder;
    private final MetaGraphDef meta;
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

    Reader(SavedModelFolder folder, MetaGraphDef meta, ImportOptions options) {
      this.folder = folder;
      this.meta = meta;
      this.options = options;
      this.checkpoint = folder.checkpoint();
      this.objects = new ObjectGraph(meta.getObjectGraphDef());
      this.assetDefs = Initialization.assetDefs(meta);
      this.graphDef = CustomGradients.bind(meta.getGraphDef(), objects);
      this.raw = Graph.of(graphDef);
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

    ImportedModel imported(Model model, ImmutableList<ImmutableSet<String>> tagSets) {
      return new ImportedModel(
          model,
          MetaGraphs.tags(meta),
          tagSets,
          meta.getGraphDef().getVersions().getProducer(),
          meta.getGraphDef().getVersions().getMinConsumer(),
          checkpoint.map(bundle -> bundle.keys().size()).orElse(0),
          checkpoint.map(TensorBundle::shards).orElse(0));
    }

    /** Fails if {@code model}, or what restores it, reaches beyond the model. */
    void requireHarmless(Model model) {
      List<MachineAccess> accesses = new ArrayList<>(MachineAccesses.in(model));
      accesses.addAll(restoration.accesses());
      if (!accesses.isEmpty()) {
        throw new UntrustedModelException(folder.file(), accesses);
      }
    }

    Model read() {
      Set<String> taken = taken();
      List<NodeDef> added = new ArrayList<>();
      List<Signature> entries = entries(taken, added);
      List<String> initializers = new ArrayList<>(Initialization.nodes(meta, raw));
      checkpoint.ifPresent(
          bundle -> initializers.addAll(Initialization.imports(restoration, bundle, taken, added)));
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
      Graph needed = plus(added).keepUpstreamOf(roots);
      ForeignOps.refuse(needed, meta);
      FunctionInliner.Flattened flat =
          FunctionInliner.flatten(
              needed, ImmutableSet.copyOf(Iterables.concat(calls, initializers)));
      return assemble(flat, calls, entries, initializers, listed);
    }

    /** The file as TensorFlow's own loader can be asked what the model can be asked. */
    LoadableBundle loadable(Path scratch) {
      List<NodeDef> added = new ArrayList<>();
      List<Signature> entries = entries(taken(), added);
      return LoadableBundle.of(folder, meta, entries, added, scratch);
    }

    /** {@code flat} over the graph as the file has it. */
    Model unflattened(Model flat) {
      List<NodeDef> added = new ArrayList<>();
      Set<String> taken = taken();
      List<Signature> entries = entries(taken, added);
      List<String> initializers = new ArrayList<>(Initialization.nodes(meta, raw));
      checkpoint.ifPresent(
          bundle -> initializers.addAll(Initialization.imports(restoration, bundle, taken, added)));
      return Model.builder(name(), plus(added), origin())
          .variables(flat.variables())
          .signatures(entries)
          .assets(flat.assets())
          .initializers(initializers)
          .build();
    }

    private Set<String> taken() {
      Set<String> taken = new HashSet<>();
      raw.nodes().forEach(node -> taken.add(node.getName()));
      return taken;
    }

    /** The ways to call the model; the nodes that they need are put into {@code added}. */
    private List<Signature> entries(Set<String> taken, List<NodeDef> added) {
      List<Signature> entries = EntryPoints.signatures(meta);
      if (entries.stream().allMatch(entry -> entry.inputs().isEmpty())) {
        entries = EntryPoints.functions(objects, captures, raw.functions(), taken, added);
      }
      return EntryPoints.only(entries, options.signature());
    }

    private Graph plus(List<NodeDef> added) {
      return added.isEmpty()
          ? raw
          : Graph.of(GraphDef.newBuilder(graphDef).addAllNode(added).build());
    }

    private Model assemble(
        FunctionInliner.Flattened flat,
        Set<String> calls,
        List<Signature> entries,
        List<String> initializers,
        Set<String> listed) {
      Effects effects = new Effects(flat.graph());
      List<Signature> signatures =
          entries.stream().map(entry -> flatten(entry, flat, effects)).toList();
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
              CleanGraph.of(flat.graph(), effects, meta.getMetaInfoDef().getStrippedOpList()),
              listed);
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
          .inputs(inputs(signatures))
          .assets(assets)
          .initializers(initializing)
          .penalties(training.penalties())
          .build();
    }

    /** {@code entry} between tensors of the flat graph. */
    private static Signature flatten(
        Signature entry, FunctionInliner.Flattened flat, Effects effects) {
      ImmutableMap<String, TensorSpec> outputs =
          ImmutableMap.copyOf(
              Maps.transformValues(
                  entry.outputs(),
                  spec ->
                      new TensorSpec(
                          existing(flat.graph(), flat.of(spec.tensor()), entry),
                          spec.dtype(),
                          spec.shape())));
      entry.inputs().values().forEach(spec -> existing(flat.graph(), spec.tensor(), entry));
      Set<String> fetched = new LinkedHashSet<>();
      Set<String> called = new LinkedHashSet<>();
      outputs.values().forEach(spec -> fetched.add(spec.tensor().node()));
      entry.outputs().values().forEach(spec -> called.add(spec.tensor().node()));
      called.removeIf(node -> !flat.graph().contains(node));
      Set<String> effectsOfCall = new LinkedHashSet<>(effects.orderedUpstream(called));
      effectsOfCall.removeAll(effects.orderedUpstream(fetched));
      boolean more = !effectsOfCall.isEmpty();
      return new Signature(
          entry.name(),
          entry.method(),
          entry.inputs(),
          outputs,
          more ? ImmutableList.copyOf(called) : ImmutableList.of(),
          entry.defaults());
    }

    private static TensorRef existing(Graph graph, TensorRef tensor, Signature signature) {
      if (!graph.contains(tensor.node())) {
        throw BadModelException.atNode(
            tensor.node(),
            "signature '"
                + signature.name()
                + "' names the tensor '"
                + tensor
                + "', which the graph does not have; saved_model.pb is damaged.");
      }
      return tensor;
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

    private static List<InputSpec> inputs(List<Signature> signatures) {
      return signatures.stream()
          .filter(s -> s.name().equals(Signature.SERVING_DEFAULT) || signatures.size() == 1)
          .flatMap(s -> s.inputs().entrySet().stream())
          .map(
              input ->
                  new InputSpec(
                      input.getKey(),
                      input.getValue().tensor(),
                      input.getValue().dtype(),
                      input.getValue().shape(),
                      Optional.empty(),
                      InputSpec.Channels.UNKNOWN,
                      InputSpec.Resize.STRETCH))
          .toList();
    }
  }
}
