package dev.graft.importer.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.tensor.Shape;
import dev.graft.testkit.HandMade;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;

/** What is no SavedModel is named, with the lines that make one of it. */
class ForeignFileTest {

  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  @TempDir private Path folder = Path.of("");

  private String refusal(Path path) {
    BadModelException refusal =
        catchThrowableOfType(BadModelException.class, () -> SavedModelImporter.load(path));
    assertThat(refusal).isNotNull();
    assertThat(refusal.file()).isPresent();
    return String.valueOf(refusal.getMessage());
  }

  private Path write(String name, byte[]... parts) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (byte[] part : parts) {
        out.write(part);
      }
    }
    return file;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void aWholeModelInHdf5() throws IOException {
    Path file = write("cats.h5", HDF5, ascii("....model_config....{}"));
    assertThat(refusal(file))
        .contains("Keras model in one HDF5 file")
        .contains("model = tf.keras.models.load_model('" + file + "', compile=False)")
        .contains("model.export('cats_saved_model')");
    assertThat(refusal(folder)).contains("holds no saved_model.pb", "load_model('" + file);
  }

  @Test
  void weightsInHdf5() throws IOException {
    Path file = write("cats.weights.h5", HDF5, ascii("layers"));
    assertThat(refusal(file)).contains("without its layers", "model.load_weights('" + file + "')");
  }

  @Test
  void aKerasFile() throws IOException {
    Path file = folder.resolve("cats.keras");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String entry : new String[] {"metadata.json", "config.json", "model.weights.h5"}) {
        zip.putNextEntry(new ZipEntry(entry));
        zip.closeEntry();
      }
    }
    assertThat(refusal(file))
        .contains("one .keras file", "keras.models.load_model('" + file + "', compile=False)");
  }

  @Test
  void aTfliteModel() throws IOException {
    assertThat(refusal(write("cats.tflite", new byte[] {28, 0, 0, 0}, ascii("TFL3"))))
        .contains("TensorFlow Lite", "cannot be turned back");
  }

  @Test
  void aFrozenGraph() throws IOException {
    GraphDef.Builder graph = GraphDef.newBuilder();
    graph
        .addNodeBuilder()
        .setName("input")
        .setOp("Placeholder")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("shape", Attrs.of(Shape.of(-1, 3)));
    graph.addNodeBuilder().setName("out/scores").setOp("Softmax").addInput("input");
    Path file = write("frozen.pb", graph.build().toByteArray());
    assertThat(refusal(file))
        .contains("frozen graph of TensorFlow 1", "GraphDef.FromString(open('" + file + "', 'rb')")
        .contains("'input': tensor('input:0')", "'scores': tensor('out/scores:0')");
  }

  @Test
  void aCheckpointAlone() throws IOException {
    write("model.ckpt-7.index", new byte[60]);
    assertThat(refusal(folder)).contains("part of a checkpoint", "model.load_weights");
  }

  @Test
  void aFolderAbove() throws IOException {
    new HandMade().in(folder.resolve("inner"));
    assertThat(refusal(folder)).contains("'" + folder.resolve("inner") + "' does: give that");
  }

  @Test
  void somethingElse() throws IOException {
    assertThat(refusal(write("notes.txt", ascii("dear diary")))).contains("is no SavedModel");
    assertThat(refusal(folder.resolve("nothing"))).contains("there is no");
  }

  @Test
  void aPointerOfGitLfs() throws IOException {
    Path model = Files.createDirectories(folder.resolve("lfs"));
    Files.writeString(
        model.resolve("saved_model.pb"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n");
    assertThat(refusal(model)).contains("git lfs pull");
  }

  @Test
  void theFileItself() {
    HandMade model = new HandMade();
    model.answer("x");
    Path file = model.in(folder.resolve("model")).resolve("saved_model.pb");
    assertThat(SavedModelImporter.load(file).signatures()).containsKey("serving_default");
  }
}
