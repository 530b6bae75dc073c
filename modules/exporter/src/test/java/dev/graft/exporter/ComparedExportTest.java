package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.FailedCheckException;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.TensorValue;
import dev.graft.runtime.TensorFlowRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
    Model model = SmallModel.of("serving_default", "DecodeBase64", DataType.DT_STRING);
    assertThat(Exporter.publish(runtime, model, base).report().uncompared()).isEmpty();
    Model picky = SmallModel.of("serving_default", "DecodeCompressed", DataType.DT_STRING);
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
                            "outputs",
                            new TensorSpec(parsed, DataType.DT_FLOAT, Shape.unknown())))))
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
    outputs.put("noise", new TensorSpec(noise, DataType.DT_FLOAT, Shape.of(-1, 2)));
    Signature features =
        Signature.predict(
            "features",
            serving.inputs(),
            ImmutableMap.of("f", new TensorSpec(scores, DataType.DT_FLOAT, Shape.of(-1, 2))));
    Model noisy =
        model.toBuilder()
            .graph(editor.build())
            .signatures(
                List.of(serving.with(serving.inputs(), ImmutableMap.copyOf(outputs)), features))
            .build();
    ExportReport report = Exporter.publish(runtime, noisy, folder.resolve("base")).report();
    assertThat(report.batches()).contains(1, 3, 5);
    assertThat(report.uncompared())
        .anyMatch(line -> line.startsWith("output 'noise' of signature 'serving_default'"))
        .anyMatch(line -> line.startsWith("output 'noise' of signature 'serving_bytes'"))
        .anyMatch(line -> line.startsWith("signature 'features'"))
        .hasSize(3);
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
      Model model = SmallModel.of("serving_default", "Identity", dtype);
      ExportReport report = Exporter.publish(runtime, model, folder.resolve(dtype.name())).report();
      assertThat(report.batches()).as(dtype.name()).contains(1, 3, 5);
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
