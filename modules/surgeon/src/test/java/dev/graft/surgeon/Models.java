package dev.graft.surgeon;

import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Models to operate on. */
final class Models {

  private Models() {}

  /** The zoo's model at {@code path}: {@code keras2/cnn_bn}. */
  static Model zoo(String path) {
    return of(Zoo.model(path));
  }

  static Model of(ZooModel zoo) {
    ImportOptions options =
        ImportOptions.defaults().withTags(zoo.facts().tags().toArray(String[]::new)).trusting();
    return withLayers(SavedModelImporter.load(zoo.savedModel(), options));
  }

  /** The backbone that ships. */
  static Model efficientNetLite0() {
    return withLayers(SavedModelImporter.load(Checkout.path("models/efficientnet-lite0")));
  }

  private static Model withLayers(Model model) {
    if (!model.layers().isEmpty()) {
      return model;
    }
    Map<String, List<String>> scopes = new LinkedHashMap<>();
    for (Variable variable : model.variables()) {
      int slash = variable.name().lastIndexOf('/');
      String scope = slash < 0 ? variable.name() : variable.name().substring(0, slash);
      scopes.computeIfAbsent(scope, k -> new ArrayList<>()).add(variable.name());
    }
    List<Layer> layers = new ArrayList<>();
    scopes.forEach((scope, own) -> layers.add(Layer.of(scope, "").withVariables(own)));
    return model.toBuilder().layers(layers).build();
  }
}
