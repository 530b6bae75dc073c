package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.error.FailedCheckException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/** What is said of an export was held against the model, and the rest is named. */
class ComparedExportTest {

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

  @Test
  void whatNothingCouldBeComparedOfIsRefused() throws IOException {
    Path base = folder.resolve("base");
    Model model = SmallModel.of("serving_default", "DecodeBase64", DType.STRING);
    assertThat(Exporter.publish(runtime, model, base).report().uncompared()).isEmpty();
    Model picky = SmallModel.of("serving_default", "DecodeCompressed", DType.STRING);
    GraphEditor editor = picky.graph().edit();
    TensorRef parsed =
        editor
            .op("ParseTensor")
            .name("parsed")
            .input(TensorRef.parse("x"))
            .attr("out_type", DataType.DT_FLOAT)
            .output();
    Signature serving = picky.servingSignature();
    Model unheard =
        picky.toBuilder()
            .graph(editor.build())
            .signatures(
                List.of(
                    serving.with(
                        serving.inputs(),
                        ImmutableMap.of(
                            "outputs", new TensorSpec(parsed, DType.FLOAT32, Shape.unknown())))))
            .build();
    assertThatThrownBy(() -> Exporter.publish(runtime, unheard, base))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContainingAll(
            "nothing of the export could be compared",
            "'serving_default'",
            "not published",
            "Give examples");
    assertThat(names(base)).containsExactly("1");
  }

  @Test
  void whatWasNotComparedIsListed() {
    Model model = PictureModel.of(-1);
    GraphEditor editor = model.graph().edit();
    Signature serving = model.servingSignature();
    TensorRef scores = serving.outputs().get("scores").tensor();
    TensorRef shape = editor.op("Shape").name("noise/shape").input(scores).output();
    TensorRef noise =
        editor
            .op("RandomUniform")
            .name("noise/random")
            .input(shape)
            .attr("dtype", DataType.DT_FLOAT)
            .output();
    Map<String, TensorSpec> outputs = new LinkedHashMap<>(serving.outputs());
    outputs.put("noise", new TensorSpec(noise, DType.FLOAT32, Shape.of(-1, 2)));
    Signature features =
        Signature.predict(
            "features",
            serving.inputs(),
            ImmutableMap.of("f", new TensorSpec(scores, DType.FLOAT32, Shape.of(-1, 2))));
    Model noisy =
        model.toBuilder()
            .graph(editor.build())
            .signatures(
                List.of(serving.with(serving.inputs(), ImmutableMap.copyOf(outputs)), features))
            .build();
    ExportReport report = Exporter.publish(runtime, noisy, folder.resolve("base")).report();
    assertThat(report.batches()).contains(1, 3, 32);
    assertThat(report.uncompared())
        .anyMatch(line -> line.startsWith("output 'noise' of signature 'serving_default'"))
        .anyMatch(line -> line.startsWith("output 'noise' of signature 'serving_bytes'"))
        .hasSize(2);
  }

  /** PNGs of a size that nobody thinks of. */
  private static final String ODD = "odd";

  /** The mean of all that {@code op} reads in a picture, whose bytes it takes one at a time. */
  private static Model decoding(String op) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    TensorRef bytes = editor.placeholder("bytes", DataType.DT_STRING, Shape.of(-1));
    TensorRef one = g.add("Reshape", bytes, g.constant(TensorValue.of(Shape.of(0), new int[0])));
    TensorRef pixels =
        op.equals("DecodeAndCropJpeg")
            ? g.add(op, one, g.ints(0, 0, 4, 4))
            : g.op(op.equals(ODD) ? "DecodePng" : op).input(one).attr("channels", 3).output();
    if (op.equals(ODD)) {
      pixels = g.add("Reshape", pixels, g.ints(7, 7, 3));
    }
    TensorRef numbers = g.op("Cast").input(pixels).attr("DstT", DataType.DT_FLOAT).output();
    TensorRef mean = g.add("ExpandDims", g.add("Mean", numbers, g.ints(0, 1)), g.scalar(0));
    return Model.builder("decoding", editor.build(), new Provenance.Origin("here", "", "", "", 0))
        .signatures(
            List.of(
                Signature.predict(
                    Signature.SERVING_DEFAULT,
                    ImmutableMap.of("bytes", new TensorSpec(bytes, DType.STRING, Shape.of(-1))),
                    ImmutableMap.of("mean", new TensorSpec(mean, DType.FLOAT32, Shape.of(-1, 3))))))
        .inputs(
            List.of(
                new InputSpec(
                    "bytes",
                    bytes,
                    DType.STRING,
                    Shape.of(-1),
                    Optional.empty(),
                    InputSpec.Channels.UNKNOWN,
                    InputSpec.Resize.STRETCH)))
        .build();
  }

  /** As those that read an upload do: none of them reads every format. */
  @ParameterizedTest
  @ValueSource(strings = {"DecodeBmp", "DecodePng", "DecodeJpeg", "DecodeAndCropJpeg"})
  void modelsThatDecodeAreComparedOnPicturesThatTheyTake(String op) {
    ExportReport report = Exporter.publish(runtime, decoding(op), folder.resolve("base")).report();
    assertThat(report.signatures()).contains("serving_bytes");
    assertThat(report.batches()).containsExactly(1);
    assertThat(report.uncompared())
        .containsExactly(
            "signature 'serving_default' in batches of 3: the model itself fails on them",
            "signature 'serving_default' in batches of 32: the model itself fails on them");
    assertThat(report.warmUps()).isEqualTo(2);
    assertThat(report.remarks())
        .contains(
            "no warm-up request of 8 rows is written for signature 'serving_bytes': it fails on one")
        .hasSize(4);
  }

  @Test
  void thoseThatTakeNoMadeUpPictureAreTriedOnGivenOnes() {
    Path base = folder.resolve("base");
    assertThatThrownBy(() -> Exporter.publish(runtime, decoding(ODD), base))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContainingAll("'serving_bytes': no example was given", "Give examples");
    ByteString noPng = ByteString.copyFromUtf8("RIFF....WEBP");
    assertThatThrownBy(
            () ->
                Exporter.publish(
                    runtime, decoding("DecodePng"), base, Proof.pictures(List.of(noPng))))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContaining("the model itself, before any export, fails on the pictures given");
    assertThat(base).doesNotExist();
  }

  /** Answers at random, which begin alike in each session where there is a seed. */
  private static Model random(long seed) {
    Model model = SmallModel.of("serving_default", "Identity", DType.FLOAT32);
    GraphEditor editor = model.graph().edit();
    TensorRef shape = editor.op("Shape").name("shape").input(TensorRef.parse("y")).output();
    TensorRef noise =
        editor
            .op("RandomUniform")
            .name("noise")
            .input(shape)
            .attr("dtype", DataType.DT_FLOAT)
            .attr("seed", seed)
            .attr("seed2", seed)
            .output();
    Signature serving = model.servingSignature();
    return model.toBuilder()
        .graph(editor.build())
        .signatures(
            List.of(
                serving.with(
                    serving.inputs(),
                    ImmutableMap.of(
                        "noise", new TensorSpec(noise, DType.FLOAT32, Shape.of(-1, 2))))))
        .build();
  }

  /** Both are asked the same questions in the same order: warm-up requests come after these. */
  @Test
  void whatRemembersItsCallsIsComparedBeforeItIsCalledOtherwise() {
    ExportReport report = Exporter.publish(runtime, random(7), folder.resolve("base")).report();
    assertThat(report.uncompared()).isEmpty();
    assertThat(report.batches()).containsExactly(1, 3, 32);
  }

  /** Nothing can be told of such answers but what they look like. */
  @Test
  void aModelWhoseAnswersAreAllRandomIsTriedOnExamples() throws IOException {
    Model random = random(0);
    Path base = folder.resolve("base");
    assertThatThrownBy(() -> Exporter.publish(runtime, random, base))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContainingAll("nothing of the export could be compared", "'noise'", "examples");
    Proof examples = Proof.examples(Map.of("inputs", TensorValue.of(Shape.of(2, 2), new float[4])));
    ExportReport report = Exporter.publish(runtime, random, base, examples).report();
    assertThat(report.batches()).as("compared").isEmpty();
    assertThat(report.uncompared()).singleElement().asString().contains("output 'noise'");
    assertThat(names(base)).containsExactly("1");
  }

  /** Clients may call it. */
  @Test
  void aModelsOwnSignatureForBytesStays() {
    Model model = PictureModel.of(-1);
    GraphEditor editor = model.graph().edit();
    TensorRef text = editor.placeholder("text", DataType.DT_STRING, Shape.of(-1));
    TensorRef length = editor.op("StringLength").name("length").input(text).output();
    Signature own =
        Signature.predict(
            "serving_bytes",
            ImmutableMap.of("text", new TensorSpec(text, DType.STRING, Shape.of(-1))),
            ImmutableMap.of("length", new TensorSpec(length, DType.INT32, Shape.of(-1))));
    Model both =
        model.toBuilder()
            .graph(editor.build())
            .signatures(List.of(model.servingSignature(), own))
            .build();
    Version version = Exporter.publish(runtime, both, folder.resolve("base"));
    assertThat(version.report().remarks()).anyMatch(line -> line.contains("of its own"));
    assertThat(version.report().uncompared()).isEmpty();
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      TensorValue texts =
          TensorValue.strings(Shape.of(1), List.of(ByteString.copyFromUtf8("four")));
      assertThat(session.call("serving_bytes", Map.of("text", texts)).get("length").asDoubles())
          .containsExactly(4);
    }
    Model again = SavedModelImporter.load(version.path());
    assertThat(again.signatures()).containsOnlyKeys("serving_default", "serving_bytes");
  }

  @Test
  void infiniteAndWholeNumbersAreComparedExactly() {
    TensorValue infinite = TensorValue.of(Shape.of(1), new float[] {Float.POSITIVE_INFINITY});
    TensorValue finite = TensorValue.of(Shape.of(1), new float[] {1});
    assertThat(Comparison.differing(Map.of("x", infinite), Map.of("x", finite))).hasSize(1);
    assertThat(Comparison.differing(Map.of("x", infinite), Map.of("x", infinite))).isEmpty();
    TensorValue many = TensorValue.of(Shape.of(1), new int[] {1_000_000});
    TensorValue more = TensorValue.of(Shape.of(1), new int[] {1_000_001});
    assertThat(Comparison.differing(Map.of("x", many), Map.of("x", more))).hasSize(1);
  }

  /** The other outputs have to agree beside one that is drawn at random. */
  @Test
  void randomOutputsAreToldByMoreThanRounding() {
    TensorValue one = TensorValue.of(Shape.of(2), new float[] {1, 2});
    TensorValue rounded = TensorValue.of(Shape.of(2), new float[] {1, 2.00001f});
    TensorValue other = TensorValue.of(Shape.of(2), new float[] {1, 3});
    assertThat(Comparison.differing(Map.of("x", one), Map.of("x", rounded))).isEmpty();
    assertThat(Comparison.differing(Map.of("x", one), Map.of("x", other))).containsExactly("x");
  }

  @Test
  void inputsOfEveryRealKindCanBeMadeUp() {
    for (DataType dtype :
        List.of(
            DataType.DT_INT16,
            DataType.DT_UINT16,
            DataType.DT_UINT32,
            DataType.DT_UINT64,
            DataType.DT_COMPLEX64,
            DataType.DT_COMPLEX128)) {
      Model model = SmallModel.of("serving_default", "Identity", DType.of(dtype));
      ExportReport report = Exporter.publish(runtime, model, folder.resolve(dtype.name())).report();
      assertThat(report.batches()).as(dtype.name()).contains(1, 3, 32);
    }
  }

  private static Set<String> names(Path dir) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> all = Files.list(dir)) {
      all.forEach(path -> names.add(path.getFileName().toString()));
    }
    return names;
  }
}
