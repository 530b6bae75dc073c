package dev.graft.exporter;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.collect.Sets;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.graph.Functions;
import dev.graft.graph.Graph;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.graph.op.OpHistory;
import dev.graft.model.Asset;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.TensorBundleWriter;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.metadata.ModelMetadata;
import dev.graft.savedmodel.objects.SignatureDefs;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * The files of one SavedModel, made from a model in {@link ServingForm}.
 *
 * @param model the model as served
 * @param savedModel the content of {@code saved_model.pb}
 * @param objects the object tree that the checkpoint holds as well
 * @param signatures all signatures
 * @param made those that are made around the serving signature
 */
record SavedModelFiles(
    Model model,
    SavedModel savedModel,
    ByteString objects,
    ImmutableMap<String, Signature> signatures,
    ImmutableList<MadeSignature> made) {

  /**
   * Files that are written, and not yet tried.
   *
   * @param dir the folder that they lie in
   * @param remarks what there is to say of them before that
   */
  record Written(SavedModelFiles files, Path dir, ImmutableList<String> remarks) {}

  private static final long MOST_BYTES = Integer.MAX_VALUE - (64L << 20);
  private static final String INIT = "__saved_model_init_op";
  private static final String TENSORFLOW = "2.18.0";
  private static final String OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH";

  /**
   * The files of {@code served}.
   *
   * @param proofs what it will be tried on
   * @param remarks gets a sentence for each signature that cannot be made
   */
  static SavedModelFiles of(Model served, List<Proof> proofs, List<String> remarks) {
    Graph graph = served.graph();
    List<SignatureFunction> functions = new ArrayList<>();
    FunctionNames names = FunctionNames.besides(served);
    Map<String, Signature> signatures = new LinkedHashMap<>(served.signatures());
    boolean functional = isFunctional(graph);
    if (functional) {
      for (Signature signature : served.signatures().values()) {
        functions.add(
            SignatureFunction.of(
                graph, signature, names.of(signature.name()), SignatureFunction.captured(served)));
      }
    }
    List<MadeSignature> made = functional ? made(served, proofs, remarks) : none(served, remarks);
    if (!made.isEmpty()) {
      Map<String, SignatureFunction> own = new HashMap<>();
      functions.forEach(function -> own.put(function.signature(), function));
      made.forEach(
          each ->
              functions.add(
                  each.function(
                      served, requireNonNull(own.get(each.base())), names.of(each.name()))));
      MadeSignature.Added added = MadeSignature.add(served, made);
      graph = added.graph();
      added.signatures().forEach(signature -> signatures.put(signature.name(), signature));
    }
    signatures.values().forEach(SavedModelFiles::requireOutputsOfItsOwn);
    Saving saving = Saving.add(graph, served);
    PythonView python = PythonView.of(saving.graph(), served, functions, names);
    MetaGraphDef.Builder meta =
        MetaGraphDef.newBuilder()
            .setGraphDef(graphDef(saving.graph(), served, python.functions()))
            .setSaverDef(saving.saver())
            .setObjectGraphDef(python.objects().toSavedObjectGraph());
    meta.getMetaInfoDefBuilder()
        .addTags("serve")
        .setTensorflowVersion(TENSORFLOW)
        .setStrippedDefaultAttrs(true);
    signatures.values().forEach(s -> meta.putSignatureDef(s.name(), signatureDef(s)));
    TensorInfo init = TensorInfo.newBuilder().setName(saving.init()).build();
    meta.putSignatureDef(INIT, SignatureDef.newBuilder().putOutputs(INIT, init).build());
    addAssets(meta, served.assets());
    MetaGraphDef whole = meta.build();
    requireReadable(whole);
    return new SavedModelFiles(
        served,
        SavedModel.newBuilder().setSavedModelSchemaVersion(1).addMetaGraphs(whole).build(),
        python.objects().toTrackableObjectGraph().toByteString(),
        ImmutableMap.copyOf(signatures),
        ImmutableList.copyOf(made));
  }

  /** TensorFlow's loader, as Graft calls it, does not see this; a server does. */
  static void requireOutputsOfItsOwn(Signature signature) {
    Set<String> passed = ServingForm.passedThrough(signature);
    if (!passed.isEmpty()) {
      throw new BadModelException(
          "the outputs "
              + passed
              + " of signature '"
              + signature.name()
              + "' are its inputs, which a server does not give; please report this. Nothing was"
              + " published.");
    }
  }

  /**
   * Fails if a file of {@code meta} would be larger than protobuf reads; what is not of the graph
   * is left some room.
   */
  static void requireReadable(MetaGraphDef meta) {
    GraphDef graph = meta.getGraphDef();
    Stream<NodeDef> inFunctions =
        graph.getLibrary().getFunctionList().stream()
            .flatMap(function -> function.getNodeDefList().stream());
    long bytes =
        Stream.concat(graph.getNodeList().stream(), inFunctions)
            .mapToLong(NodeDef::getSerializedSize)
            .sum();
    if (bytes > MOST_BYTES) {
      throw new BadModelException(
          String.format(
              Locale.ROOT,
              "saved_model.pb would have %.1f GB, and nobody can read one of 2 GB: weights that are"
                  + " constants of the graph stand in it again for each signature. Publish a model"
                  + " whose weights are variables, or fewer signatures. Nothing was published.",
              bytes / 1e9));
    }
  }

  /** The signatures for features, if they are asked for. */
  private static Set<String> requested(Model served, List<Proof> proofs) {
    return Proof.Features.areAmong(proofs) ? ServingForm.readers(served).keySet() : Set.of();
  }

  /** What was asked for: the signatures for features, and those made around them. */
  Set<String> requested(List<Proof> proofs) {
    Set<String> all = new LinkedHashSet<>(requested(model, proofs));
    made.stream()
        .filter(each -> all.contains(each.base()))
        .map(MadeSignature::name)
        .toList()
        .forEach(all::add);
    return all;
  }

  /** What is made for a model; what it has itself by such a name clients may call, so it stays. */
  private static List<MadeSignature> made(Model served, List<Proof> proofs, List<String> remarks) {
    List<MadeSignature> made = new ArrayList<>();
    Optional<MadeSignature> bytes = BytesSignature.of(served);
    if (served.signatures().containsKey(Signature.SERVING_BYTES)) {
      remarks.add(
          "the model has a signature '"
              + Signature.SERVING_BYTES
              + "' of its own, which stays as it is: none is made for encoded pictures");
    } else if (bytes.isPresent()) {
      made.add(bytes.get());
    } else if (takesPictures(served)) {
      remarks.add(
          "no signature '"
              + Signature.SERVING_BYTES
              + "' is made for encoded pictures: the model takes something besides, or the size or"
              + " range of its pixels is not known");
    }
    made.addAll(ClassifySignature.of(served, proofs, remarks));
    for (String features : requested(served, proofs)) {
      String name = features + Signature.BYTES;
      if (served.signatures().containsKey(name)) {
        remarks.add("the model has a signature '" + name + "' of its own, which stays as it is");
      } else {
        BytesSignature.around(served, features, name).ifPresent(made::add);
      }
    }
    return made;
  }

  private static List<MadeSignature> none(Model served, List<String> remarks) {
    if (takesPictures(served)
        || served.heads().stream().anyMatch(head -> head.kind().hasLabels())) {
      remarks.add(
          "no signature is made for encoded pictures or tf.Examples: the model looks words up in"
              + " tables of TensorFlow 1");
    }
    return List.of();
  }

  private static boolean takesPictures(Model served) {
    return BytesSignature.picture(served).isPresent()
        || served.inputs().stream().anyMatch(InputSpec::isImage);
  }

  /** Whether a graph holds nothing that a function cannot: references, tables of TF1. */
  private static boolean isFunctional(Graph graph) {
    return graph.nodes().stream().map(NodeDef::getOp).noneMatch("HashTable"::equals);
  }

  /** The graph with the functions that only Python and a re-import look for. */
  private static GraphDef graphDef(Graph graph, Model model, List<FunctionDef> functions) {
    Map<String, FunctionDef> library = new LinkedHashMap<>(graph.functions());
    functions.forEach(function -> library.put(function.getSignature().getName(), function));
    library.putAll(ModelMetadata.functions(model));
    library.values().forEach(SavedModelFiles::check);
    GraphDef.Builder def = graph.toGraphDef().toBuilder();
    def.getLibraryBuilder().clearFunction().addAllFunction(library.values());
    return DefaultAttrs.stripped(def.build());
  }

  /** TensorFlow's own loader, which the export is held against, does not look at this. */
  private static void check(FunctionDef function) {
    if (!FunctionGraph.countsItsArguments(function)) {
      throw new BadModelException(
          "function '"
              + function.getSignature().getName()
              + "' does not give the shapes of its arguments one by one, so Python's TensorFlow could"
              + " not load the export; please report this. Nothing was published.");
    }
  }

  private static SignatureDef signatureDef(Signature signature) {
    SignatureDef.Builder def = SignatureDefs.plain(signature).toBuilder();
    signature.defaults().forEach((name, value) -> def.putDefaults(name, value.toProto()));
    return def.build();
  }

  /** Assets as both generations of loaders look for them. */
  private static void addAssets(MetaGraphDef.Builder meta, List<Asset> assets) {
    CollectionDef.Builder collection = CollectionDef.newBuilder();
    AssetFiles files = AssetFiles.of(assets);
    files.nameIn(meta.getGraphDefBuilder(), assets);
    for (Asset asset : assets) {
      AssetFileDef def =
          AssetFileDef.newBuilder()
              .setFilename(files.name(asset))
              .setTensorInfo(TensorInfo.newBuilder().setName(asset.tensor().toString()))
              .build();
      meta.addAssetFileDef(def);
      collection.getAnyListBuilder().addValue(Any.pack(def));
    }
    if (!assets.isEmpty()) {
      meta.putCollectionDef("saved_model_assets", collection.build());
    }
  }

  /** The oldest TensorFlow that knows all that a server runs. */
  OpHistory.Need needs() {
    GraphDef graph = savedModel.getMetaGraphs(0).getGraphDef();
    Map<String, FunctionDef> library =
        Maps.uniqueIndex(
            graph.getLibrary().getFunctionList(), function -> function.getSignature().getName());
    return OpHistory.standard()
        .of(graph.getNodeList(), Functions.reachable(graph.getNodeList(), library).values());
  }

  /** The oldest that knows all, as Python's has to, which reads every function. */
  OpHistory.Need needsInPython() {
    GraphDef graph = savedModel.getMetaGraphs(0).getGraphDef();
    return OpHistory.standard().of(graph.getNodeList(), graph.getLibrary().getFunctionList());
  }

  /**
   * Writes everything into {@code dir}, an empty folder, and forces it to the disk.
   *
   * @param own the signatures that the model itself has: an import takes the others away again
   */
  void write(Path dir, Set<String> own) throws IOException {
    VariableValues.requireFitting(model.variables());
    Path variables = Files.createDirectory(dir.resolve("variables"));
    VariableValues values = new VariableValues();
    try (TensorBundleWriter writer = TensorBundleWriter.create(variables.resolve("variables"))) {
      for (Variable variable : model.variables()) {
        writer.add(Saving.key(variable), values.of(variable));
      }
      writer.add(OBJECTS, TensorValue.strings(Shape.scalar(), List.of(objects)));
      writer.finish();
    }
    AssetFiles.of(model.assets()).write(dir);
    Files.createDirectory(dir.resolve("assets.extra"));
    Set<String> generated = Sets.difference(signatures.keySet(), own);
    String metadata = ModelMetadata.of(model, generated).needing(needs(), needsInPython()).toJson();
    Durable.write(dir.resolve(ModelMetadata.FILE), metadata.getBytes(StandardCharsets.UTF_8));
    Durable.write(dir.resolve("saved_model.pb"), savedModel.toByteArray());
  }
}
