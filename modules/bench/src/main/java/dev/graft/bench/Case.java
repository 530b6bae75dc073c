package dev.graft.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.Graft;
import dev.graft.InputRange;
import dev.graft.LoadOptions;
import dev.graft.Trust;
import dev.graft.data.Dataset;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Device;
import dev.graft.runtime.RuntimeOptions.Xla;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.DType;
import dev.graft.tensor.Rows;
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
 * @param work {@code loop}, {@code photos} (a loop over JPEGs), {@code features}, {@code
 *     gradients}, {@code decode} or {@code box-steps}; {@code live}, {@code together}, {@code
 *     boxes} or {@code beside} of a published version
 * @param folder holds the model and its examples, made by Keras, or is a backbone's
 * @param batch how many examples make a step
 * @param rate the learning rate
 * @param batchNorm what BatchNorm does
 * @param where on which device it runs, and the dtype of matrix work
 * @param service what answers there are beside
 */
record Case(
    String work,
    Path folder,
    int batch,
    double rate,
    BatchNorm batchNorm,
    Where where,
    Service service) {

  /**
   * On which device it runs, and the dtype of matrix work.
   *
   * @param resident whether an epoch has so few examples that they all lie on the device
   * @param xla whether XLA compiles steps
   */
  record Where(Device device, Precision precision, boolean resident, Xla xla) {}

  /**
   * What a case about answers needs.
   *
   * @param root of the checkout, whose pictures and backbone are taken
   * @param requests how many there are in a second
   * @param handed a folder for what one side hands to the other
   */
  record Service(Path root, int requests, Path handed) {

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

  /** As many bytes of examples as the trainer puts on a device. */
  private static final long RESIDENT = 1L << 30;

  private static final ObjectMapper JSON = new ObjectMapper();

  static Case read(Path file) throws IOException {
    JsonNode json = JSON.readTree(file.toFile());
    return new Case(
        json.get("work").asText(),
        Path.of(json.get("folder").asText()),
        json.get("batch").asInt(),
        json.get("rate").asDouble(),
        BatchNorm.valueOf(upper(json.get("batch_norm"))),
        new Where(
            Device.valueOf(json.path("device").asText("cpu").toUpperCase(Locale.ROOT)),
            Precision.valueOf(upper(json.get("precision"))),
            json.path("resident").asBoolean(false),
            Xla.valueOf(json.path("xla").asText("auto").toUpperCase(Locale.ROOT))),
        new Service(
            Path.of(json.get("root").asText()),
            json.get("requests").asInt(),
            Path.of(json.get("handed").asText())));
  }

  private static String upper(JsonNode text) {
    return text.asText().toUpperCase(Locale.ROOT);
  }

  /** As Keras left it: all trains that trained there, and it keeps its head. */
  Model model() {
    return Edits.keepHead(labels()).apply(SavedModelImporter.load(folder.resolve("model")));
  }

  /** As Keras left it, with a new head for photos of these labels. */
  Model model(Dataset photos) {
    LoadOptions options = LoadOptions.defaults().trust(Trust.ALLOW).inputRange(InputRange.SIGNED);
    return Graft.load(folder.resolve("model"), options)
        .with(Edits.replaceHead(HeadSpec.singleLabel(photos.labels())));
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
        .device(where.device())
        .xla(where.xla())
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
    int size = EPOCH * batch;
    if (where.resident()) {
      long bytes =
          few.batch(new int[] {0}).named().values().stream().mapToLong(Rows::rowBytes).sum();
      size = (int) Math.min(size, RESIDENT / bytes / batch * batch); // whole batches
    }
    return few.subset(IntStream.range(0, size).map(i -> i % few.size()).toArray());
  }
}
