package dev.graft.bench;

import dev.graft.data.Dataset;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.picture.DecodeGraph;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Reads, decodes and resizes photos again and again, by the graph that is before every network that
 * learns from pictures. What it gives stays inside TensorFlow, where a network would read it.
 */
final class Decoding {

  private static final int TIMES = 4; // all photos, in a turn
  private static final int SIZE = 224;

  private Decoding() {}

  static void measure(Case work, Turns turns) {
    Dataset photos = Dataset.imageFolder(work.service().photos());
    DecodeGraph decode = DecodeGraph.of(pixels());
    RuntimeOptions onCpu = RuntimeOptions.defaults().device(RuntimeOptions.Device.CPU);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(onCpu);
        GraphSession session = runtime.session(decode.graph())) {
      List<TensorRef> bytes = List.of(decode.bytes());
      PreparedRun fetched = session.prepare(bytes, List.of(decode.pixels()), List.of());
      PreparedRun run = session.prepare(bytes, List.of(), List.of(decode.pixels().node()));
      List<int[]> batches = batches(photos.size(), work.batch());
      double sum = 0;
      for (int[] some : batches) {
        TensorValue found = fetched.run(List.of(photos.batch(some).encoded())).get(0);
        for (float pixel : found.floats()) {
          sum += pixel;
        }
      }
      double mean = sum / (photos.size() * SIZE * SIZE * 3.0);
      turns.say(Map.of("loss", mean, "trains", photos.size(), "version", Main.version()));
      while (true) { // until there are no more turns
        turns.await();
        for (int time = 0; time < TIMES; time++) {
          batches.forEach(some -> run.run(List.of(photos.batch(some).encoded())));
        }
      }
    }
  }

  private static List<int[]> batches(int size, int batch) {
    List<int[]> all = new ArrayList<>();
    for (int from = 0; from < size; from += batch) {
      all.add(IntStream.range(from, Math.min(size, from + batch)).toArray());
    }
    return all;
  }

  private static InputSpec pixels() {
    return new InputSpec(
        "pixels",
        TensorRef.of("pixels"),
        DType.FLOAT32,
        Shape.of(Shape.UNKNOWN, SIZE, SIZE, 3),
        Optional.of(new InputSpec.Range(0, 255, "as decoded")),
        InputSpec.Channels.RGB,
        InputSpec.Resize.STRETCH);
  }
}
