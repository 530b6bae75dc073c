package dev.graft.importer;

import dev.graft.error.Internal;
import dev.graft.graph.Graph;
import dev.graft.importer.internal.file.MetaGraphs;
import dev.graft.importer.internal.file.SavedModelFolder;
import dev.graft.model.Model;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import java.nio.file.Path;
import java.util.function.BiFunction;
import org.tensorflow.proto.GraphDef;

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
    return judged(path, options, (contents, admitted) -> imported(contents, admitted, options));
  }

  /**
   * The model with its graph as the file has it: calls of functions, nothing simplified. What
   * TensorFlow makes of it is what the flat model is held against where TensorFlow's own loader
   * cannot restore the variables.
   *
   * @param flat what {@link #load(Path, ImportOptions)} gave for the same path and options
   */
  public static Model unflattened(Path path, ImportOptions options, Model flat) {
    return judged(path, options, (contents, admitted) -> unflattened(contents, admitted, flat));
  }

  /** What {@code work} makes of the SavedModel at {@code path}, after it has been judged. */
  static <T> T judged(Path path, ImportOptions options, BiFunction<Contents, Admitted, T> work) {
    SavedModelFolder folder = SavedModelFolder.at(path);
    try {
      Contents contents = Contents.of(MetaGraph.of(folder, options.tags()));
      return work.apply(contents, Admitted.of(contents, options));
    } catch (StackOverflowError | OutOfMemoryError e) { // what no count has foreseen
      throw folder.tooLarge(e);
    }
  }

  private static ImportedModel imported(
      Contents contents, Admitted admitted, ImportOptions options) {
    MetaGraph file = contents.file();
    Model model = contents.withMetadata(Assembly.model(contents, admitted));
    if (!options.trusted()) {
      Admitted.requireHarmless(MachineAccesses.in(model), file.folder());
      Admitted.requireHarmless(new Fusions(contents).inTraining(model), file.folder());
      model = GpuForms.judged(contents, model);
    }
    return new ImportedModel(
        model,
        MetaGraphs.tags(file.def()),
        file.tagSets(),
        file.def().getGraphDef().getVersions().getProducer(),
        file.def().getGraphDef().getVersions().getMinConsumer(),
        contents.weights().checkpoint().map(bundle -> bundle.keys().size()).orElse(0),
        contents.weights().checkpoint().map(TensorBundle::shards).orElse(0),
        admitted.verdict().all(),
        admitted.verdict().leftOut(options.signature()));
  }

  /** {@code flat} over the graph as TensorFlow's own loader is given it. */
  private static Model unflattened(Contents contents, Admitted admitted, Model flat) {
    Initial initial = Initial.of(contents);
    GraphDef given = admitted.given().getGraphDef();
    Graph graph = Graph.of(given).plus(initial.added());
    return Model.builder(contents.file().name(), graph, contents.origin())
        .variables(flat.variables().stream().filter(v -> graph.contains(v.node())).toList())
        .signatures(admitted.entries().signatures())
        .assets(flat.assets().stream().filter(a -> graph.contains(a.tensor().node())).toList())
        .initializers(initial.nodes().stream().filter(graph::contains).toList())
        .build();
  }
}
