package dev.graft.importer.internal.layers;

import dev.graft.importer.internal.layers.KerasMetadata.Info;
import dev.graft.savedmodel.objects.ObjectGraph;
import java.util.OptionalInt;
import org.tensorflow.proto.MetaGraphDef;

/** Says in words what wrote a SavedModel, as far as the file tells. */
public final class Author {

  /** From TensorFlow 2.16 on, {@code tf.keras} is Keras 3. */
  private static final int KERAS_3 = 16;

  private Author() {}

  /** For example {@code Keras 2.15.0 functional model}. */
  public static String of(MetaGraphDef meta, ObjectGraph objects, KerasMetadata metadata) {
    if (objects.isEmpty()) {
      return "TensorFlow 1 graph";
    }
    Info root = metadata.info(ObjectGraph.ROOT);
    String identifier = objects.object(ObjectGraph.ROOT).getUserObject().getIdentifier();
    if (identifier.startsWith("_tf_keras_")) {
      String version = root.kerasVersion().isEmpty() ? "2" : root.kerasVersion();
      return "Keras " + version + " " + kind(identifier, root.className());
    }
    if (objects.child(ObjectGraph.ROOT, "_all_variables").isPresent()) {
      OptionalInt minor = minor(meta.getMetaInfoDef().getTensorflowVersion());
      String version = minor.isEmpty() ? "" : minor.getAsInt() >= KERAS_3 ? "3 " : "2 ";
      return "Keras " + version + "export";
    }
    return "tf.Module";
  }

  private static String kind(String identifier, String type) {
    return switch (identifier) {
      case "_tf_keras_sequential" -> "Sequential model";
      case "_tf_keras_network" -> "functional model";
      default -> type.isEmpty() || type.equals("Model") ? "model" : "model of class " + type;
    };
  }

  /** The 15 of {@code 2.15.1}; empty for anything that is no TensorFlow 2. */
  private static OptionalInt minor(String version) {
    String[] parts = version.split("\\.", -1);
    boolean known = parts.length > 1 && parts[0].equals("2") && parts[1].matches("\\d{1,4}");
    return known ? OptionalInt.of(Integer.parseInt(parts[1])) : OptionalInt.empty();
  }
}
