package dev.graft.trainer.internal.graph;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static dev.graft.testkit.TensorAssert.assertThat;

import dev.graft.autodiff.gradient.Gradient;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Golden;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.internal.step.StepGradients;
import dev.graft.trainer.internal.step.UpdateGraph;
import dev.graft.trainer.internal.step.Updating;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Gradients;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;

/** Models in training do what Keras does with them in training. */
class TrainingFormTest {

  /** A penalty that reads a layer which the signature does not; a branch in the model itself. */
  private static final Set<String> NOT_OF_A_LAYER =
      Set.of("custom_loss_layer", "subclass_if_training");

  private static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static List<ZooModel> models() {
    return Zoo.models(
        zoo ->
            zoo.vintage().equals("keras2")
                && zoo.facts().train() != null
                && zoo.facts().deterministic()
                && !NOT_OF_A_LAYER.contains(zoo.facts().name()));
  }

  /** Those without training functions, where BatchNorm is recognised from what it computes. */
  static List<ZooModel> exported() {
    return Zoo.models(
        zoo ->
            zoo.vintage().equals("keras3")
                && zoo.facts().train() != null
                && zoo.facts().deterministic()
                && zoo.facts().bnTraining()
                && !zoo.facts().name().equals("bn_frozen") // Keras did not train it
                && !zoo.facts().name().equals("bn_ranks") // normalises along other axes, too
                && !NOT_OF_A_LAYER.contains(zoo.facts().name()));
  }

  @ParameterizedTest
  @MethodSource("exported")
  void batchNormOfAnExportTrainsAsInKeras(ZooModel zoo) {
    oneStepInTrainingIsKeras(zoo, "sgd");
  }

  private static Model load(ZooModel zoo) {
    return SavedModelImporter.load(zoo.savedModel(), ImportOptions.defaults().trusting());
  }

  /** The outermost layers that have a training function. */
  private static void all(List<Layer> layers, List<Layer> found) {
    for (Layer layer : layers) {
      if (layer.training().isPresent()) {
        found.add(layer);
      } else {
        all(layer.children(), found);
      }
    }
  }

  private static TrainingForm form(Model model, Signature signature) {
    List<Layer> layers = new ArrayList<>();
    all(model.layers(), layers);
    List<TensorRef> outputs =
        signature.outputs().values().stream().map(TensorSpec::tensor).toList();
    return TrainingForm.of(model, model.graph(), List.of(), layers, outputs, true);
  }

  private static Map<TensorRef, TensorValue> inputs(
      ZooModel zoo, ZooModel.Case wanted, Signature signature) {
    Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
    zoo.golden()
        .under(wanted.name() + "/input/")
        .forEach(
            (input, value) -> {
              TensorSpec spec = signature.inputs().get(input);
              feeds.put(spec.tensor(), ZooModel.fitting(value, spec.dtype()));
            });
    return feeds;
  }

  @ParameterizedTest
  @MethodSource("models")
  void oneStepOfSgdInTrainingIsKeras(ZooModel zoo) {
    oneStepInTrainingIsKeras(zoo, "sgd");
  }

  @Tag("nightly")
  @ParameterizedTest
  @MethodSource("models")
  void oneStepOfAdamInTrainingIsKeras(ZooModel zoo) {
    oneStepInTrainingIsKeras(zoo, "adam");
  }

  private static void oneStepInTrainingIsKeras(ZooModel zoo, String name) {
    ZooModel.Case wanted = zoo.facts().cases().get(0);
    Model model = load(zoo);
    Signature signature = model.signatures().get(wanted.signature());
    Golden golden = zoo.golden();
    TrainingForm form = form(model, signature);
    GraphEditor editor = form.graph().edit();
    Scope g = new Scope(editor, "test");
    List<TensorRef> parts = new ArrayList<>();
    golden
        .under(wanted.name() + "/weight/")
        .forEach(
            (output, value) -> {
              TensorRef tensor = form.of(signature.outputs().get(output).tensor());
              TensorRef product = g.add("Mul", tensor, g.constant(value));
              parts.add(g.add("Sum", g.add("Reshape", product, g.ints(-1)), g.ints(0)));
            });
    DataType dtype = editor.dtype(parts.get(0));
    form.penalties().forEach(penalty -> parts.add(g.cast(penalty, dtype)));
    TensorRef loss = g.addList("AddN", parts);
    TensorRef rate = editor.placeholder("rate", DataType.DT_DOUBLE, Shape.scalar());
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    boolean sgd = name.equals("sgd");
    double of = sgd ? 0.01 : 0.001;
    Map<String, Variable> byKey = zoo.byKey(model);
    UpdateGraph update =
        UpdateGraph.of(
            StepGradients.of(
                editor.build(), loss, zoo.facts().trainable().stream().map(byKey::get).toList()),
            form.targets().stream().map(TensorRef::of).toList(),
            Updating.by(sgd ? Optimizer.sgd() : Optimizer.adam(), Clipping.none()),
            rate,
            step);
    Map<TensorRef, TensorValue> feeds = inputs(zoo, wanted, signature);
    feeds.put(rate, TensorValue.of(Shape.scalar(), new double[] {of}));
    feeds.put(step, TensorValue.scalar(0L));
    List<String> nodes = new ArrayList<>(update.nodes());
    nodes.addAll(form.targets());
    Model extended =
        model.toBuilder()
            .graph(update.graph())
            .variables(Stream.concat(model.variables().stream(), update.slots().stream()).toList())
            .build();
    try (ModelSession session = runtime.open(extended)) {
      Map<String, TensorValue> moved = golden.under("train/moved/");
      Map<String, TensorValue> before = new LinkedHashMap<>();
      moved.keySet().forEach(key -> before.put(key, session.readVariable(byKey.get(key))));
      List<TensorRef> pieces = new ArrayList<>();
      update.gradients().values().forEach(each -> pieces.addAll(Gradients.tensors(each)));
      List<TensorValue> values = session.graph().run(feeds, pieces, nodes);
      if (sgd && !(zoo.facts().bnTraining() && dtype == DataType.DT_FLOAT)) {
        Map<TensorRef, TensorValue> found = new HashMap<>();
        for (int i = 0; i < pieces.size(); i++) {
          found.put(pieces.get(i), values.get(i));
        }
        gradientsAreTheTapes(zoo, update, byKey, found);
      }
      moved.forEach(
          (key, value) -> {
            TensorValue now = session.readVariable(byKey.get(key));
            if (zoo.vintage().equals("keras2")) {
              assertThat(now).as("moved %s", key).isCloseTo(value, 1e-5, 1e-4);
            } else {
              movesTowards(before.get(key), value, now, key);
            }
          });
      Map<String, TensorValue> after = golden.under("train/" + name + "/");
      Assertions.assertThat(after).isNotEmpty();
      // Adam divides a gradient by its size: what is nothing but rounding becomes a whole step
      boolean noise = !sgd && zoo.facts().bnTraining() && dtype == DataType.DT_FLOAT;
      after.forEach(
          (key, value) ->
              assertThat(session.readVariable(byKey.get(key)))
                  .as(key)
                  .isCloseTo(
                      value, noise ? 2 * of : 2e-6 + 1e-4 * of * largest(golden, key), 1e-5));
    }
  }

  /**
   * Of the loss with its penalties, to 1e-8 in float64. In float32 BatchNorm in training gives
   * others at each order of its sums.
   */
  private static void gradientsAreTheTapes(
      ZooModel zoo,
      UpdateGraph update,
      Map<String, Variable> byKey,
      Map<TensorRef, TensorValue> values) {
    Golden golden = zoo.golden();
    boolean exact = zoo.facts().name().endsWith("_f64");
    for (String key : zoo.facts().trainable()) {
      Gradient gradient = update.gradients().get(byKey.get(key).name());
      Assertions.assertThat(gradient == null)
          .as("%s has no gradient", key)
          .isEqualTo(zoo.facts().train().gradientNone().contains(key));
      if (gradient == null) {
        continue;
      }
      double[] tape = golden.value("train/grad/" + key).asDoubles();
      TensorValue penalty = golden.under("train/penalty_grad/").get(key);
      double[] more = penalty == null ? new double[tape.length] : penalty.asDoubles();
      double[] found = dense(values, gradient, tape.length);
      for (int i = 0; i < tape.length; i++) {
        double wanted = tape[i] + more[i];
        double allowed = exact ? 1e-8 + 1e-8 * Math.abs(wanted) : 1e-5 + 1e-4 * Math.abs(wanted);
        Assertions.assertThat(found[i])
            .as("gradient of %s at %d", key, i)
            .isCloseTo(wanted, Assertions.within(allowed));
      }
    }
  }

  private static double[] dense(Map<TensorRef, TensorValue> values, Gradient gradient, int size) {
    List<double[]> parts =
        Gradients.tensors(gradient).stream().map(part -> values.get(part).asDoubles()).toList();
    if (parts.size() == 1) {
      return parts.get(0);
    }
    double[] sum = new double[size];
    double[] rows = parts.get(0);
    double[] numbers = parts.get(1);
    int width = rows.length == 0 ? 0 : numbers.length / rows.length;
    for (int i = 0; i < numbers.length; i++) {
      sum[(int) rows[i / width] * width + i % width] += numbers[i];
    }
    return sum;
  }

  /** By a share that is the same for all elements: an export does not tell the momentum. */
  private static void movesTowards(
      TensorValue before, TensorValue keras, TensorValue now, String key) {
    double[] from = before.asDoubles();
    double[] wanted = keras.asDoubles();
    double[] given = now.asDoubles();
    double most = 0;
    double share = 0;
    for (int i = 0; i < from.length; i++) {
      if (Math.abs(wanted[i] - from[i]) > most) {
        most = Math.abs(wanted[i] - from[i]);
        share = (given[i] - from[i]) / (wanted[i] - from[i]);
      }
    }
    Assertions.assertThat(share).as("share of %s", key).isBetween(0.009, 1.01);
    for (int i = 0; i < from.length; i++) {
      Assertions.assertThat(given[i])
          .as("moved %s", key)
          .isCloseTo(from[i] + share * (wanted[i] - from[i]), Assertions.within(1e-5));
    }
  }

  private static double largest(Golden golden, String key) {
    TensorValue gradient = golden.under("train/grad/").get(key);
    return gradient == null
        ? 0
        : Arrays.stream(gradient.asDoubles()).map(Math::abs).max().orElse(0);
  }

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

  private static TensorValue draw(ZooModel zoo, long seed, long steps) {
    ZooModel.Case wanted = zoo.facts().cases().get(0);
    Model model = load(zoo);
    Signature signature = model.signatures().get(wanted.signature());
    TrainingForm form = form(model, signature);
    Assertions.assertThat(form.random()).isNotEmpty();
    GraphEditor editor = form.graph().edit();
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    StatelessRandom.replace(editor, form.random(), seed, step);
    Map<TensorRef, TensorValue> feeds = inputs(zoo, wanted, signature);
    feeds.put(step, TensorValue.scalar(steps));
    TensorRef output = signature.outputs().values().iterator().next().tensor();
    Assertions.assertThat(form.of(output)).isNotEqualTo(output);
    try (ModelSession session = runtime.open(model, editor.build())) {
      GraphSession graph = session.graph();
      return graph.run(feeds, List.of(form.of(output)), form.targets()).get(0);
    }
  }
}
