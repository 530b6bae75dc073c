package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.exporter.internal.sample.BatchRows;
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
    assertThat(version.report().warmUps()).isEqualTo(12);
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
    assertThat(publish(model, Proof.features()).report().signatures())
        .contains(Signature.FEATURES)
        .noneMatch(name -> name.startsWith("features_"));
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
