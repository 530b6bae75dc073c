package dev.graft.importer;

import com.google.common.collect.ImmutableSet;
import dev.graft.importer.internal.layers.Author;
import dev.graft.importer.internal.layers.KerasMetadata;
import dev.graft.importer.internal.layers.KerasNotes;
import dev.graft.importer.internal.layers.KerasTraining;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.savedmodel.metadata.ModelMetadata;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What the files of a SavedModel say, before any of it is believed.
 *
 * @param file the MetaGraph
 * @param weights what it remembers
 * @param keras what Keras noted of its layers
 * @param metadata what Graft noted of it, if it exported it
 */
record Contents(
    MetaGraph file, Weights weights, KerasNotes keras, Optional<ModelMetadata> metadata) {

  /** What {@code file} and the files beside it say. */
  static Contents of(MetaGraph file) {
    Weights weights = Weights.of(file);
    KerasTraining training =
        new KerasTraining(
            file.objects(),
            weights.captures(),
            file.graph().functions(),
            file.twins(),
            file.def().getMetaInfoDef().getStrippedOpList());
    Optional<ModelMetadata> metadata = file.folder().metadata();
    KerasMetadata layers = KerasMetadata.of(file.folder().path(), file.objects());
    return new Contents(file, weights, new KerasNotes(file.objects(), layers, training), metadata);
  }

  /**
   * The nodes that stay though no answer needs them.
   *
   * @param listed those of the model's own variables
   */
  ImmutableSet<String> kept(Set<String> listed) {
    Set<String> kept = new LinkedHashSet<>(listed);
    kept.addAll(weights.captures().constants(file.objects()));
    kept.addAll(keras.training().captured());
    metadata.ifPresent(known -> kept.addAll(known.nodes()));
    return ImmutableSet.copyOf(kept);
  }

  /** {@code model} with what Graft itself noted of it when it exported it. */
  Model withMetadata(Model model) {
    return metadata.map(known -> known.applyTo(model, file.graph().functions())).orElse(model);
  }

  /** Where the model comes from. */
  Provenance.Origin origin() {
    return new Provenance.Origin(
        file.folder().path().toString(),
        file.folder().digest(),
        Author.of(file.def(), file.objects(), keras.metadata()),
        file.def().getMetaInfoDef().getTensorflowVersion(),
        file.folder().bytes());
  }
}
