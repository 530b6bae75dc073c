package dev.graft.exporter;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.exporter.internal.sample.MadeUpPictures;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Head;
import dev.graft.model.Model;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/** What the heads read, as a signature of its own, where it is asked for. */
class FeaturesSignatureTest {

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

  private Version publish(Model model, Proof... proofs) {
    return Exporter.publish(runtime, model, folder.resolve("base"), proofs);
  }

  private static TensorValue pictures(int rows) {
    float[] pixels = new float[rows * 8 * 8 * 3];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = i % 251;
    }
    return TensorValue.of(Shape.of(rows, 8, 8, 3), pixels);
  }

  @Test
  void itGivesWhatTheHeadReads() throws IOException {
    Version version = publish(PictureModel.of(-1), Proof.features());
    assertThat(version.report().signatures()).contains(Signature.FEATURES);
    assertThat(version.report().uncompared()).isEmpty();
    assertThat(version.report().batches()).containsExactly(1, 3, 32);
    assertThat(version.report().warmUps()).as("five signatures in three sizes").isEqualTo(15);
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      Signature features = session.signatures().get(Signature.FEATURES);
      assertThat(features.inputs())
          .isEqualTo(session.signatures().get(Signature.SERVING_DEFAULT).inputs());
      assertThat(features.outputs()).containsOnlyKeys(Signature.FEATURES);
      assertThat(features.outputs().get(Signature.FEATURES).dtype()).isEqualTo(DType.FLOAT32);
      assertThat(features.outputs().get(Signature.FEATURES).shape()).isEqualTo(Shape.of(-1, 3));
      float[] given =
          session
              .call(Signature.FEATURES, Map.of("image", pictures(5)))
              .get(Signature.FEATURES)
              .floats();
      assertThat(given).hasSize(15);
      double mean = 0;
      for (int i = 0; i < 64; i++) {
        mean += (3 * i % 251) / 255.0 / 64;
      }
      assertThat((double) given[0]).isCloseTo(mean, within(1e-6));
      assertThat(WarmUp.read(version.path().resolve("assets.extra"), session.signatures()))
          .filteredOn(each -> each.signature().name().equals(Signature.FEATURES))
          .extracting(each -> BatchRows.count(each.inputs()))
          .containsExactly(1, 8, 32);
    }
    Model read = SavedModelImporter.load(version.path());
    assertThat(read.signatures()).as("made anew where it is asked for").hasSize(1);
    assertThat(publish(read).report().signatures()).doesNotContain(Signature.FEATURES);
    assertThat(publish(read, Proof.features()).report().signatures()).contains(Signature.FEATURES);
  }

  /** As halves, which a server does not write as JSON; and of the scores a second head. */
  static Model twoHeads() {
    Model model = PictureModel.of(-1);
    GraphEditor editor = model.graph().edit();
    Head first = model.heads().get(0);
    Scope g = new Scope(editor, "second");
    TensorRef halves = g.cast(first.output(), DataType.DT_HALF);
    TensorRef logits = g.add("Neg", halves);
    TensorRef output = g.cast(logits, DataType.DT_FLOAT);
    Head second =
        new Head("tone", Head.Kind.REGRESSION, Optional.empty(), halves, logits, output, 2);
    Signature serving = model.servingSignature();
    Signature both =
        serving.with(
            serving.inputs(),
            ImmutableMap.<String, TensorSpec>builder()
                .putAll(serving.outputs())
                .put("tone", new TensorSpec(output, DType.FLOAT32, Shape.of(-1, 2)))
                .buildOrThrow());
    return model.toBuilder()
        .graph(editor.build())
        .heads(List.of(first, second))
        .signatures(List.of(both))
        .build();
  }

  @Test
  void headsThatReadDifferentTensorsHaveOneEach() {
    Version version = publish(twoHeads(), Proof.features());
    assertThat(version.report().signatures())
        .contains("features_scores", "features_tone")
        .doesNotContain(Signature.FEATURES);
    assertThat(version.report().uncompared()).isEmpty();
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      Map<String, TensorValue> inputs = Map.of("image", pictures(2));
      TensorValue tone = session.call("features_tone", inputs).get(Signature.FEATURES);
      assertThat(tone.dtype()).isEqualTo(DType.FLOAT32);
      assertThat(tone.floats()[0])
          .isCloseTo(
              session.call(Signature.SERVING_DEFAULT, inputs).get("scores").floats()[0],
              within(1e-3f));
      assertThat(session.call("features_scores", inputs).get(Signature.FEATURES).shape())
          .isEqualTo(Shape.of(2, 3));
    }
  }

  @Test
  void headsThatReadTheSameShareIt() {
    Model two = twoHeads();
    Head tone = two.heads().get(1);
    Head same =
        new Head(
            tone.name(),
            tone.kind(),
            tone.labels(),
            two.heads().get(0).features(),
            tone.logits(),
            tone.output(),
            2);
    Model model = two.toBuilder().heads(List.of(two.heads().get(0), same)).build();
    Version version = publish(model, Proof.features());
    assertThat(version.report().signatures())
        .contains(Signature.FEATURES, "features_bytes")
        .noneMatch(name -> name.startsWith("features_scores") || name.equals("features_tone"));
    assertThat(features(version, Map.of("image", pictures(4))).shape()).isEqualTo(Shape.of(4, 3));
  }

  private static TensorValue features(Version version, Map<String, TensorValue> inputs) {
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      return requireNonNull(session.call(Signature.FEATURES, inputs).get(Signature.FEATURES));
    }
  }

  /** Files of pictures in, as serving_bytes takes them. */
  @Test
  void thereIsOneForEncodedPictures() {
    Version version = publish(PictureModel.of(-1), Proof.features());
    assertThat(version.report().uncompared()).isEmpty();
    List<ByteString> files = MadeUpPictures.all();
    TensorValue sent = TensorValue.strings(Shape.of(files.size()), files);
    try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
      TensorValue features =
          session.call("features_bytes", Map.of("image_bytes", sent)).get(Signature.FEATURES);
      assertThat(features.shape()).isEqualTo(Shape.of(files.size(), 3));
      assertThat(features.floats()).isNotEqualTo(new float[files.size() * 3]);
    }
    Model headless = PictureModel.of(-1);
    Signature own = headless.servingSignature();
    Model taken =
        headless.toBuilder()
            .signatures(
                List.of(own, Signature.predict("features_bytes", own.inputs(), own.outputs())))
            .build();
    assertThat(publish(taken, Proof.features()).report().remarks())
        .contains("the model has a signature 'features_bytes' of its own, which stays as it is");
  }

  @Test
  void aHeadMayReadTheInputItself() {
    Version version = publish(TableModel.of(-1), Proof.features());
    float[] rows = {1, 2, 3, 4, 5, 6};
    assertThat(features(version, Map.of("x", TensorValue.of(Shape.of(2, 3), rows))).floats())
        .isEqualTo(rows);
  }

  /** The Reshape fixes the batch inside, so that it cannot be opened. */
  @Test
  void aFixedBatchGivesAsManyRows() {
    Model model = TableModel.of(4);
    GraphEditor editor = model.graph().edit();
    Head head = model.heads().get(0);
    Scope g = new Scope(editor, "four");
    TensorRef four = g.add("Reshape", head.features(), g.ints(4, 3));
    TensorRef logits = g.add("Reshape", head.logits(), g.ints(4, 2));
    TensorRef scores = g.add("Softmax", logits);
    Signature serving = model.servingSignature();
    Model fixed =
        model.toBuilder()
            .graph(editor.build())
            .heads(
                List.of(new Head("scores", head.kind(), Optional.empty(), four, logits, scores, 2)))
            .signatures(
                List.of(
                    serving.with(
                        serving.inputs(),
                        Map.of("scores", new TensorSpec(scores, DType.FLOAT32, Shape.of(4, 2))))))
            .build();
    Version version = publish(fixed, Proof.features(), Proof.batches(100, Set.of(4, 200)));
    float[] rows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    assertThat(features(version, Map.of("x", TensorValue.of(Shape.of(4, 3), rows))).floats())
        .isEqualTo(rows);
    assertThat(version.report().warmUps()).isEqualTo(2);
    assertThat(version.report().remarks())
        .singleElement()
        .asString()
        .startsWith("the sizes of a server's batches say nothing to 'features', 'serving_default'");
  }

  @Test
  void aHeadMayReadSeveralInputs() {
    Model model = TableModel.of(-1);
    GraphEditor editor = model.graph().edit();
    Head head = model.heads().get(0);
    Scope g = new Scope(editor, "both");
    TensorRef y = editor.placeholder("y", DataType.DT_FLOAT, Shape.of(-1, 3));
    TensorRef sum = g.add("AddV2", head.features(), y);
    Signature serving = model.servingSignature();
    Map<String, TensorSpec> inputs = new HashMap<>(serving.inputs());
    inputs.put("y", new TensorSpec(y, DType.FLOAT32, Shape.of(-1, 3)));
    TensorRef scores = g.add("AddV2", sum, head.features());
    Model several =
        model.toBuilder()
            .graph(editor.build())
            .heads(
                List.of(new Head("scores", head.kind(), Optional.empty(), sum, scores, scores, 3)))
            .signatures(
                List.of(
                    serving.with(
                        inputs,
                        Map.of("scores", new TensorSpec(scores, DType.FLOAT32, Shape.of(-1, 3))))))
            .build();
    Version version = publish(several, Proof.features());
    assertThat(version.report().uncompared()).isEmpty();
    TensorValue one = TensorValue.of(Shape.of(1, 3), new float[] {1, 2, 3});
    assertThat(features(version, Map.of("x", one, "y", one)).floats()).containsExactly(2, 4, 6);
  }

  /** A detector's head reads maps: they are given as they are. */
  @Test
  void aHeadMayReadMaps() {
    Model model = PictureModel.of(-1);
    Head head = model.heads().get(0);
    Model maps =
        model.toBuilder().heads(List.of(reading(head, model.inputs().get(0).tensor()))).build();
    Version version = publish(maps, Proof.features());
    assertThat(features(version, Map.of("image", pictures(2))).shape())
        .isEqualTo(Shape.of(2, 8, 8, 3));
  }

  /** [N*T, D], as a layer in TimeDistributed reads; no shape tells that before it runs. */
  @Test
  void severalRowsForEachExampleAreRefused() throws IOException {
    Model model = TableModel.of(-1);
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, "flat");
    TensorRef flat = g.add("Reshape", model.heads().get(0).features(), g.ints(-1, 1));
    Model graph = model.toBuilder().graph(editor.build()).build();
    Model several = graph.toBuilder().heads(List.of(reading(model.heads().get(0), flat))).build();
    refuse(several, "is [96, 1] of 32 examples, not a row for each example");
    Exporter.requireFeatures(runtime, model);
    assertThatThrownBy(() -> Exporter.requireFeatures(runtime, several))
        .as("before anything is trained")
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("is [9, 1] of 3 examples");
    assertThat(base()).doesNotExist();
  }

  /** What was asked for has to run; of what is there besides the true cause is told. */
  @Test
  void whatNoExampleRunsThroughIsNotPublished() throws IOException {
    Model model = TableModel.of(-1);
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, "odd");
    TensorRef odd = g.add("Reshape", model.heads().get(0).features(), g.ints(-1, 7));
    Model graph = model.toBuilder().graph(editor.build()).build();
    Model failing = graph.toBuilder().heads(List.of(reading(model.heads().get(0), odd))).build();
    assertThatThrownBy(() -> publish(failing, Proof.features()))
        .isInstanceOf(FailedCheckException.class)
        .hasMessageContaining("signature 'features' was asked for and could not be run (")
        .hasMessageContaining("Input to reshape");
    assertThatThrownBy(() -> Exporter.requireFeatures(runtime, failing))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("cannot be given while its answers can");
    assertThat(base()).doesNotExist();
    Signature serving = model.servingSignature();
    Model beside =
        graph.toBuilder()
            .signatures(
                List.of(
                    serving,
                    Signature.predict(
                        "odd",
                        serving.inputs(),
                        Map.of("odd", new TensorSpec(odd, DType.FLOAT32, Shape.of(-1, 7))))))
            .build();
    assertThat(publish(beside).report().uncompared())
        .singleElement()
        .asString()
        .startsWith(
            "signature 'odd': no example was given, and the model fails on what was made up")
        .contains("Input to reshape");
  }

  private static Model with(Head... heads) {
    return PictureModel.of(-1).toBuilder().heads(Arrays.asList(heads)).build();
  }

  @Test
  void whatCannotBeGivenIsRefusedBeforeAnythingIsWritten() throws IOException {
    Model model = PictureModel.of(-1);
    Head head = model.heads().get(0);
    List<Signature> more = new ArrayList<>(model.signatures().values());
    more.add(
        Signature.predict(
            Signature.FEATURES,
            model.servingSignature().inputs(),
            model.servingSignature().outputs()));
    refuse(model.toBuilder().signatures(more).build(), "'features' of its own");
    refuse(with(), "has no head");
    GraphEditor editor = model.graph().edit();
    TensorRef whole = editor.op("Shape").name("whole").input(head.features()).output();
    TensorRef means = new Scope(editor, "means").add("Mean", head.features(), zero(editor));
    Model graph = model.toBuilder().graph(editor.build()).build();
    refuse(graph.toBuilder().heads(List.of(reading(head, whole))).build(), "not real numbers");
    refuse(
        graph.toBuilder().heads(List.of(reading(head, means))).build(),
        "is [3], not a row for each example");
    try (Stream<Path> all = Files.exists(base()) ? Files.list(base()) : Stream.empty()) {
      assertThat(all).isEmpty();
    }
  }

  private Path base() {
    return folder.resolve("base");
  }

  private static TensorRef zero(GraphEditor editor) {
    return new Scope(editor, "means").ints(0);
  }

  private static Head reading(Head head, TensorRef features) {
    return new Head(
        head.name(), head.kind(), head.labels(), features, head.logits(), head.output(), 2);
  }

  private void refuse(Model model, String words) {
    assertThatThrownBy(() -> publish(model, Proof.features()))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining(words);
  }
}
