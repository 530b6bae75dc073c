package dev.graft.surgeon;

import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;

/** Models to operate on. */
public final class Models {

  private Models() {}

  /** The zoo's model at {@code path}: {@code keras2/cnn_bn}. */
  public static Model zoo(String path) {
    return of(Zoo.model(path));
  }

  public static Model of(ZooModel zoo) {
    ImportOptions options =
        ImportOptions.defaults().tags(zoo.facts().tags().toArray(String[]::new));
    return SavedModelImporter.load(zoo.savedModel(), options);
  }

  /** The backbone that ships. */
  public static Model efficientNetLite0() {
    return SavedModelImporter.load(Checkout.path("models/efficientnet-lite0"));
  }
}
