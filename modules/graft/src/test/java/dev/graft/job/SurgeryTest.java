package dev.graft.job;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import dev.graft.Gallery;
import dev.graft.Graft;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The flags of finetune, as a value. */
class SurgeryTest {

  private static final Model BACKBONE =
      Graft.load(Checkout.path("testdata/surgery/mobilenet/model"));
  private static final Labels OLD = Labels.of("a", "b", "c", "d");
  private static final Labels NEW = Labels.of("x", "y");

  private static Model after(Surgery surgery, Labels labels) {
    return after(surgery, Answers.oneOf(labels, 0));
  }

  private static Model after(Surgery surgery, Answers answers) {
    return surgery.on(BACKBONE, answers, 0);
  }

  @Test
  void aBackboneGetsANewHeadAndStaysFrozen() {
    Model model = after(Surgery.standard(), NEW);
    assertThat(model.trainableVariables())
        .extracting(Variable::name)
        .containsExactly("predictions/kernel", "predictions/bias");
    assertThat(model.heads().get(0).labels()).contains(NEW);
  }

  @Test
  void theSameLabelsKeepTheHead() {
    Labels shuffled = Labels.of("c", "a", "d", "b");
    Model model = after(Surgery.standard().labels(OLD), shuffled);
    assertThat(model.heads().get(0).labels()).contains(OLD);
    assertThat(model.graph()).isSameAs(BACKBONE.graph());
    assertThat(model.trainableVariables()).as("the recipe says what trains").isEmpty();
    assertThat(after(Surgery.standard().labels(OLD).head(HeadChoice.NEW), shuffled).heads())
        .extracting(head -> head.labels().orElseThrow())
        .containsExactly(shuffled);
  }

  @Test
  void theFoldersOrderIsNotTakenForTheOutputs() {
    assertThatThrownBy(() -> after(Surgery.standard().head(HeadChoice.KEEP), OLD))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("does not say what the 4 outputs of its head")
        .asString()
        .contains("keepHead(labels)");
    assertThat(after(Surgery.standard().head(HeadChoice.KEEP).labels(OLD), OLD).heads())
        .extracting(head -> head.labels().orElseThrow())
        .containsExactly(OLD);
  }

  @Test
  void aLoneOutputIsNotAskedForItsOrder() {
    Model sigmoid =
        BACKBONE.with(replaceHead(HeadSpec.multiLabel("holds"))).toBuilder()
            .heads(List.of())
            .build();
    Model kept = Surgery.standard().head(HeadChoice.KEEP).on(sigmoid, attributes("holds"), 0);
    assertThat(kept.heads())
        .extracting(head -> head.labels().orElseThrow())
        .containsExactly(Labels.of("holds"));
  }

  /** A signature that ends elsewhere goes with the head; that is said. */
  @Test
  void signaturesThatAreLeftOutAreNamed() {
    Signature serving = BACKBONE.servingSignature();
    GraphEditor editor = BACKBONE.graph().edit();
    TensorSpec scores = serving.outputs().values().iterator().next();
    TensorRef turned = editor.op("Neg").name("turned").input(scores.tensor()).output();
    Signature probe =
        Signature.predict(
            "probe",
            serving.inputs(),
            ImmutableMap.of("turned", new TensorSpec(turned, scores.dtype(), scores.shape())));
    Model model =
        BACKBONE.toBuilder().graph(editor.build()).signatures(List.of(serving, probe)).build();
    Model start = Surgery.standard().on(model, Answers.oneOf(NEW, 0), 0);
    assertThat(Surgery.leftOut(model, start))
        .singleElement()
        .satisfies(sentence -> assertThat(sentence).contains("signature 'probe' is left out"));
    assertThat(Surgery.leftOut(BACKBONE, after(Surgery.standard(), NEW))).isEmpty();
  }

  /** What outputs without softmax or sigmoid are, the data say. */
  @Test
  void linearOutputsAreWhatTheDataHave() {
    Model linear = Graft.load(Checkout.path("testdata/zoo/keras2/cnn_bn/model"));
    Labels three = Labels.of("x", "y", "z");
    Surgery keeping = Surgery.standard().head(HeadChoice.KEEP);
    Surgery told = keeping.labels(three);
    assertThat(told.on(linear, Answers.oneOf(three, 0), 0).heads().get(0).kind())
        .isEqualTo(Head.Kind.SINGLE_LABEL);
    assertThat(told.on(linear, attributes("x", "y", "z"), 0).heads().get(0).kind())
        .isEqualTo(Head.Kind.MULTI_LABEL);
    assertThat(Surgery.standard().labels(three).on(linear, attributes("x", "y", "z"), 0).heads())
        .as("chosen by itself")
        .extracting(Head::labels)
        .containsExactly(Optional.of(three));
    Answers numbers = Answers.numbers(TensorValue.of(Shape.of(1, 3), new float[3]));
    Head regression = keeping.on(linear, numbers, 0).heads().get(0);
    assertThat(regression.kind()).isEqualTo(Head.Kind.REGRESSION);
    assertThat(regression.labels()).isEmpty();
    assertThatThrownBy(() -> keeping.on(linear, attributes("x", "y", "z"), 0))
        .as("labels that nobody told")
        .hasMessageContaining("does not say what the 3 outputs");
  }

  /** Of whatever kind it is: with the same flags an export of Graft's own goes on learning. */
  @Test
  void aHeadOfAnotherKindIsKeptToo() {
    Answers attributes = attributes("x", "y", "z");
    Model multiLabel = after(Surgery.standard(), attributes);
    for (HeadChoice choice : List.of(HeadChoice.AUTO, HeadChoice.KEEP)) {
      Model kept = Surgery.standard().head(choice).on(multiLabel, attributes("z", "x", "y"), 0);
      assertThat(kept.heads()).as("%s", choice).isEqualTo(multiLabel.heads());
    }
    assertThat(Surgery.standard().on(multiLabel, attributes("x", "y"), 0).heads().get(0).units())
        .as("other labels")
        .isEqualTo(2);
    Answers numbers = Answers.numbers(TensorValue.of(Shape.of(1, 3), new float[3]));
    Model regression = after(Surgery.standard(), numbers);
    assertThat(Surgery.standard().head(HeadChoice.KEEP).on(regression, numbers, 0).heads())
        .isEqualTo(regression.heads());
  }

  private static Answers attributes(String... names) {
    return Answers.anyOf(
        Labels.of(names), TensorValue.of(Shape.of(1, names.length), new float[names.length]));
  }

  @Test
  void aKeptHeadTrainsIfItIsUnfrozenByName() {
    Surgery keeping = Surgery.standard().head(HeadChoice.KEEP).labels(OLD);
    assertThat(after(keeping.unfreeze(Where.lastBlocks(1)), OLD).trainableVariables())
        .extracting(Variable::name)
        .contains("block_2_depthwise/depthwise_kernel")
        .noneMatch(name -> name.startsWith("predictions"));
    assertThat(after(keeping.unfreeze(Where.head()), OLD).trainableVariables())
        .extracting(Variable::name)
        .containsExactly("predictions/kernel", "predictions/bias");
    assertThat(after(keeping.unfreeze(Where.all()), OLD).trainableVariables())
        .extracting(Variable::name)
        .contains("stem_conv/kernel", "predictions/kernel");
  }

  @Test
  void answersForEachPositionGetAHeadThatGivesThem() {
    Model tagger = Graft.load(Checkout.path("testdata/zoo/keras3/bigru_tagger/model"));
    Answers tags =
        new Answers(TensorValue.of(Shape.of(1, 5), new int[] {0, 1, 1, 0, 1}), Optional.of(NEW));
    Model each = Surgery.standard().on(tagger, tags, 0);
    assertThat(answer(each).rank()).isEqualTo(3);
    Model whole = Surgery.standard().on(tagger, Answers.oneOf(NEW, 0), 0);
    assertThat(answer(whole)).as("one answer for a text").isEqualTo(Shape.of(-1, 2));
    HeadForm unpooled = HeadForm.standard().pooling(HeadSpec.Pooling.NONE);
    assertThatThrownBy(() -> Surgery.standard().form(unpooled).on(tagger, Answers.oneOf(NEW, 0), 0))
        .isInstanceOf(BadRequestException.class)
        .asString()
        .contains("[N, positions...]");
  }

  private static Shape answer(Model model) {
    return model.servingSignature().outputs().values().iterator().next().shape();
  }

  @Test
  void eachKindOfHead() {
    Answers attributes = Answers.anyOf(NEW, TensorValue.of(Shape.of(1, 2), new float[] {1, 1}));
    Answers numbers = Answers.numbers(TensorValue.of(Shape.of(1, 3), new float[3]));
    for (HeadChoice choice : List.of(HeadChoice.AUTO, HeadChoice.MULTI_LABEL)) {
      Head head = after(Surgery.standard().head(choice), attributes).heads().get(0);
      assertThat(head.kind()).isEqualTo(Head.Kind.MULTI_LABEL);
      assertThat(head.labels()).contains(NEW);
    }
    for (HeadChoice choice : List.of(HeadChoice.AUTO, HeadChoice.REGRESSION)) {
      Head head = after(Surgery.standard().head(choice), numbers).heads().get(0);
      assertThat(head.kind()).isEqualTo(Head.Kind.REGRESSION);
      assertThat(head.units()).isEqualTo(3);
    }
    assertThatThrownBy(() -> after(Surgery.standard().head(HeadChoice.NEW), numbers))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("single-label head learns one label")
        .hasMessageContaining("take a regression head");
    assertThatThrownBy(() -> after(Surgery.standard().head(HeadChoice.MULTI_LABEL), NEW))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("take a single-label head");
    Surgery embedding = Surgery.standard().head(HeadChoice.EMBEDDING);
    Model learning = after(embedding, NEW);
    assertThat(learning.heads().get(0).kind()).isEqualTo(Head.Kind.SINGLE_LABEL);
    Model finished = embedding.finished(learning);
    assertThat(finished.heads().get(0).kind()).isEqualTo(Head.Kind.EMBEDDING);
    assertThat(finished.heads().get(0).units()).isEqualTo(4);
  }

  @Test
  void whatIsFrozenAndWhatTrains() {
    Where lastBlock = Where.parse("block_2_*");
    Model unfrozen = after(Surgery.standard().unfreeze(lastBlock), NEW);
    assertThat(unfrozen.trainableVariables())
        .extracting(Variable::name)
        .contains("block_2_depthwise/depthwise_kernel", "predictions/bias")
        .doesNotContain("block_1_depthwise/depthwise_kernel");
    Model frozen = after(Surgery.standard().freeze(Where.until("block_2_expand_conv")), NEW);
    assertThat(frozen.trainableVariables()).isEqualTo(unfrozen.trainableVariables());
    Model both =
        after(
            Surgery.standard()
                .freeze(Where.until("block_2_expand_conv"))
                .unfreeze(Where.layer("stem_conv")),
            NEW);
    assertThat(both.trainableVariables()).extracting(Variable::name).contains("stem_conv/kernel");
  }

  @Test
  void anotherPlaceAndAnotherSize() {
    Model model = after(Surgery.standard().cut("block_1_add").size(24, 32), NEW);
    assertThat(model.inputs().get(0).shape()).isEqualTo(Shape.of(-1, 24, 32, 3));
    assertThat(model.allLayers()).noneMatch(layer -> layer.name().startsWith("block_2"));
    Model last = after(Surgery.standard().cut("block_1_add").unfreeze(Where.lastBlocks(1)), NEW);
    assertThat(last.trainableVariables())
        .as("the last block of what the cut leaves")
        .extracting(Variable::name)
        .contains("block_1_depthwise/depthwise_kernel", "predictions/bias")
        .noneMatch(name -> name.startsWith("stem"));
  }

  @Test
  void contradictionsAreRefused() {
    assertThatThrownBy(() -> Surgery.standard().head(HeadChoice.KEEP).cut("stem_act"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("either kept");
    assertThatThrownBy(() -> Surgery.standard().carryOver().cut("stem_act"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("carried over");
    assertThatThrownBy(
            () ->
                after(
                    Surgery.standard().labels(OLD).head(HeadChoice.KEEP).freeze(Where.all()), OLD))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'all' is frozen, so nothing is left to train")
        .hasMessageContaining("'last block'");
    assertThatThrownBy(() -> after(Surgery.standard().labels(NEW).head(HeadChoice.KEEP), NEW))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("tells 4 labels apart, but 2 are given");
    assertThatThrownBy(
            () ->
                after(
                    Surgery.standard().labels(OLD).head(HeadChoice.KEEP),
                    Labels.of("a", "b", "c", "e")))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("does not know the label 'e'");
  }

  @Test
  void labelsThatStayKeepTheirWeights() {
    Model model = after(Surgery.standard().labels(OLD).carryOver(), Labels.of("n", "c"));
    double[] now =
        new VariableValues().of(model.variable("predictions/kernel").orElseThrow()).asDoubles();
    double[] old =
        new VariableValues().of(BACKBONE.variable("predictions/kernel").orElseThrow()).asDoubles();
    assertThat(now[1]).isEqualTo(old[2]);
    assertThat(now[3]).isEqualTo(old[4 + 2]);
  }

  @Test
  void aGalleryFindsTheNearest() {
    float half = (float) Math.sqrt(0.5);
    Dataset examples =
        Dataset.of(
            Map.of("x", TensorValue.of(Shape.of(3, 1), new float[] {1, 2, 3})),
            TensorValue.of(Shape.of(3), new int[] {0, 1, 1}),
            NEW);
    Gallery gallery =
        Gallery.of(TensorValue.of(Shape.of(3, 2), new float[] {1, 0, 0, 1, half, half}), examples);
    TensorValue asked = TensorValue.of(Shape.of(2, 2), new float[] {0.6f, 0.8f, -1, 0});
    assertThat(gallery.nearest(asked, 0, 2))
        .extracting(Gallery.Match::example)
        .containsExactly(2, 1);
    assertThat(gallery.nearest(asked, 1, 3).get(2).example()).isZero();
    assertThatThrownBy(() -> Gallery.of(asked, examples)).hasMessageContaining("3 examples");
  }
}
