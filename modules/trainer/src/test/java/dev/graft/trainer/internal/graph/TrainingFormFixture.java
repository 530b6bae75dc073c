package dev.graft.trainer.internal.graph;

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
import org.tensorflow.proto.DataType;

/** What TrainingFormTest and RandomLayersTest share. */
abstract class TrainingFormFixture {
  /** A penalty that reads a layer which the signature does not; a branch in the model itself. */
  static final Set<String> NOT_OF_A_LAYER = Set.of("custom_loss_layer", "subclass_if_training");

  static TensorFlowRuntime runtime;

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

  static Model load(ZooModel zoo) {
    return SavedModelImporter.load(zoo.savedModel(), ImportOptions.defaults().trusting());
  }

  /** The outermost layers that have a training function. */
  static void all(List<Layer> layers, List<Layer> found) {
    for (Layer layer : layers) {
      if (layer.training().isPresent()) {
        found.add(layer);
      } else {
        all(layer.children(), found);
      }
    }
  }

  static TrainingForm form(Model model, Signature signature) {
    List<Layer> layers = new ArrayList<>();
    all(model.layers(), layers);
    List<TensorRef> outputs =
        signature.outputs().values().stream().map(TensorSpec::tensor).toList();
    return TrainingForm.of(model, model.graph(), List.of(), layers, outputs, true);
  }

  static Map<TensorRef, TensorValue> inputs(
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

  static void oneStepInTrainingIsKeras(ZooModel zoo, String name) {
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
  static void gradientsAreTheTapes(
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

  static double[] dense(Map<TensorRef, TensorValue> values, Gradient gradient, int size) {
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
  static void movesTowards(TensorValue before, TensorValue keras, TensorValue now, String key) {
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

  static double largest(Golden golden, String key) {
    TensorValue gradient = golden.under("train/grad/").get(key);
    return gradient == null
        ? 0
        : Arrays.stream(gradient.asDoubles()).map(Math::abs).max().orElse(0);
  }

  static TensorValue draw(ZooModel zoo, long seed, long steps) {
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
