package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.importer.internal.clean.EmbeddingMasks;
import dev.graft.importer.internal.clean.InferredBatchNorm;
import dev.graft.importer.internal.layers.KerasLayers;
import dev.graft.importer.internal.layers.LayerTensors;
import dev.graft.importer.internal.layers.Layered;
import dev.graft.importer.internal.layers.ScopeLayers;
import dev.graft.importer.internal.signature.FlatSignature;
import dev.graft.importer.internal.weights.Initialization;
import dev.graft.model.Asset;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import java.util.List;

/** Puts the parts of a model together. */
final class Assembly {

  private Assembly() {}

  /** The model of what was let in. */
  static Model model(Contents contents, Admitted admitted) {
    MetaGraph file = contents.file();
    Flat flat = admitted.flat().get();
    Clean clean = Clean.of(contents, admitted.entries().signatures(), flat);
    List<Variable> variables = contents.weights().variables().in(clean.graph(), clean.listed());
    ImmutableList<Asset> assets =
        Initialization.assets(Initialization.assetDefs(file.def()), clean.graph(), file.folder());
    Layered layered = layered(contents, clean, variables);
    Provenance.Origin origin = contents.origin();
    return Model.builder(file.name(), layered.graph(), origin)
        .source(new Model.Source(file.folder().path(), origin.digest()))
        .variables(variables)
        .layers(EmbeddingMasks.noted(layered.layers(), flat.inlined().graph()))
        .signatures(clean.signatures())
        .inputs(FlatSignature.inputs(clean.signatures()))
        .assets(assets)
        .initializers(clean.initializers())
        .penalties(contents.keras().training().penalties())
        .leftOut(admitted.leftOut())
        .build();
  }

  /** As Keras lists the layers, or as the names in the graph show them. */
  private static Layered layered(Contents contents, Clean clean, List<Variable> variables) {
    Signature signature =
        clean.signatures().stream()
            .filter(each -> each.name().equals(Signature.SERVING_DEFAULT))
            .findFirst()
            .or(() -> clean.signatures().stream().findFirst())
            .orElseGet(() -> Signature.predict("none", ImmutableMap.of(), ImmutableMap.of()));
    LayerTensors tensors = new LayerTensors(clean.graph(), signature);
    Layered listed =
        KerasLayers.of(contents.keras(), contents.weights().byObject(variables), tensors);
    if (!listed.layers().isEmpty()) {
      return listed;
    }
    ScopeLayers scopes = new ScopeLayers(contents.file().name(), tensors, variables);
    return new Layered(
        clean.graph(), InferredBatchNorm.in(clean.graph(), scopes.layers(), variables));
  }
}
