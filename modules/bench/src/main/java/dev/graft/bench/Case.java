package dev.graft.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.data.Dataset;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.Compute;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.FineTune.BatchNorm;
import dev.graft.trainer.optimizer.Optimizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.tensorflow.proto.DataType;

/**
 * What to measure, as {@code tools/bench/run} writes it.
 *
 * @param work {@code loop}, {@code features} or {@code gradients}; {@code live}, {@code together},
 *     {@code boxes} or {@code beside} of a published version
 * @param folder holds the model and its examples, made by Keras, or is a backbone's
 * @param batch how many examples make a step
 * @param rate the learning rate
 * @param batchNorm what BatchNorm does
 * @param precision the dtype of matrix work
 * @param service what answers there are beside
 */
record Case(
    String work,
    Path folder,
    int batch,
    double rate,
    BatchNorm batchNorm,
    Precision precision,
    Service service) {

  /**
   * What a case about answers needs.
   *
   * @param root of the checkout, whose pictures and backbone are taken
   * @param requests how many there are in a second
   */
  record Service(Path root, int requests) {

    Path backbone() {
      return root.resolve("models/efficientnet-lite0");
    }

    Path photos() {
      return root.resolve("testdata/photos");
    }

    /** A picture of some size. */
    byte[] picture() throws IOException {
      return Files.readAllBytes(root.resolve("testdata/bccd/JPEGImages/BloodImage_00000.jpg"));
    }
  }

  /** Steps in an epoch: as if there were so many batches; no measurement comes to its end. */
  private static final int EPOCH = 4000;

  private static final ObjectMapper JSON = new ObjectMapper();

  static Case read(Path file) throws IOException {
    JsonNode json = JSON.readTree(file.toFile());
    return new Case(
        json.get("work").asText(),
        Path.of(json.get("folder").asText()),
        json.get("batch").asInt(),
        json.get("rate").asDouble(),
        BatchNorm.valueOf(upper(json.get("batch_norm"))),
        Precision.valueOf(upper(json.get("precision"))),
        new Service(Path.of(json.get("root").asText()), json.get("requests").asInt()));
  }

  private static String upper(JsonNode text) {
    return text.asText().toUpperCase(Locale.ROOT);
  }

  /** As Keras left it: all trains that trained there, and it keeps its head. */
  Model model() {
    return Edits.keepHead(labels()).apply(SavedModelImporter.load(folder.resolve("model")));
  }

  private Labels labels() {
    return Labels.of(
        IntStream.range(0, description().get("classes").asInt())
            .mapToObj(i -> "label " + i)
            .toList());
  }

  private JsonNode description() {
    try {
      return JSON.readTree(folder.resolve("examples.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FineTune settings() {
    return FineTune.top()
        .optimizer(Optimizer.adam())
        .rate(rate)
        .epochs(1)
        .batch(batch)
        .batchNorm(batchNorm);
  }

  RuntimeOptions options() {
    return RuntimeOptions.defaults()
        .device(RuntimeOptions.Device.CPU)
        .compute(Compute.EXACT.precision(precision))
        .nativeLog(folder.resolve("tensorflow.log"));
  }

  /** The examples, a few times the batch. */
  Dataset examples(Model model) {
    JsonNode json = description();
    long[] dims =
        StreamSupport.stream(json.get("shape").spliterator(), false)
            .mapToLong(JsonNode::asLong)
            .toArray();
    DataType dtype =
        json.get("dtype").asText().equals("int32") ? DataType.DT_INT32 : DataType.DT_FLOAT;
    TensorValue inputs = TensorValue.of(DType.of(dtype), Shape.of(dims), bytes("inputs.bin"));
    TensorValue labels = TensorValue.of(DType.INT32, Shape.of(dims[0]), bytes("labels.bin"));
    String input = model.servingSignature().inputs().keySet().iterator().next();
    return Dataset.of(Map.of(input, inputs), labels, labels());
  }

  private ByteBuffer bytes(String name) {
    try {
      return ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name)))
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code few} examples over and over, for an epoch without end. */
  Dataset epoch(Dataset few) {
    return few.subset(IntStream.range(0, EPOCH * batch).map(i -> i % few.size()).toArray());
  }
}
