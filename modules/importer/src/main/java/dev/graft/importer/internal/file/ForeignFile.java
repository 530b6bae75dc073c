package dev.graft.importer.internal.file;

import com.google.protobuf.CodedInputStream;
import dev.graft.error.BadModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/**
 * Recognises what people have instead of a SavedModel, and says what it is and which lines of
 * Python make a SavedModel of it.
 */
final class ForeignFile {

  private static final int HEAD = 1 << 20; // as much as is read to tell what a file is
  private static final int MOST = 200; // entries of a folder that are looked at
  private static final long MOST_BYTES = 1L << 29; // of a .pb that is parsed to tell
  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private final Path path;
  private final String name;
  private final String made; // the folder that the lines write

  private ForeignFile(Path path) {
    this.path = path;
    this.name = path.toString().replace("\\", "\\\\").replace("'", "\\'");
    String file = String.valueOf(path.getFileName());
    int dot = file.indexOf('.');
    this.made = (dot > 0 ? file.substring(0, dot) : file).replace("'", "") + "_saved_model";
  }

  /** Why {@code path}, which holds no SavedModel, is refused. */
  static BadModelException refusal(Path path) {
    try {
      return Files.isDirectory(path) ? folder(path) : new ForeignFile(path).file();
    } catch (IOException e) {
      return BadModelException.inFile(
          path.toString(), "'" + path + "' cannot be read: " + e.getMessage(), e);
    }
  }

  private static BadModelException folder(Path path) throws IOException {
    List<Path> entries;
    try (Stream<Path> all = Files.list(path)) {
      entries = all.limit(MOST).sorted().toList();
    }
    String missing = "'" + path + "' is no SavedModel: it holds no saved_model.pb";
    for (Path entry : entries) {
      if (Files.exists(entry.resolve("saved_model.pb"))) {
        return refused(path, missing + ", but '" + entry + "' does: give that.");
      }
    }
    for (Path entry : entries) {
      String file = entry.getFileName().toString();
      if (file.equals("model.json")) {
        return refused(path, missing + "; it looks like a model for TensorFlow.js. " + ORIGINAL);
      }
      if (Files.isRegularFile(entry) && (isModel(file) || file.endsWith(".index"))) {
        return refused(path, missing + ". " + new ForeignFile(entry).file().getMessage());
      }
    }
    return refused(path, missing + ". Name the folder that does.");
  }

  private static boolean isModel(String file) {
    return Stream.of(".h5", ".hdf5", ".keras", ".tflite", ".onnx", ".pt", ".pth", ".pb")
        .anyMatch(file.toLowerCase(Locale.ROOT)::endsWith);
  }

  private static final String ORIGINAL =
      "It is a conversion that cannot be turned back; export the model it was made from:"
          + " model.export('my_saved_model').";

  private static BadModelException refused(Path path, String message) {
    return BadModelException.inFile(path.toString(), message, null);
  }

  private BadModelException file() throws IOException {
    if (!Files.exists(path)) {
      return refused(path, "there is no '" + path + "'.");
    }
    byte[] head;
    try (InputStream in = Files.newInputStream(path)) {
      head = in.readNBytes(HEAD);
    }
    String file = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    if (startsWith(head, 0, HDF5)) {
      return hdf5(new String(head, StandardCharsets.ISO_8859_1).contains("model_config"));
    }
    if (startsWith(head, 4, "TFL3".getBytes(StandardCharsets.US_ASCII))) {
      return refused(path, "'" + path + "' is a TensorFlow Lite model. " + ORIGINAL);
    }
    if (startsWith(head, 0, new byte[] {'P', 'K', 3, 4})) {
      return zip();
    }
    if (file.endsWith(".index") || file.contains(".data-") || file.contains(".ckpt")) {
      return refused(
          path,
          "'"
              + path
              + "' is part of a checkpoint, which holds weights but no model. Build the model in"
              + " Python as it was built for training, then:"
              + lines(
                  "model.load_weights('path/of/the/checkpoint')", "model.export('" + made + "')"));
    }
    if (file.endsWith(".onnx")) {
      return refused(
          path, "'" + path + "' is an ONNX model; Graft reads TensorFlow SavedModels. " + ORIGINAL);
    }
    if (file.endsWith(".pt") || file.endsWith(".pth") || file.endsWith(".safetensors")) {
      return refused(
          path,
          "'" + path + "' holds weights of PyTorch; Graft reads TensorFlow SavedModels only.");
    }
    return protobuf();
  }

  private BadModelException hdf5(boolean whole) {
    return refused(
        path,
        "'"
            + path
            + (whole
                ? "' is a Keras model in one HDF5 file, no SavedModel. In Python:"
                    + lines(
                        "import tensorflow as tf",
                        "model = tf.keras.models.load_model('" + name + "', compile=False)",
                        "model.export('" + made + "')  # before Keras 2.13: model.save(...)")
                : "' holds the weights of a Keras model without its layers. Build the model in Python"
                    + " as it was built for training, then:"
                    + lines("model.load_weights('" + name + "')", "model.export('" + made + "')")));
  }

  private BadModelException zip() throws IOException {
    Set<String> names = new HashSet<>();
    try (ZipFile zip = new ZipFile(path.toFile())) {
      zip.stream().limit(MOST).map(ZipEntry::getName).forEach(names::add);
    }
    if (names.contains("config.json") && names.contains("model.weights.h5")) {
      return refused(
          path,
          "'"
              + path
              + "' is a Keras model in one .keras file, no SavedModel. In Python:"
              + lines(
                  "import keras",
                  "model = keras.models.load_model('" + name + "', compile=False)",
                  "model.export('" + made + "')"));
    }
    if (names.stream().anyMatch(entry -> entry.endsWith("data.pkl"))) {
      return refused(path, "'" + path + "' is a PyTorch file; Graft reads TensorFlow SavedModels.");
    }
    return refused(path, "the archive '" + path + "' holds no saved_model.pb.");
  }

  private BadModelException protobuf() throws IOException {
    if (Files.size(path) <= MOST_BYTES) {
      byte[] bytes = Files.readAllBytes(path);
      try {
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        if (SavedModel.parseFrom(in).getMetaGraphsCount() > 0) {
          return refused(
              path,
              "'"
                  + path
                  + "' is the graph of a SavedModel under another name. Put it as saved_model.pb"
                  + " into a folder with its 'variables', and give that folder.");
        }
      } catch (IOException e) {
        // no SavedModel; the next may fit
      }
      try {
        GraphDef graph = GraphDef.parseFrom(bytes);
        if (graph.getNodeCount() > 0 && !graph.getNode(0).getOp().isEmpty()) {
          return frozen(graph);
        }
      } catch (IOException e) {
        // no graph either
      }
    }
    return refused(
        path,
        "'"
            + path
            + "' is no SavedModel: give the folder that holds saved_model.pb, or an archive.");
  }

  private BadModelException frozen(GraphDef graph) {
    Set<String> read = new HashSet<>();
    graph
        .getNodeList()
        .forEach(
            node -> node.getInputList().forEach(i -> read.add(i.replaceAll("^\\^|:\\d+$", ""))));
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    for (NodeDef node : graph.getNodeList()) {
      if (node.getOp().equals("Placeholder")) {
        inputs.add(quoted(node.getName()));
      } else if (!read.contains(node.getName()) && !node.getOp().equals("NoOp")) {
        outputs.add(quoted(node.getName()));
      }
    }
    return refused(
        path,
        "'"
            + path
            + "' is a frozen graph of TensorFlow 1, without signatures; its weights are constants,"
            + " so that of what it becomes only a new head can be trained. In Python:"
            + lines(
                "import tensorflow as tf",
                "graph = tf.compat.v1.GraphDef.FromString(open('" + name + "', 'rb').read())",
                "with tf.compat.v1.Session(graph=tf.Graph()) as session:",
                "    tf.import_graph_def(graph, name='')",
                "    tensor = session.graph.get_tensor_by_name",
                "    tf.compat.v1.saved_model.simple_save(session, '" + made + "',",
                "        inputs={"
                    + String.join(", ", inputs.subList(0, Math.min(5, inputs.size())))
                    + "},",
                "        outputs={"
                    + String.join(", ", outputs.subList(0, Math.min(5, outputs.size())))
                    + "})"));
  }

  private static String quoted(String node) {
    String safe = node.replace("\\", "").replace("'", "");
    return "'" + safe.substring(safe.lastIndexOf('/') + 1) + "': tensor('" + safe + ":0')";
  }

  private static String lines(String... lines) {
    return "\n    " + String.join("\n    ", lines);
  }

  private static boolean startsWith(byte[] bytes, int at, byte[] magic) {
    for (int i = 0; i < magic.length; i++) {
      if (at + i >= bytes.length || bytes[at + i] != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
