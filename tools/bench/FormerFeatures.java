package dev.graft.trainer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.data.Dataset;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.TensorValue;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.Edits;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.tensorflow.proto.DataType;

/**
 * Graft as it was at a commit of long ago computes what the head reads, again and again: compiled against the
 * classes of that commit by {@code run}, for the rows that hold today's Graft against it.
 */
final class FormerFeatures {

  private static final int PASS = 8; // times the examples, as in examples.py

  private FormerFeatures() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(new ObjectMapper().readTree(new File(arguments[0])).get("folder").asText());
    JsonNode about = new ObjectMapper().readTree(folder.resolve("examples.json").toFile());
    long[] dims =
        StreamSupport.stream(about.get("shape").spliterator(), false).mapToLong(JsonNode::asLong).toArray();
    List<String> names =
        IntStream.range(0, about.get("classes").asInt()).mapToObj(i -> "label " + i).toList();
    Model model =
        Edits.keepHead(Labels.of(names)).apply(SavedModelImporter.load(folder.resolve("model")));
    String input = model.servingSignature().inputs().keySet().iterator().next();
    Dataset few =
        Dataset.of(
            Map.of(input, TensorValue.of(DataType.DT_FLOAT, Shape.of(dims), bytes(folder, "inputs"))),
            TensorValue.of(DataType.DT_INT32, Shape.of(dims[0]), bytes(folder, "labels")),
            Labels.of(names));
    Dataset all =
        few.subset(IntStream.range(0, PASS * few.size()).map(i -> i % few.size()).toArray());
    RuntimeOptions options = RuntimeOptions.defaults().withDevice(RuntimeOptions.Device.CPU);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
      float[] found = read(runtime, model, few).floats();
      double mean = IntStream.range(0, found.length).mapToDouble(i -> Math.abs(found[i])).average().orElseThrow();
      System.out.printf("{\"loss\": %s, \"trains\": 0, \"version\": \"Graft %s, TensorFlow %s\"}%n",
          mean, arguments[1], TensorFlowRuntime.version());
      turns(() -> read(runtime, model, all));
    }
  }

  private static void turns(Runnable pass) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null && !line.isBlank(); line = in.readLine()) {
      int times = Integer.parseInt(line.strip());
      long began = System.nanoTime();
      for (int i = 0; i < times; i++) {
        pass.run();
      }
      System.out.printf("{\"seconds\": %s}%n", (System.nanoTime() - began) / 1e9 / times);
    }
  }

  private static TensorValue read(TensorFlowRuntime runtime, Model model, Dataset data) {
    TensorRef features = model.heads().get(0).features();
    Entry entry = Entry.of(model, data);
    try (Features pass = Features.open(runtime, model, entry, List.of(features))) {
      Pace pace = new Pace(new Callback() {}, Progress.Phase.FEATURES, "examples", data.size(), 1);
      return pass.of(data, pace).all().inputs().get(entry.nameOf(features));
    }
  }

  private static ByteBuffer bytes(Path folder, String name) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name + ".bin"))).order(ByteOrder.LITTLE_ENDIAN);
  }
}
