package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.exporter.internal.sample.MadeUpPictures;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.BytesList;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.Features;
import org.tensorflow.proto.FloatList;
import org.tensorflow.proto.Int64List;

/**
 * What TensorFlow Serving's classifier asks of a signature, on examples as its clients write them.
 */
class ClassifySignatureTest {

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

  private static Feature bytes(ByteString value) {
    return Feature.newBuilder().setBytesList(BytesList.newBuilder().addValue(value)).build();
  }

  private static Feature floats(float... values) {
    FloatList.Builder list = FloatList.newBuilder();
    for (float value : values) {
      list.addValue(value);
    }
    return Feature.newBuilder().setFloatList(list).build();
  }

  private static Feature whole(long... values) {
    Int64List.Builder list = Int64List.newBuilder();
    for (long value : values) {
      list.addValue(value);
    }
    return Feature.newBuilder().setInt64List(list).build();
  }

  private static ByteString example(Map<String, Feature> features) {
    return Example.newBuilder()
        .setFeatures(Features.newBuilder().putAllFeature(features))
        .build()
        .toByteString();
  }

  private static TensorValue sent(ByteString... examples) {
    return TensorValue.strings(Shape.of(examples.length), List.of(examples));
  }

  private static List<String> texts(Map<String, TensorValue> answer, String output) {
    return answer.get(output).strings().stream().map(ByteString::toStringUtf8).toList();
  }

  @Test
  void picturesAreClassifiedAsByTheirBytes() {
    Version version = Exporter.publish(runtime, PictureModel.of(-1), folder.resolve("base"));
    List<ByteString> files = MadeUpPictures.all();
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      Signature classify = session.signatures().get("classify");
      assertThat(classify.method()).isEqualTo("tensorflow/serving/classify");
      assertThat(classify.inputs()).containsOnlyKeys("inputs");
      assertThat(classify.inputs().get("inputs").shape()).isEqualTo(Shape.of(-1));
      assertThat(classify.outputs()).containsOnlyKeys("classes", "scores");
      classify
          .outputs()
          .values()
          .forEach(output -> assertThat(output.shape()).isEqualTo(Shape.of(-1, 2)));
      Map<String, TensorValue> answer =
          session.call(
              "classify",
              Map.of(
                  "inputs",
                  sent(
                      example(Map.of("image_bytes", bytes(files.get(0)))),
                      example(Map.of("image_bytes", bytes(files.get(2)), "more", whole(1))))));
      assertThat(texts(answer, "classes")).containsExactly("day", "night", "day", "night");
      Map<String, TensorValue> same =
          session.call(
              "serving_bytes",
              Map.of(
                  "image_bytes",
                  TensorValue.strings(Shape.of(2), List.of(files.get(0), files.get(2)))));
      assertThat(answer.get("scores").floats()).containsExactly(same.get("scores").floats());
      assertThatThrownBy(
              () ->
                  session.call(
                      "classify", Map.of("inputs", sent(example(Map.of("picture", whole(1)))))))
          .isInstanceOf(TensorFlowException.class)
          .hasMessageContaining("image_bytes");
    }
  }

  /** Inputs of each kind, and a head for each of {@code units}. */
  private static Model table(Shape codes, int... units) {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "net");
    Map<String, TensorSpec> inputs = new LinkedHashMap<>();
    TensorRef age = input(editor, inputs, "age", DType.FLOAT64, Shape.of(-1, 2));
    TensorRef code = input(editor, inputs, "codes", DType.INT32, codes);
    TensorRef word = input(editor, inputs, "word", DType.STRING, Shape.of(-1));
    TensorRef known = input(editor, inputs, "is_known", DType.BOOL, Shape.of(-1));
    TensorRef length =
        g.add("ExpandDims", g.cast(g.add("StringLength", word), DataType.DT_FLOAT), g.scalar(1));
    TensorRef sum =
        g.add(
            "AddV2",
            g.op("Mean")
                .input(g.cast(age, DataType.DT_FLOAT))
                .input(g.ints(1))
                .attr("keep_dims", true)
                .output(),
            g.op("Mean")
                .input(g.cast(code, DataType.DT_FLOAT))
                .input(g.ints(1))
                .attr("keep_dims", true)
                .output());
    TensorRef numbers =
        g.op("ConcatV2")
            .inputs(
                List.of(
                    length,
                    sum,
                    g.add("ExpandDims", g.cast(known, DataType.DT_FLOAT), g.scalar(1))))
            .input(g.scalar(1))
            .output();
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    List<Head> heads = new ArrayList<>();
    for (int count : units) {
      float[] weights = new float[3 * count];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (i % 5) * 0.1f - 0.2f;
      }
      TensorRef logits =
          g.add("MatMul", numbers, g.constant(TensorValue.of(Shape.of(3, count), weights)));
      TensorRef scores = g.add("Softmax", logits);
      String name = "head" + count;
      outputs.put(name, new TensorSpec(scores, DType.FLOAT32, Shape.of(-1, count)));
      Labels labels = Labels.of(List.of("a", "b", "c", "d").subList(0, count));
      heads.add(
          new Head(
              name, Head.Kind.SINGLE_LABEL, Optional.of(labels), numbers, logits, scores, count));
    }
    return Model.builder("table", editor.build(), new Provenance.Origin("here", "", "", "", 0))
        .signatures(List.of(Signature.predict(Signature.SERVING_DEFAULT, inputs, outputs)))
        .heads(heads)
        .build();
  }

  private static TensorRef input(
      GraphEditor editor, Map<String, TensorSpec> inputs, String name, DType dtype, Shape shape) {
    TensorRef tensor = editor.placeholder(name, dtype.proto(), shape);
    inputs.put(name, new TensorSpec(tensor, dtype, shape));
    return tensor;
  }

  private static Map<String, TensorValue> row(int... codes) {
    return Map.of(
        "age",
        TensorValue.of(Shape.of(1, 2), new double[] {0.5, 0.25}),
        "codes",
        TensorValue.of(Shape.of(1, codes.length), codes),
        "word",
        TensorValue.texts(Shape.of(1), List.of("tree")),
        "is_known",
        TensorValue.of(DType.BOOL, Shape.of(1), ByteBuffer.wrap(new byte[] {1})));
  }

  @Test
  void eachHeadWithLabelsHasItsOwnAndInputsGoByTheirNames() {
    Version version =
        Exporter.publish(runtime, table(Shape.of(-1, 3), 2, 4), folder.resolve("base"));
    assertThat(version.report().signatures())
        .containsExactly("classify_head2", "classify_head4", "serving_default");
    assertThat(version.report().uncompared()).isEmpty();
    assertThat(version.report().warmUps()).isEqualTo(9);
    ByteString example =
        example(
            Map.of(
                "age",
                floats(0.5f, 0.25f),
                "codes",
                whole(7, 8, 9),
                "word",
                bytes(ByteString.copyFromUtf8("tree")),
                "is_known",
                whole(1)));
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      Map<String, TensorValue> plain = session.call("serving_default", row(7, 8, 9));
      for (int count : List.of(2, 4)) {
        Map<String, TensorValue> answer =
            session.call("classify_head" + count, Map.of("inputs", sent(example)));
        assertThat(answer.get("scores").floats())
            .containsExactly(plain.get("head" + count).floats());
        assertThat(texts(answer, "classes"))
            .isEqualTo(List.of("a", "b", "c", "d").subList(0, count));
      }
    }
    Model again = SavedModelImporter.load(version.path());
    assertThat(again.signatures()).containsOnlyKeys("serving_default");
    assertThat(Exporter.publish(runtime, again, folder.resolve("base")).report().signatures())
        .isEqualTo(version.report().signatures());
  }

  /** Examples of different lengths would have to be padded, which a model need not take. */
  @Test
  void whatHasNoFixedSizeIsNotClassifiedFromExamples() {
    Version version = Exporter.publish(runtime, table(Shape.of(-1, -1), 2), folder.resolve("base"));
    assertThat(version.report().signatures()).containsExactly("serving_default");
    assertThat(version.report().remarks())
        .anyMatch(
            line -> line.startsWith("no signature 'classify' is made") && line.contains("codes"));
  }

  /** As those of a ragged tensor: its values and where its rows end. */
  @Test
  void whatHasNotOneRowForEachExampleIsNoExample() {
    Map<String, TensorValue> rows = new LinkedHashMap<>(row(7, 8, 9));
    rows.put("word", TensorValue.texts(Shape.of(2), List.of("tree", "")));
    Model model = table(Shape.of(-1, 3), 2);
    ExampleFront front = ExampleFront.of(model);
    assertThat(front.areRows(row(7, 8, 9))).isTrue();
    assertThat(front.areRows(rows)).isFalse();
    assertThat(front.sent(rows)).isEmpty();
    List<String> remarks = new ArrayList<>();
    assertThat(ClassifySignature.of(model, List.of(Proof.examples(rows)), remarks)).isEmpty();
    assertThat(remarks).singleElement().asString().contains("one row for each example");
  }

  @Test
  void numbersAreNotClassified() {
    Model model = table(Shape.of(-1, 3), 2);
    Head head = model.heads().get(0);
    Head numbers =
        new Head(
            head.name(),
            Head.Kind.REGRESSION,
            Optional.empty(),
            head.features(),
            head.logits(),
            head.output(),
            2);
    ExportReport report =
        Exporter.publish(
                runtime, model.toBuilder().heads(List.of(numbers)).build(), folder.resolve("base"))
            .report();
    assertThat(report.signatures()).containsExactly("serving_default");
    assertThat(report.remarks()).isEmpty();
  }

  @Test
  void aModelsOwnStays() {
    Model model = table(Shape.of(-1, 3), 2);
    Signature serving = model.servingSignature();
    Signature own =
        Signature.predict(
            "classify",
            serving.inputs(),
            ImmutableMap.of(
                "numbers",
                new TensorSpec(model.heads().get(0).features(), DType.FLOAT32, Shape.of(-1, 3))));
    Version version =
        Exporter.publish(
            runtime,
            model.toBuilder().signatures(List.of(serving, own)).build(),
            folder.resolve("base"));
    assertThat(version.report().remarks())
        .anyMatch(line -> line.startsWith("no signature 'classify' is made"));
    assertThat(version.report().uncompared()).isEmpty();
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      assertThat(session.signatures().get("classify").outputs()).containsOnlyKeys("numbers");
    }
  }
}
