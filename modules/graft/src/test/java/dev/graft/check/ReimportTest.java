package dev.graft.check;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.surgeon.edit.Edits.unfreeze;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Split;
import dev.graft.exporter.Exporter;
import dev.graft.exporter.Proof;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Import, surgery, export and import again give the model that the surgery gave. */
@Tag("slow")
class ReimportTest {

  /** Models with several answers, sparse features, or an output to be named first. */
  private static final Set<String> NO_SINGLE_HEAD = Set.of("multi_io", "sparse_keras");

  private static TensorFlowRuntime runtime;

  @TempDir private Path base = Path.of("");

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Stream<ZooModel> classifiers() {
    return Zoo.models(
        zoo ->
            zoo.facts().head() != null
                && zoo.facts().signature() != null
                && NO_SINGLE_HEAD.stream().noneMatch(zoo.facts().name()::startsWith))
        .stream();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keras2/cnn_bn",
        "keras2/declared_weights",
        "keras2/lstm",
        "keras2/string_lookup_classifier",
        "keras3/conv1x1_head",
        "tfsave/cnn_bn_k3",
        "tf1/tf1_ref_variables"
      })
  void typicalOnes(String name) {
    staysTheSame(Zoo.model(name));
  }

  @Tag("nightly")
  @ParameterizedTest
  @MethodSource("classifiers")
  void everyClassifier(ZooModel zoo) {
    staysTheSame(zoo);
  }

  private void staysTheSame(ZooModel zoo) {
    ImportOptions options =
        ImportOptions.defaults().tags(zoo.facts().tags().toArray(String[]::new));
    Model original = SavedModelImporter.load(zoo.savedModel(), options);
    Model edited =
        original.with(
            freeze(Where.all()),
            replaceHead(HeadSpec.singleLabel("x", "y", "z").hidden(5).dropout(0.2).seed(3)));
    // some answer at random, or take nothing that can be made up
    Map<String, TensorValue> inputs = zoo.inputs(edited.servingSignature());
    Proof[] examples = inputs.isEmpty() ? new Proof[0] : new Proof[] {Proof.examples(inputs)};
    Model again = publishedAndLoaded(edited, examples);
    assertSame(zoo, edited, again);

    Model second = again.with(replaceHead(HeadSpec.regression(2).seed(4)));
    assertSame(zoo, second, publishedAndLoaded(second, examples));
  }

  /** The weights are those of a head without dropout: so are the answers. */
  @Test
  void dropoutOfANewHeadIsOfTrainingOnly() {
    Model original = SavedModelImporter.load(Zoo.model("keras2/dense_mlp").savedModel());
    HeadSpec spec = HeadSpec.singleLabel("x", "y", "z").seed(3);
    Model plain = original.with(freeze(Where.all()), replaceHead(spec));
    Model again =
        publishedAndLoaded(original.with(freeze(Where.all()), replaceHead(spec.dropout(0.5))));
    assertThat(again.graph().nodes()).noneMatch(node -> node.getOp().contains("Random"));

    Signature serving = plain.servingSignature();
    InputSpec input = plain.inputs().get(0);
    float[] numbers = new float[40 * (int) input.shape().dim(-1)];
    Random random = new Random(1);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    Map<String, TensorValue> inputs =
        Map.of(input.name(), TensorValue.of(input.shape().dim(0, 40), numbers));
    try (ModelSession first = runtime.open(plain);
        ModelSession other = runtime.open(again)) {
      Map<String, TensorValue> actual = other.call(again.servingSignature(), inputs);
      first
          .call(serving, inputs)
          .forEach((name, value) -> TensorAssert.assertThat(actual.get(name)).isIdenticalTo(value));
    }

    int[] answers = IntStream.range(0, 40).map(i -> i % 3).toArray();
    Answers labels = Answers.oneOf(Labels.of("x", "y", "z"), answers);
    Run run =
        Trainer.fit(
            runtime,
            again.with(keepHead(), unfreeze(Where.head())),
            Plans.headOnly(),
            Dataset.of(inputs, labels).split(Split.of(70, 30, 0)),
            TrainOptions.by(Recipe.headOnly()));
    assertThat(run.decisions()) // it still drops, so that no solver can find its weights
        .anyMatch(sentence -> sentence.startsWith("training head 'predictions' step by step"))
        .noneMatch(sentence -> sentence.contains("L2 strength"));
  }

  /** Without what Graft noted beside it an export has one flag for each weight. */
  @Test
  void whatWasDeclaredIsToldFromWhatWasFrozen() throws IOException {
    Model model =
        SavedModelImporter.load(Zoo.model("keras3/declared_weights").savedModel())
            .with(freeze(Where.all()));
    Path version = Exporter.publish(runtime, model, base).path();
    assertThat(fixed(SavedModelImporter.load(version)))
        .containsExactlyInAnyOrder("positions/table", "projection/kernel");
    Files.delete(version.resolve("assets.extra/graft.json"));
    Model bare = SavedModelImporter.load(version);
    assertThat(bare.trainableVariables()).isEmpty();
    assertThat(fixed(bare))
        .contains("positions/table")
        .doesNotContain("hidden/kernel", "hidden/bias", "frozen_dense/kernel");
  }

  private static List<String> fixed(Model model) {
    return model.variables().stream().filter(Variable::fixed).map(Variable::name).toList();
  }

  private Model publishedAndLoaded(Model model, Proof... examples) {
    return SavedModelImporter.load(Exporter.publish(runtime, model, base, examples).path());
  }

  private static void assertSame(ZooModel zoo, Model model, Model again) {
    assertThat(again.variables().stream().map(ReimportTest::identity))
        .containsExactlyInAnyOrderElementsOf(
            model.variables().stream().map(ReimportTest::identity).toList());
    assertThat(again.allLayers().map(layer -> layer.name() + " " + layer.className()))
        .containsExactlyElementsOf(
            model.allLayers().map(layer -> layer.name() + " " + layer.className()).toList());
    assertThat(again.heads()).hasSameSizeAs(model.heads());
    for (int i = 0; i < model.heads().size(); i++) {
      Head before = model.heads().get(i);
      Head after = again.heads().get(i);
      assertThat(List.of(after.name(), after.kind(), after.labels(), after.units()))
          .isEqualTo(List.of(before.name(), before.kind(), before.labels(), before.units()));
    }
    assertThat(again.provenance().steps())
        .startsWith(model.provenance().steps().toArray(new Provenance.Step[0]));
    Signature serving = model.servingSignature();
    Map<String, TensorValue> inputs = zoo.inputs(serving);
    assertThat(inputs).isNotEmpty();
    try (ModelSession first = runtime.open(model);
        ModelSession other = runtime.open(again)) {
      Map<String, TensorValue> expected = first.call(serving, inputs);
      Map<String, TensorValue> actual = other.call(again.servingSignature(), inputs);
      assertThat(actual).containsOnlyKeys(expected.keySet());
      if (zoo.facts().deterministic()) {
        expected.forEach(
            (name, value) -> TensorAssert.assertThat(actual.get(name)).isIdenticalTo(value));
      }
    }
  }

  private static String identity(Variable v) {
    return List.of(v.name(), v.dtype(), v.shape(), v.role(), v.trainable(), v.fixed()).toString();
  }
}
