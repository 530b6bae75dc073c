package dev.graft.trainer.internal.graph;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.testkit.TensorAssert.assertThat;

import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/** Layers that draw and layers that penalise, in training, as in Keras. */
class RandomLayersTest extends TrainingFormFixture {
  /** A new session, another step, another seed: only the latter two change what is drawn. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "dropout_mlp",
        "noise_layers",
        "image_augmentation",
        "spatial_dropout",
        "dropout_always",
        "transformer_encoder_masked",
        "rnn_dropout"
      })
  void randomLayersFollowFromSeedAndStep(String name) {
    ZooModel zoo = Zoo.model("keras2/" + name);
    TensorValue first = draw(zoo, 7, 3);
    assertThat(draw(zoo, 7, 3)).isIdenticalTo(first);
    Assertions.assertThat(draw(zoo, 7, 4).bytes()).isNotEqualTo(first.bytes());
    Assertions.assertThat(draw(zoo, 8, 3).bytes()).isNotEqualTo(first.bytes());
  }

  /** Keras adds all penalties whatever trains; what a frozen layer answers stays as it is. */
  @Test
  void penaltiesOfFrozenLayersBehindTrainedOnesAreInTheLoss() {
    ZooModel zoo = Zoo.model("keras2/activity_penalties");
    ZooModel.Case wanted = zoo.facts().cases().get(0);
    Model model = load(zoo);
    Signature signature = model.signatures().get(wanted.signature());
    List<TensorRef> outputs =
        signature.outputs().values().stream().map(TensorSpec::tensor).toList();
    List<Variable> first =
        model.variables().stream().filter(v -> v.name().startsWith("dense/")).toList();
    Assertions.assertThat(first).hasSize(2);
    Map<TensorRef, TensorValue> feeds = inputs(zoo, wanted, signature);
    List<Layer> layers =
        LayersInTraining.of(model, model.graph(), feeds.keySet(), outputs, first, false).layers();
    TrainingForm form =
        TrainingForm.of(model, model.graph(), feeds.keySet(), layers, outputs, true);
    try (ModelSession session = runtime.open(model, form.graph())) {
      double sum = 0;
      for (TensorValue value : session.graph().run(feeds, form.penalties(), List.of())) {
        sum += value.floats()[0];
      }
      Assertions.assertThat(sum)
          .isCloseTo(
              zoo.golden().value("train/penalty").floats()[0],
              Assertions.within(1e-5 + 1e-5 * sum));
      List<TensorValue> answers =
          session.graph().run(feeds, List.of(outputs.get(0), form.of(outputs.get(0))), List.of());
      assertThat(answers.get(1)).isIdenticalTo(answers.get(0));
    }
    Assertions.assertThat(form.targets()).isEmpty();
    Assertions.assertThat(
            TrainingForm.of(model, model.graph(), feeds.keySet(), layers, outputs, false)
                .penalties())
        .as("switched off")
        .isEmpty();
  }

  /** In training each number is gone or doubled, and the mean of many draws is the number. */
  @ParameterizedTest
  @ValueSource(strings = {"keras2/dense_mlp", "keras2/cnn_bn_f64"})
  void aNewHeadDropsAsKerasDoes(String name) {
    ZooModel zoo = Zoo.model(name);
    Model model =
        load(zoo)
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel("a", "b").dropout(0.5)));
    Layer dropout = model.layers().get(model.layers().size() - 2);
    TrainingForm form =
        TrainingForm.of(
            model, model.graph(), List.of(), List.of(dropout), dropout.outputs(), false);
    TensorRef kept = dropout.outputs().get(0);
    List<TensorRef> wanted = List.of(kept, form.of(kept));
    int draws = 400;
    double[] mean = new double[0];
    double[] before = new double[0];
    GraphEditor editor = form.graph().edit();
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    StatelessRandom.replace(editor, form.random(), 1, step);
    Map<TensorRef, TensorValue> feeds =
        inputs(zoo, zoo.facts().cases().get(0), model.servingSignature());
    try (ModelSession session = runtime.open(model, editor.build())) {
      for (long i = 0; i < draws; i++) {
        feeds.put(step, TensorValue.scalar(i));
        List<TensorValue> values = session.graph().run(feeds, wanted, List.of());
        double[] x = values.get(0).asDoubles();
        double[] now = values.get(1).asDoubles();
        mean = i == 0 ? new double[x.length] : mean;
        for (int j = 0; j < x.length; j++) {
          Assertions.assertThat(now[j]).isIn(0.0, 2 * x[j]);
          mean[j] += now[j] / draws;
        }
        Assertions.assertThat(now).isNotEqualTo(before);
        before = now;
        if (i == draws - 1) {
          for (int j = 0; j < x.length; j++) { // 5 standard deviations
            double allowed = 5 * Math.abs(x[j]) / Math.sqrt(draws);
            Assertions.assertThat(mean[j]).isCloseTo(x[j], Assertions.within(allowed));
          }
        }
      }
    }
  }
}
