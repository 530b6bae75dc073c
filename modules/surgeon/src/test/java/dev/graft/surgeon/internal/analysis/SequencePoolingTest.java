package dev.graft.surgeon.internal.analysis;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.cut;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.HeadSpec.Pooling;
import dev.graft.surgeon.Models;
import dev.graft.surgeon.Padding;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A new head on a sequence leaves padding out of what it pools, as Keras' own layers do. */
class SequencePoolingTest {

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static TensorValue answer(Model model, TensorValue ids) {
    String input = model.servingSignature().inputs().keySet().iterator().next();
    try (ModelSession session = runtime.open(model)) {
      return session.call(model.servingSignature(), Map.of(input, ids)).values().iterator().next();
    }
  }

  private static TensorValue ids(Model model, int columns, int... ids) {
    Shape shape = Shape.of(ids.length / columns, columns);
    DType dtype = model.inputs().get(0).dtype();
    return dtype == DType.INT32
        ? TensorValue.of(shape, ids)
        : TensorValue.of(shape, Arrays.stream(ids).asLongStream().toArray());
  }

  /** What Keras' GlobalAveragePooling1D makes of the embedding is what a head's pooling makes. */
  @ParameterizedTest
  @CsvSource({
    "keras2/embedding_masked_mean, embedding, global_average_pooling1d",
    "keras3/embedding_masked_mean, embedding, global_average_pooling1d",
  })
  void theMeanIsThatOfKeras(String zoo, String sequence, String pooling) {
    Model model = Models.zoo(zoo);
    TensorValue texts = ids(model, 5, 3, 7, 1, 4, 9, 5, 2, 0, 0, 0, 8, 6, 2, 0, 0);
    for (Pooling wanted : new Pooling[] {Pooling.AUTO, Pooling.AVERAGE}) {
      Model ours = model.with(cut(sequence), addHead(HeadSpec.embedding().pooling(wanted)));
      Model kerass = model.with(cut(pooling), addHead(HeadSpec.embedding()));
      TensorAssert.assertThat(answer(ours, texts)).isCloseTo(answer(kerass, texts), 1e-6, 1e-5);
    }
  }

  /** How far a text is padded changes nothing, also where no layer of the model reads the mask. */
  @ParameterizedTest
  @CsvSource({
    "keras2/masked_tagger, AUTO",
    "keras2/masked_tagger, MAX",
    "keras3/masked_tagger, AVERAGE",
    "keras3/masked_tagger, MAX",
    "keras3/bigru_tagger, AVERAGE",
    "keras3/bigru_tagger, MAX",
  })
  void paddingChangesNothing(String zoo, Pooling pooling) {
    Model model = Models.zoo(zoo);
    FoundHead head = HeadFinder.only(model);
    Model pooled =
        model.with(
            cut(head.features().toString()),
            addHead(HeadSpec.regression(2).pooling(pooling).seed(1)));
    TensorAssert.assertThat(answer(pooled, ids(model, 6, 3, 7, 1, 0, 0, 0)))
        .isCloseTo(answer(pooled, ids(model, 3, 3, 7, 1)), 1e-6, 1e-5);
    assertThat(answer(pooled, ids(model, 3, 0, 0, 0)).floats())
        .as("a text of padding alone")
        .containsOnly(0f);
    Model replaced =
        model.with(replaceHead(HeadSpec.regression(2).pooling(Pooling.AVERAGE).seed(1)));
    TensorAssert.assertThat(answer(replaced, ids(model, 6, 3, 7, 1, 0, 0, 0)))
        .isCloseTo(answer(replaced, ids(model, 3, 3, 7, 1)), 1e-6, 1e-5);
  }

  /** The first position is there, and what is not masked is pooled as it always was. */
  @Test
  void withoutAMaskNothingIsLeftOut() {
    Model plain = Models.zoo("keras2/embedding_mean");
    Model pooled = plain.with(cut("embedding"), addHead(HeadSpec.embedding()));
    Model kerass = plain.with(cut("global_average_pooling1d"), addHead(HeadSpec.embedding()));
    TensorValue texts = ids(plain, 4, 3, 7, 0, 0, 1, 2, 3, 0);
    TensorAssert.assertThat(answer(pooled, texts)).isCloseTo(answer(kerass, texts), 1e-6, 1e-5);
    Model first =
        Models.zoo("keras2/masked_tagger")
            .with(cut("hidden"), addHead(HeadSpec.embedding().pooling(Pooling.FIRST)));
    assertThat(first.graph().nodes()).noneMatch(node -> node.getOp().equals("NotEqual"));
  }

  @Test
  void aLayerThatMayMovePositionsIsNamed() {
    Model model = Models.zoo("keras2/masked_tagger");
    Model foreign =
        model.toBuilder()
            .layers(
                model.layers().stream()
                    .map(
                        layer ->
                            layer.name().equals("hidden")
                                ? Layer.builder("hidden", "Shift")
                                    .variables(layer.variables())
                                    .tensors(layer.inputs(), layer.outputs(), layer.outputShape())
                                    .build()
                                : layer)
                    .toList())
            .build();
    Model ended = foreign.with(cut("hidden"));
    assertThatThrownBy(() -> ended.with(addHead(HeadSpec.regression(1))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'tokens' says which positions")
        .hasMessageContaining("'hidden' (Shift)")
        .hasMessageContaining("take the first position");
    ended.with(addHead(HeadSpec.regression(1).pooling(Pooling.FIRST)));
    assertThat(Padding.pooled(ended.with(addHead(HeadSpec.regression(1).pooling(Pooling.FIRST)))))
        .isEmpty();
    for (Pooling asked : new Pooling[] {Pooling.AVERAGE, Pooling.MAX}) { // is done, and told
      Model pooled = ended.with(addHead(HeadSpec.regression(1).pooling(asked)));
      assertThat(Padding.pooled(pooled).orElseThrow())
          .contains("'hidden' (Shift) is not known", "all are pooled, padding too");
      assertThat(pooled.graph().nodes()).noneMatch(node -> node.getOp().equals("NotEqual"));
    }
    Model known = model.with(cut("hidden"), addHead(HeadSpec.regression(1)));
    assertThat(Padding.pooled(known)).isEmpty();
  }

  /** A sequence that is made of two, each with padding of its own. */
  private static Optional<String> lostBehind(String className, String config, boolean alike) {
    Model model = Models.zoo("keras2/masked_tagger");
    Layer hidden =
        model.layers().stream().filter(each -> each.name().equals("hidden")).findFirst().get();
    Layer tokens =
        model.layers().stream().filter(each -> each.name().equals("tokens")).findFirst().get();
    GraphEditor editor = model.graph().edit();
    TensorRef read = alike ? tokens.inputs().get(0) : hidden.inputs().get(0);
    TensorRef other = editor.op("Identity").name("other").input(hidden.inputs().get(0)).output();
    Layer masking =
        with(
            Layer.builder("masking", alike ? "Embedding" : "Masking")
                .tensors(ImmutableList.of(read), ImmutableList.of(other), Shape.unknown())
                .build(),
            alike ? "{\"mask_zero\": true}" : "{\"mask_value\": -Infinity}");
    Layer merge =
        with(
            Layer.builder("hidden", className)
                .tensors(
                    ImmutableList.of(hidden.inputs().get(0), other),
                    hidden.outputs(),
                    hidden.outputShape())
                .build(),
            config);
    List<Layer> layers = new ArrayList<>(model.layers());
    layers.set(layers.indexOf(hidden), merge);
    layers.add(masking);
    Model merged = model.toBuilder().graph(editor.build()).layers(layers).build();
    return SequenceMask.lost(merged, hidden.outputs().get(0));
  }

  private static Layer with(Layer layer, String config) {
    return layer.toBuilder().config(config).build();
  }

  @Test
  void severalMasksAreNotTakenForTheFirst() {
    for (String merge : new String[] {"Add", "Average", "Multiply", "Concatenate"}) {
      assertThat(lostBehind(merge, "{}", false).orElseThrow()).contains("(" + merge + ")");
      assertThat(lostBehind(merge, "{}", true)).as("one and the same mask").isEmpty();
    }
    assertThat(lostBehind("Concatenate", "{\"axis\": 2}", true)).isEmpty();
    assertThat(lostBehind("Concatenate", "{\"axis\": 1}", true)).as("in time").isPresent();
    assertThat(lostBehind("GRU", "{}", false)).as("its own sequence comes first").isEmpty();
  }

  @Test
  void aPaddingValueIsReadAsPythonWritesIt() {
    for (String value : new String[] {"-Infinity", "Infinity", "NaN", "0", "-1.5e-3", "0.0"}) {
      Layer layer = with(Layer.of("m", "Masking"), "{\"mask_value\": " + value + "}");
      Model model = Models.zoo("keras2/masked_tagger");
      Layer tokens =
          model.layers().stream().filter(l -> l.name().equals("tokens")).findFirst().get();
      List<Layer> layers = new ArrayList<>(model.layers());
      layers.set(
          layers.indexOf(tokens),
          layer.toBuilder()
              .tensors(tokens.inputs(), tokens.outputs(), tokens.outputShape())
              .build());
      Model masking = model.toBuilder().layers(layers).build();
      assertThat(SequenceMask.of(masking, tokens.outputs().get(0)).orElseThrow().padding())
          .isEqualTo(Double.valueOf(value));
    }
  }

  /** A wish for pooling that nothing can come of. */
  @ParameterizedTest
  @EnumSource(
      value = Pooling.class,
      names = {"AVERAGE", "MAX", "FIRST", "FLATTEN"})
  void aVectorHasNothingToPool(Pooling pooling) {
    Model model = Models.zoo("keras2/cnn_bn");
    assertThatThrownBy(
            () -> model.with(replaceHead(HeadSpec.singleLabel("a", "b").pooling(pooling))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("nothing to pool");
  }
}
