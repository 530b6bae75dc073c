package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.checkpoint.RecordReader;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** The requests that a server sends itself, as the file has them. */
class WarmUpTest {

  private static TensorFlowRuntime runtime;

  @TempDir private Path folder;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Who asks for the export gets it with all of its files, and to itself. */
  @Test
  void aGateHasTheExportAfterItsWarmUp() {
    List<Path> seen = new ArrayList<>();
    Proof gate =
        Proof.gate(
            (exported, folder) -> {
              assertThat(exported.get().signatures()).containsKey("serving_default");
              seen.add(folder.resolve("assets.extra").resolve(WarmUp.FILE));
              assertThat(seen.get(0)).isNotEmptyFile();
              return List.of();
            });
    Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"), gate);
    assertThat(seen).hasSize(1);
  }

  @Test
  void eachSignatureIsAskedAtEachSize() throws IOException {
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"));
    Path extra = version.path().resolve("assets.extra");
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      List<WarmUp.Request> requests = WarmUp.read(extra, session.signatures());
      assertThat(requests)
          .extracting(each -> each.signature().name() + " " + BatchRows.count(each.inputs()))
          .containsExactlyInAnyOrder(
              "serving_default 1",
              "serving_default 8",
              "serving_default 32",
              "serving_bytes 1",
              "serving_bytes 8",
              "serving_bytes 32",
              "classify 1",
              "classify 8",
              "classify 32");
      for (WarmUp.Request request : requests) {
        Map<String, TensorValue> answer =
            session.call(request.signature().name(), request.inputs());
        assertThat(answer.get("scores").shape().dim(0))
            .isEqualTo(BatchRows.count(request.inputs()));
      }
    }
    assertThat(Files.size(extra.resolve(WarmUp.FILE))).isLessThan(60_000);
  }

  /** As the caller says that the server puts requests together. */
  @Test
  void theSizesAreASetting() throws IOException {
    Proof four = Proof.batches(32, Set.of(4));
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"), four);
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      assertThat(WarmUp.read(version.path().resolve("assets.extra"), session.signatures()))
          .extracting(each -> BatchRows.count(each.inputs()))
          .containsOnly(1, 4);
    }
  }

  /** Larger than what it is compared on: such a request is sent before the version is visible. */
  @Test
  void largeSizesAreTriedAndThoseThatDoNotFitAreTold() throws IOException {
    Proof sizes = Proof.batches(200, Set.of(100, 300));
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"), sizes);
    assertThat(version.report().batches()).containsExactly(1, 3, 32);
    assertThat(version.report().uncompared()).isEmpty();
    assertThat(version.report().remarks())
        .singleElement()
        .asString()
        .startsWith("no warm-up requests of 300 rows are written: no more than 200");
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      assertThat(WarmUp.read(version.path().resolve("assets.extra"), session.signatures()))
          .extracting(each -> BatchRows.count(each.inputs()))
          .containsOnly(1, 100);
    }
  }

  /**
   * A server does not load a version whose warm-up fails. That other rows were compared in a batch
   * of this size says nothing of these.
   */
  @Test
  void eachRequestOfTheFileIsSent() throws IOException {
    Version version = Exporter.publish(runtime, failingOnEqualRows(), folder.resolve("base"));
    assertThat(version.report().batches()).containsExactly(1, 3, 32);
    assertThat(version.report().remarks())
        .containsExactly(
            "no warm-up request of 8 rows is written for signature 'serving_default': it fails on"
                + " one",
            "no warm-up request of 32 rows is written for signature 'serving_default': it fails on"
                + " one");
    assertThat(RecordReader.all(version.path().resolve("assets.extra").resolve(WarmUp.FILE)))
        .hasSize(1);
  }

  /** Divides by how far the rows lie from their mean, unless there is only one. */
  private static Model failingOnEqualRows() {
    Model small = SmallModel.of(Signature.SERVING_DEFAULT, "Neg", DType.FLOAT32);
    GraphEditor editor = small.graph().edit();
    Scope g = new Scope(editor, "spread");
    TensorRef x = new TensorRef("x", 0);
    TensorRef mean = g.op("Mean").input(x).input(g.ints(0)).attr("keep_dims", true).output();
    TensorRef distance = g.add("Sum", g.add("Abs", g.add("Sub", x, mean)), g.ints(0, 1));
    TensorRef rows = g.cast(g.add("Size", x), DataType.DT_FLOAT); // two in a row
    TensorRef one = g.add("Maximum", g.add("Sub", g.scalar(3f), rows), g.scalar(0f));
    TensorRef share = g.add("Reciprocal", g.add("AddV2", distance, one));
    TensorRef checked =
        g.op("CheckNumerics").input(share).attr("message", "rows are alike").output();
    return answering(small, editor, g.add("Mul", x, checked));
  }

  /** Who opens the version may ask for numbers in answer to what it brings along. */
  @Test
  void itIsARequestThatIsAnsweredWithNumbers() throws IOException {
    Version version = Exporter.publish(runtime, perDeviation(), folder.resolve("base"));
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      List<WarmUp.Request> requests =
          WarmUp.read(version.path().resolve("assets.extra"), session.signatures());
      assertThat(requests).hasSize(3);
      for (WarmUp.Request request : requests) {
        TensorValue answer = session.call("serving_default", request.inputs()).get("outputs");
        assertThat(answer.floats()).doesNotContain(Float.NaN);
      }
    }
  }

  /** Divides by how far the numbers of a row lie from their mean: those that are alike give NaN. */
  private static Model perDeviation() {
    Model small = SmallModel.of(Signature.SERVING_DEFAULT, "Neg", DType.FLOAT32);
    GraphEditor editor = small.graph().edit();
    Scope g = new Scope(editor, "spread");
    TensorRef x = new TensorRef("x", 0);
    TensorRef mean = g.op("Mean").input(x).input(g.ints(1)).attr("keep_dims", true).output();
    TensorRef from = g.add("Sub", x, mean);
    TensorRef deviation =
        g.op("Mean").input(g.add("Abs", from)).input(g.ints(1)).attr("keep_dims", true).output();
    return answering(small, editor, g.add("RealDiv", from, deviation));
  }

  /** {@code small} with {@code answer}, two numbers a row, in the place of its own. */
  private static Model answering(Model small, GraphEditor editor, TensorRef answer) {
    TensorSpec out = new TensorSpec(answer, DType.FLOAT32, Shape.of(-1, 2));
    Map<String, TensorSpec> inputs = small.servingSignature().inputs();
    return small.toBuilder()
        .graph(editor.build())
        .signatures(
            List.of(Signature.predict(Signature.SERVING_DEFAULT, inputs, Map.of("outputs", out))))
        .build();
  }

  /** TensorFlow Serving does not load a version with more (kMaxNumRecords). */
  @Test
  void thereAreNoMoreThanAServerTakes() throws IOException {
    Set<Integer> all = IntStream.rangeClosed(2, 1002).boxed().collect(Collectors.toSet());
    Model model = SmallModel.of(Signature.SERVING_DEFAULT, "Neg", DType.FLOAT32);
    Proof sizes = Proof.batches(2000, all);
    Version version = Exporter.publish(runtime, model, folder.resolve("base"), sizes);
    assertThat(version.report().warmUps()).isEqualTo(1000);
    assertThat(RecordReader.all(version.path().resolve("assets.extra").resolve(WarmUp.FILE)))
        .hasSize(1000);
    assertThat(version.report().remarks())
        .contains(
            "of 1002 warm-up requests the smallest 1000 are written: a server loads no version that"
                + " has more");
  }

  /** Else the signatures that come last would have none. */
  @Test
  void everySignatureHasItsSmallOnes() throws IOException {
    Set<Integer> all = IntStream.rangeClosed(2, 502).boxed().collect(Collectors.toSet());
    Model small = SmallModel.of(Signature.SERVING_DEFAULT, "Neg", DType.FLOAT32);
    Signature serving = small.servingSignature();
    Model model =
        small.toBuilder()
            .signatures(
                List.of(serving, Signature.predict("own", serving.inputs(), serving.outputs())))
            .build();
    Version version =
        Exporter.publish(runtime, model, folder.resolve("base"), Proof.batches(2000, all));
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      assertThat(WarmUp.read(version.path().resolve("assets.extra"), session.signatures()))
          .extracting(each -> each.signature().name())
          .containsOnly("own", Signature.SERVING_DEFAULT)
          .filteredOn("own"::equals)
          .hasSize(500);
    }
  }

  /** Nobody asked for 32: what large pictures leave out of the usual sizes is no news. */
  @Test
  void onlySizesThatWereAskedForAreMissed() {
    Version usual =
        Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"), Proof.batches(16));
    assertThat(usual.report().remarks()).isEmpty();
    assertThat(usual.report().warmUps()).isEqualTo(6);
  }

  @Test
  void valuesComeBackAsTheyWere() throws IOException {
    Signature signature = Signature.predict("predict", Map.of(), Map.of());
    Map<String, TensorValue> inputs =
        Map.of(
            "same", TensorValue.of(Shape.of(2, 3), new float[] {7, 7, 7, 7, 7, 7}),
            "other", TensorValue.of(Shape.of(2, 2), new float[] {7, 7, 7, 8}),
            "wide", TensorValue.of(Shape.of(2), new double[] {0.1, 0.1}),
            "whole", TensorValue.of(Shape.of(2), new int[] {-3, -3}),
            "long", TensorValue.of(Shape.of(2), new long[] {1L << 40, 1L << 40}),
            "zero", TensorValue.of(Shape.of(3), new long[3]),
            "texts", TensorValue.texts(Shape.of(2, 2), List.of("a", "a", "a", "a")),
            "none", TensorValue.of(Shape.of(0, 3), new float[0]),
            "scalar", TensorValue.scalar(2f));
    WarmUp.write(folder, "model", List.of(new WarmUp.Request(signature, inputs)));
    List<WarmUp.Request> read = WarmUp.read(folder, Map.of("predict", signature));
    assertThat(read).hasSize(1);
    assertThat(read.get(0).inputs()).containsOnlyKeys(inputs.keySet());
    assertThat(Comparison.areSame(inputs, read.get(0).inputs())).isTrue();
  }

  @Test
  void aDamagedFileIsToldOf() throws IOException {
    Signature signature = Signature.predict("predict", Map.of(), Map.of());
    Map<String, TensorValue> inputs = Map.of("x", TensorValue.scalar(2f));
    WarmUp.write(folder, "model", List.of(new WarmUp.Request(signature, inputs)));
    Path file = folder.resolve(WarmUp.FILE);
    byte[] sound = Files.readAllBytes(file);
    sound[14] ^= 1;
    Files.write(file, sound);
    assertThatThrownBy(() -> WarmUp.read(folder, Map.of("predict", signature)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("record 0");
    Files.write(file, Arrays.copyOf(sound, sound.length - 1));
    assertThatThrownBy(() -> WarmUp.read(folder, Map.of("predict", signature)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cut short");
  }
}
