package dev.graft.trainer.internal.task;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallData;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.metric.Judged;
import dev.graft.trainer.metric.LabelMarks;
import dev.graft.trainer.metric.LabelScore;
import dev.graft.trainer.metric.Metric;
import dev.graft.trainer.metric.Metrics;
import dev.graft.trainer.score.Evaluator;
import dev.graft.trainer.score.Predictor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/** What has a row for each example, and what has other rows: positions, ragged values. */
class RowsOfExamplesTest {

  private static final Labels LABELS = Labels.of("a", "b");
  private static final Model MLP = load("keras2/dense_mlp");
  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private static Model load(String zoo) {
    return SavedModelImporter.load(Zoo.model(zoo).savedModel());
  }

  /** As many as there are positive numbers: inference does not know how many. */
  @Test
  void raggedValuesAreNoFeaturesOfTheExamples() {
    Model model = MLP.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(LABELS)));
    Dataset data = SmallData.of(model, LABELS, 10);
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, "ragged");
    TensorRef x = model.servingSignature().inputs().values().iterator().next().tensor();
    TensorRef where = g.op("Where").input(g.add("Greater", x, g.scalarLike(x, 0))).output();
    TensorRef flat = g.add("GatherNd", x, where);
    TensorRef rows = g.add("ExpandDims", flat, g.scalar(-1));
    Model ragged = model.toBuilder().graph(editor.build()).build();
    InputBinding entry = InputBinding.of(ragged, data);
    TensorRef logits = model.heads().get(0).logits();
    try (RowProbe probe = new RowProbe(runtime, ragged, entry, data)) {
      assertThat(probe.hasRowForEach(rows)).isFalse();
      assertThat(probe.hasRowForEach(logits)).isTrue();
      Frontier frontier = Frontier.of(entry, probe::hasRowForEach);
      assertThat(frontier.cut(List.of(rows), List.of())).containsExactly(x);
      assertThat(frontier.cut(List.of(logits), List.of())).containsExactly(logits);
    }
    try (RowProbe unused = new RowProbe(runtime, ragged, entry, data)) {
      assertThat(unused).isNotNull(); // closed without having been opened
    }
  }

  /** Its inference does not know how many rows come out of a loop, and they are the examples'. */
  @Test
  void whatComesOutOfALoopIsAFeature() {
    Model model =
        load("keras2/lstm").with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(LABELS)));
    Parts parts = SmallData.of(model, LABELS, 40).split(Split.of(60, 40, 0));
    Run run =
        Trainer.fit(runtime, model, Plans.headOnly(), parts, TrainOptions.by(Recipe.headOnly()));
    assertThat(run.decisions()).anyMatch(sentence -> sentence.startsWith("L2 strength"));
  }

  /** Its features are no tensor that could be kept: the solver has nothing to work on. */
  @Test
  void aHeadWhoseFeaturesAreOfUnknownSizeLearnsInSteps() {
    Model known = MLP.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(LABELS)));
    Head head = known.heads().get(0);
    GraphEditor editor = known.graph().edit();
    NodeDef product =
        editor.nodes().stream()
            .filter(n -> n.getOp().equals("MatMul"))
            .filter(n -> n.getInput(0).equals(head.features().asInput()))
            .findFirst()
            .orElseThrow();
    TensorRef hidden =
        editor
            .op("PlaceholderWithDefault")
            .name("hidden")
            .attr("shape", Shape.unknown())
            .input(head.features())
            .output();
    editor.replace(product.toBuilder().setInput(0, hidden.asInput()).build());
    Model model = known.toBuilder().graph(editor.build()).build();
    Parts parts = SmallData.of(model, LABELS, 40).split(Split.of(60, 40, 0));
    Recipe recipe = Recipe.headOnly();
    recipe = recipe.head(recipe.head().steps(FineTune.head().epochs(2)));
    Run run = Trainer.fit(runtime, model, Plans.headOnly(), parts, TrainOptions.by(recipe));
    assertThat(run.decisions()).anyMatch(sentence -> sentence.startsWith("training head"));
  }

  @Test
  void anOutputWithOtherRowsCannotBePredicted() {
    int count = 6;
    Dataset data =
        Dataset.of(
            Map.of(
                "ids", TensorValue.of(Shape.of(count), new int[] {0, 0, 1, 1, 2, 2}),
                "x", TensorValue.of(Shape.of(count, 4), new float[count * 4])),
            TensorValue.of(Shape.of(count), new float[count]));
    assertThatThrownBy(
            () ->
                Predictor.predict(
                    runtime, load("tfsave/segments"), data, TrainOptions.by(Recipe.headOnly())))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("for 6 examples", "not a row for each", "another output");
  }

  @Test
  void oneAnswerForEachPositionOrForEachExample() {
    Model tagger =
        load("keras3/bigru_tagger")
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(LABELS)));
    Dataset once = SmallData.of(tagger, LABELS, 12);
    for (Recipe recipe : List.of(Recipe.headOnly())) {
      assertThatThrownBy(() -> Evaluator.evaluate(runtime, tagger, once, TrainOptions.by(recipe)))
          .isInstanceOf(BadRequestException.class)
          .asString()
          .contains("answers at each position", "HeadSpec.pooling(AVERAGE)");
      Parts parts = once.split(Split.of(60, 40, 0));
      assertThatThrownBy(
              () -> Trainer.fit(runtime, tagger, Plans.headOnly(), parts, TrainOptions.by(recipe)))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("answers at each position");
    }
    Model classifier = MLP.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(LABELS)));
    Dataset data = SmallData.of(classifier, LABELS, 12);
    Dataset each =
        Dataset.of(
            data.all().named(),
            new Answers(TensorValue.of(Shape.of(12, 3), new int[36]), Optional.of(LABELS)));
    assertThatThrownBy(() -> Evaluator.evaluate(runtime, classifier, each))
        .isInstanceOf(BadRequestException.class)
        .asString()
        .contains("answers once for each example", "pooling(NONE)");
  }

  @Test
  void aHeadForOneNumberDoesNotTakeThree() {
    Model one = MLP.with(freeze(Where.all()), replaceHead(HeadSpec.regression(1)));
    Dataset data = SmallData.of(one, LABELS, 12);
    Dataset three = Dataset.of(data.all().named(), TensorValue.of(Shape.of(12, 3), new float[36]));
    assertThatThrownBy(() -> Evaluator.evaluate(runtime, one, three))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("gives 1 numbers for each example", "the data have 3");
    Dataset flat = Dataset.of(data.all().named(), TensorValue.of(Shape.of(12), new float[12]));
    assertThat(Evaluator.evaluate(runtime, one, flat).count()).isEqualTo(12);
  }

  /** Halves count to 2,048, bfloat16 to 256. */
  @Test
  void manyPositionsAreCountedRightly() {
    int count = 3001;
    for (DataType dtype : List.of(DataType.DT_HALF, DataType.DT_BFLOAT16, DataType.DT_FLOAT)) {
      GraphEditor editor = Graph.empty().edit();
      Scope g = new Scope(editor, "test");
      TensorRef float32 = editor.placeholder("logits", DataType.DT_FLOAT, Shape.of(-1, 2));
      TensorRef logits = g.cast(float32, dtype);
      TensorRef targets = editor.placeholder("targets", DataType.DT_INT32, Shape.of(-1));
      Head head =
          new Head("h", Head.Kind.SINGLE_LABEL, Optional.of(LABELS), logits, logits, logits, 2);
      Judged batch = new Judged(g.in("metrics"), List.of(head), List.of(targets));
      List<TensorRef> wanted = new ArrayList<>(LabelMarks.of(batch).sums());
      Metric curve =
          Metrics.of(head).stream().filter(each -> each.name().equals("auc")).findFirst().get();
      wanted.addAll(curve.sums(batch));
      float[] sure = new float[2 * count];
      for (int i = 0; i < count; i++) {
        sure[2 * i] = 1;
      }
      List<double[]> sums;
      try (GraphSession session = runtime.session(editor.build())) {
        sums =
            session
                .run(
                    Map.of(
                        float32, TensorValue.of(Shape.of(count, 2), sure),
                        targets, TensorValue.of(Shape.of(count), new int[count])),
                    wanted,
                    List.of())
                .stream()
                .map(TensorValue::asDoubles)
                .toList();
      }
      assertThat(LabelScore.of(LABELS, sums))
          .as("in %s", dtype)
          .containsExactly(new LabelScore("a", count, count, count), new LabelScore("b", 0, 0, 0));
      double[] positives = sums.get(3);
      assertThat(Arrays.stream(positives).sum()).as("of the curve in %s", dtype).isEqualTo(count);
    }
  }
}
