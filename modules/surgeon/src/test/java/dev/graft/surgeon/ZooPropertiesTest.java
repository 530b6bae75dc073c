package dev.graft.surgeon;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.prune;
import static dev.graft.surgeon.edit.Edits.reinitialize;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.Doubles;
import dev.graft.error.BadRequestException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.internal.head.LowRankAdapter;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.GraphDef;

/** What must hold of edits on every model of the zoo that has a head. */
@Tag("slow")
class ZooPropertiesTest {

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<ZooModel> classifiers() {
    return HeadFinderTest.classifiers();
  }

  static Stream<ZooModel> withSignature() {
    return Zoo.models(zoo -> zoo.facts().signature() != null).stream();
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void aHeadSwapLeavesTheFeaturesAsTheyWere(ZooModel zoo) {
    Model before = Models.of(zoo);
    FoundHead old = HeadFinder.only(before);
    Model after =
        before.with(
            freeze(Where.all()),
            replaceHead(
                HeadSpec.singleLabel("a", "b", "c").hidden(4).dropout(0.3).named("one"),
                HeadSpec.embedding(5).named("two")));
    ShapeInference shapes = ShapeInference.of(after.graph());
    try (ModelSession original = runtime.open(before);
        ModelSession edited = runtime.open(after)) {
      Map<TensorRef, TensorValue> feeds = feeds(zoo, before);
      // with the answer, since TensorFlow runs nothing for a fetch that is fed
      TensorValue features =
          original.graph().run(feeds, List.of(old.features(), old.answer()), List.of()).get(0);
      List<TensorValue> now =
          edited
              .graph()
              .run(
                  feeds,
                  List.of(
                      after.heads().get(0).features(),
                      after.heads().get(0).output(),
                      after.heads().get(1).output()),
                  List.of());
      if (zoo.facts().deterministic()) {
        TensorAssert.assertThat(now.get(0)).isIdenticalTo(features);
      }
      assertThat(now.get(1).shape().dim(-1)).isEqualTo(3);
      assertThat(sums(now.get(1), 3, v -> v)).allMatch(sum -> Math.abs(sum - 1) < 1e-3);
      assertThat(sums(now.get(2), 5, v -> v * v))
          .allMatch(sum -> sum == 0 || Math.abs(sum - 1) < 1e-3);
      for (int i = 0; i < 2; i++) {
        Head head = after.heads().get(i);
        Shape inferred = shapes.shape(head.output());
        assertThat(inferred.isCompatibleWith(now.get(i + 1).shape())).isTrue();
        assertThat(
                after
                    .servingSignature()
                    .outputs()
                    .get(head.name())
                    .shape()
                    .isCompatibleWith(now.get(i + 1).shape()))
            .isTrue();
      }
    }
  }

  private static List<Double> sums(TensorValue value, int width, DoubleUnaryOperator each) {
    double[] numbers = value.asDoubles();
    double[] sums = new double[numbers.length / width];
    for (int i = 0; i < numbers.length; i++) {
      sums[i / width] += each.applyAsDouble(numbers[i]);
    }
    return Doubles.asList(sums);
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void editsLeaveTheModelTheyAreGivenAsItWas(ZooModel zoo) {
    Model model = Models.of(zoo);
    Snapshot before = Snapshot.of(model);
    model.with(
        freeze(Where.all()),
        unfreeze(Where.backbone()),
        reinitializeOrNot(model),
        replaceHead(HeadSpec.multiLabel("a", "b").hidden(3)),
        prune());
    assertThat(Snapshot.of(model)).isEqualTo(before);
  }

  /** All of a model that edits change, by value. */
  private record Snapshot(
      GraphDef graph, List<?> variables, Object signatures, List<?> heads, List<?> rest) {
    static Snapshot of(Model model) {
      return new Snapshot(
          model.graph().toGraphDef(),
          model.variables(),
          model.signatures(),
          model.heads(),
          List.of(model.layers(), model.inputs(), model.initializers(), model.provenance()));
    }
  }

  @Test
  void anAdapterThatStartsAtZeroChangesNoOutput() {
    ZooModel zoo = Zoo.model("keras2/dense_mlp");
    Model model = Models.of(zoo);
    Model adapted =
        model.with(
            freeze(Where.all()),
            new LowRankAdapter("dense/kernel", 4),
            new LowRankAdapter("dense_1/kernel", 4));
    ShapeInference.of(adapted.graph());
    try (ModelSession original = runtime.open(model);
        ModelSession edited = runtime.open(adapted)) {
      TensorAssert.assertThat(run(edited, zoo, adapted)).isIdenticalTo(run(original, zoo, model));
    }
  }

  private static TensorValue run(ModelSession session, ZooModel zoo, Model model) {
    TensorRef output = model.servingSignature().outputs().values().iterator().next().tensor();
    return session.graph().run(feeds(zoo, model), List.of(output), List.of()).get(0);
  }

  @ParameterizedTest
  @MethodSource("withSignature")
  void freezingChangesNoNode(ZooModel zoo) {
    Model model = Models.of(zoo);
    Model frozen = model.with(freeze(Where.all()));
    assertThat(frozen.graph()).isSameAs(model.graph());
    assertThat(frozen.trainableVariables()).isEmpty();
    assertThat(frozen.signatures()).isEqualTo(model.signatures());
  }

  @ParameterizedTest
  @MethodSource("withSignature")
  void pruningChangesNoOutput(ZooModel zoo) {
    Model model = Models.of(zoo);
    Model pruned = model.with(prune());
    assertThat(pruned.graph().size()).isLessThanOrEqualTo(model.graph().size());
    assertThat(pruned.with(prune()).graph().toGraphDef()).isEqualTo(pruned.graph().toGraphDef());
    if (zoo.facts().deterministic()) {
      try (ModelSession original = runtime.open(model);
          ModelSession edited = runtime.open(pruned)) {
        Map<TensorRef, TensorValue> feeds = feeds(zoo, model);
        List<TensorRef> outputs =
            signature(zoo, model).outputs().values().stream().map(TensorSpec::tensor).toList();
        List<TensorValue> then = original.graph().run(feeds, outputs, List.of());
        List<TensorValue> now = edited.graph().run(feeds, outputs, List.of());
        for (int i = 0; i < outputs.size(); i++) {
          TensorAssert.assertThat(now.get(i)).isIdenticalTo(then.get(i));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("classifiers")
  void editsOfDisjointPartsCommute(ZooModel zoo) {
    Model model = Models.of(zoo);
    List<UnaryOperator<Model>> edits =
        List.of(freeze(Where.backbone()), reinitializeOrNot(model), describeOrNot(model));
    Model reference = model.with(edits.get(0), edits.get(1), edits.get(2));
    for (int[] order : new int[][] {{0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
      Model other = model;
      for (int i : order) {
        other = edits.get(i).apply(other);
      }
      assertThat(ModelDiff.between(reference, other).toString()).isEqualTo("no difference");
      assertThat(other.inputs()).isEqualTo(reference.inputs());
    }
  }

  /** Heads that hold a variable of unknown beginnings are refused, as they should be. */
  private static UnaryOperator<Model> reinitializeOrNot(Model model) {
    UnaryOperator<Model> edit = reinitialize(Where.head(), 3);
    try {
      assertThat(edit.apply(model)).isNotSameAs(model);
      return edit;
    } catch (BadRequestException e) {
      assertThat(e).hasMessageContaining("starts is not known");
      return prune();
    }
  }

  private static UnaryOperator<Model> describeOrNot(Model model) {
    return model.inputs().stream().filter(InputSpec::isImage).count() == 1
        ? describeInput(0, 1, InputSpec.Channels.RGB, InputSpec.Resize.CROP)
        : prune();
  }

  /** The signature that the first case calls. */
  private static Signature signature(ZooModel zoo, Model model) {
    return model.signatures().get(zoo.facts().cases().get(0).signature());
  }

  private static Map<TensorRef, TensorValue> feeds(ZooModel zoo, Model model) {
    Signature signature = signature(zoo, model);
    Map<TensorRef, TensorValue> feeds = new HashMap<>();
    zoo.inputs(signature)
        .forEach((name, value) -> feeds.put(signature.inputs().get(name).tensor(), value));
    return feeds;
  }
}
