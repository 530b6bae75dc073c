package dev.graft;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.surgeon.Edit;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.metric.Judged;
import dev.graft.trainer.metric.Metric;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

/**
 * A goal of two heads, three targets and one loss over all goes the whole road: it trains, scores,
 * resumes to the bit, is published, and answers. Each example has up to three points; one head says
 * where their middle is, the other on which side.
 */
class JointGoalTest {

  private static final Labels SIDES = Labels.of("left", "right");
  private static final int COUNT = 120;
  private static final int MOST = 3;

  @TempDir private Path folder;

  /** The side of the middle and its place, in one loss. */
  private record Middle(Head side, Head place) implements Goal {

    @Override
    public String name() {
      return "middle";
    }

    @Override
    public String identity() {
      return "side and squared distance of the middle, version 1";
    }

    @Override
    public ImmutableList<Head> heads() {
      return ImmutableList.of(side, place);
    }

    @Override
    public ImmutableList<Target> targets() {
      return ImmutableList.of(
          new Target("side", DataType.DT_INT32),
          new Target("points", DataType.DT_FLOAT),
          new Target(Answers.countOf("points"), DataType.DT_INT32));
    }

    @Override
    public double weight() {
      return 1;
    }

    @Override
    public TensorRef perExample(Scope g, List<TensorRef> answers, List<TensorRef> targets) {
      TensorRef ofSide =
          g.op("SparseSoftmaxCrossEntropyWithLogits")
              .input(answers.get(0))
              .input(targets.get(0))
              .output();
      TensorRef off = g.add("Square", g.add("Sub", answers.get(1), middle(g, targets)));
      return g.add("AddV2", ofSide, g.add("Mean", off, g.ints(-1)));
    }

    /** The mean of the points that an example has. */
    static TensorRef middle(Scope g, List<TensorRef> targets) {
      TensorRef count = g.add("ExpandDims", targets.get(2), g.scalar(1));
      TensorRef has = g.cast(g.add("Less", g.ints(0, 1, 2), count), DataType.DT_FLOAT);
      TensorRef own = g.add("Mul", targets.get(1), g.add("ExpandDims", has, g.scalar(-1)));
      return g.add("RealDiv", g.add("Sum", own, g.ints(1)), g.cast(count, DataType.DT_FLOAT));
    }

    @Override
    public ImmutableList<Metric> metrics() {
      return ImmutableList.of(new Off());
    }
  }

  /** How far the middle is off, in the mean. */
  private static final class Off implements Metric {
    @Override
    public String name() {
      return "off";
    }

    @Override
    public List<TensorRef> sums(Judged batch) {
      Scope g = batch.scope();
      TensorRef off = g.add("Sub", batch.answers().get(1), Middle.middle(g, batch.targets()));
      TensorRef each = g.add("Mean", g.add("Abs", off), g.ints(-1));
      return List.of(
          g.add("Sum", each, g.ints(0)), g.add("Sum", g.add("OnesLike", each), g.ints(0)));
    }

    @Override
    public double of(List<double[]> sums) {
      return Metric.total(sums.get(0)) / Metric.total(sums.get(1));
    }

    @Override
    public boolean isSmallerBetter() {
      return true;
    }
  }

  /** The answer of both heads as one output. */
  private static final class AnswersTogether extends Edit {
    @Override
    protected String operation() {
      return "answersTogether";
    }

    @Override
    protected ImmutableMap<String, String> arguments() {
      return ImmutableMap.of();
    }

    @Override
    protected Model edit(Model model) {
      GraphEditor editor = model.graph().edit();
      Scope g = new Scope(editor, "middle");
      TensorRef both =
          g.op("ConcatV2")
              .inputs(List.of(head(model, "side").output(), head(model, "place").output()))
              .input(g.scalar(-1))
              .output();
      Signature serving = model.servingSignature();
      Signature with =
          serving.with(
              serving.inputs(),
              ImmutableMap.<String, TensorSpec>builder()
                  .putAll(serving.outputs())
                  .put("middle", new TensorSpec(both, DType.FLOAT32, Shape.of(-1, 4)))
                  .buildOrThrow());
      return model.toBuilder().graph(editor.build()).signatures(List.of(with)).build();
    }
  }

  private static Head head(Model model, String name) {
    return model.heads().stream().filter(h -> h.name().equals(name)).findFirst().orElseThrow();
  }

  private static Dataset data(String input, int width) {
    Random random = new Random(11);
    float[] x = new float[COUNT * width];
    int[] sides = new int[COUNT];
    int[] counts = new int[COUNT];
    float[] points = new float[COUNT * MOST * 2];
    for (int i = 0; i < COUNT; i++) {
      for (int j = 0; j < width; j++) {
        x[i * width + j] = (float) random.nextGaussian();
      }
      sides[i] = x[i * width] > 0 ? 1 : 0;
      counts[i] = 1 + i % MOST;
      for (int k = 0; k < MOST; k++) { // what is behind the count is padding, and no zeros
        points[(i * MOST + k) * 2] = k < counts[i] ? x[i * width] : 1000;
        points[(i * MOST + k) * 2 + 1] = k < counts[i] ? x[i * width + 1] : -1000;
      }
    }
    return Dataset.of(
        Map.of(input, TensorValue.of(Shape.of(COUNT, width), x)),
        Map.of(
            "side",
            Answers.oneOf(SIDES, sides),
            "points",
            Answers.padded(TensorValue.of(Shape.of(COUNT, MOST, 2), points), counts)));
  }

  @Test
  void goesTheWholeRoad() {
    Model backbone = Graft.load(Zoo.model("keras2/dense_mlp").savedModel());
    Model model =
        backbone.with(
            freeze(Where.all()),
            replaceHead(HeadSpec.singleLabel(SIDES).named("side")),
            addHead(HeadSpec.regression(2).named("place")),
            new AnswersTogether());
    String input = model.inputs().get(0).name();
    Parts parts =
        data(input, (int) model.inputs().get(0).shape().dim(-1)).split(Split.of(60, 20, 20));
    Middle goal = new Middle(head(model, "side"), head(model, "place"));
    Recipe recipe =
        Recipe.headOnly()
            .objectives(Objectives.usual().with(goal))
            .head(Recipe.HeadSettings.defaults().steps(FineTune.head().epochs(30).rate(0.02)))
            .seed(4);
    try (Graft graft = Graft.open(Device.CPU)) {
      Evaluation before = graft.evaluate(model, parts.test(), TrainOptions.by(recipe));
      Run run = graft.train(model, parts, recipe);
      Evaluation after = graft.evaluate(run.model(), parts.test(), TrainOptions.by(recipe));
      assertThat(after.metrics().keySet()).containsExactly("off");
      assertThat(after.isBetter(before, "off")).isTrue();
      assertThat(after.loss()).isLessThan(before.loss() * 0.9);
      assertThat(run.validation().metric("off")).isLessThan(1);

      int width = (int) model.inputs().get(0).shape().dim(-1);
      Dataset bare =
          Dataset.of(
              Map.of(input, TensorValue.of(Shape.of(2, width), new float[2 * width])),
              Answers.oneOf(SIDES, 0, 1));
      assertThatThrownBy(() -> graft.evaluate(model, bare, TrainOptions.by(recipe)))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("answers and do not say for which head, but the heads are [side");

      TrainOptions options = TrainOptions.by(recipe).checkpoints(checkpoints());
      assertThatThrownBy(() -> graft.train(model, parts, endingAfter(40, options)))
          .isInstanceOf(CancellationException.class);
      Run resumed = graft.train(model, parts, options);
      assertThat(resumed.decisions()).anyMatch(each -> each.startsWith("goes on from"));
      Map<String, TensorValue> answers = graft.predict(run.model(), parts.test());
      Map<String, TensorValue> again = graft.predict(resumed.model(), parts.test());
      assertThat(again.get("middle").asDoubles()).isEqualTo(answers.get("middle").asDoubles());

      Version version =
          graft.publish(
              run.model(),
              Publication.to(folder.resolve("out")).examples(parts.validation()),
              TrainOptions.by(recipe));
      Map<String, TensorValue> published = graft.predict(Graft.load(version.path()), parts.test());
      assertThat(published.keySet()).contains("middle");
      assertThat(published.get("middle").asDoubles())
          .containsExactly(answers.get("middle").asDoubles(), within(1e-5));
    }
  }

  private Checkpoints checkpoints() {
    return Checkpoints.in(folder.resolve("checkpoints")).everySteps(7);
  }

  private static TrainOptions endingAfter(int step, TrainOptions options) {
    CancellationToken token = new CancellationToken();
    TrainingListener ending =
        TrainingListener.to(
            Step.class,
            each -> {
              if (each.number() == step) {
                token.cancel();
              }
            });
    return options.cancellation(token).listener(ending);
  }
}
