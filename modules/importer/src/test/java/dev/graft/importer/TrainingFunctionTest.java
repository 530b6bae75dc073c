package dev.graft.importer;

import static dev.graft.testkit.TensorAssert.assertThat;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;

/**
 * With each layer's training function in the layer's place, the flat graph does what Keras does
 * with training=True: outputs, moving statistics, penalties.
 */
class TrainingFunctionTest {

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

  static List<ZooModel> trained() {
    return Zoo.models(
        model ->
            model.vintage().equals("keras2")
                && model.facts().train() != null
                && model.facts().deterministic()
                && !NOT_OF_A_LAYER.contains(model.facts().name()));
  }

  static List<ZooModel> keras2() {
    return Zoo.models(model -> model.vintage().equals("keras2"));
  }

  /** The model's graph with the training functions of all layers in it. */
  private static final class Training {
    final Model model;
    final GraphEditor editor;
    final Map<TensorRef, TensorRef> replaced = new HashMap<>();
    final List<TensorRef> penalties = new ArrayList<>();
    final List<String> targets = new ArrayList<>();
    int functions;

    Training(Model model) {
      this.model = model;
      this.editor = model.graph().edit();
      model.layers().forEach(this::add);
      for (SavedFunction penalty : model.penalties()) {
        Map<String, TensorRef> bound = new HashMap<>();
        for (int i = 0; i < penalty.captures().size(); i++) {
          bound.put(penalty.body().arguments().get(i), penalty.captures().get(i));
        }
        GraphEditor.Splice splice = editor.splice(penalty.body().graph(), "penalty", bound);
        penalties.add(splice.of(penalty.body().results().get(0)));
      }
    }

    private void add(Layer layer) {
      if (layer.training().isEmpty()) {
        layer.children().forEach(this::add);
        return;
      }
      SavedFunction function = layer.training().get();
      Assertions.assertThat(function.body().toFunctionDef("written"))
          .as(layer.name())
          .matches(FunctionGraph::countsItsArguments);
      int in = function.callerArguments();
      int calls = layer.inputs().size() / in;
      Assertions.assertThat(layer.inputs()).hasSize(in * calls);
      int out = layer.outputs().size() / calls;
      for (int call = 0; call < calls; call++) {
        add(
            function,
            layer.inputs().subList(call * in, (call + 1) * in),
            layer.outputs().subList(call * out, (call + 1) * out),
            call > 0);
      }
      functions++;
    }

    private void add(
        SavedFunction function, List<TensorRef> inputs, List<TensorRef> outputs, boolean later) {
      Map<String, TensorRef> bound = new HashMap<>();
      for (int i = 0; i < function.body().arguments().size(); i++) {
        TensorRef given =
            i < inputs.size() ? now(inputs.get(i)) : function.captures().get(i - inputs.size());
        bound.put(function.body().arguments().get(i), given);
      }
      GraphEditor.Splice splice = editor.splice(function.body().graph(), "training", bound);
      if (later) { // what one call moves, the next one reads
        for (NodeDef node : function.body().graph().nodes()) {
          if (node.getOp().equals("ReadVariableOp")) {
            NodeDef.Builder waiting = editor.node(splice.node(node.getName())).toBuilder();
            targets.forEach(target -> waiting.addInput("^" + target));
            editor.replace(waiting.build());
          }
        }
      }
      for (int i = 0; i < function.body().results().size(); i++) {
        TensorRef result = splice.of(function.body().results().get(i));
        String name = function.body().resultNames().get(i);
        if (name.startsWith("penalty_")) {
          penalties.add(result);
        } else {
          TensorRef old = outputs.get(Integer.parseInt(name.substring("output_".length())));
          List<String> own =
              function.body().graph().nodes().stream().map(n -> splice.node(n.getName())).toList();
          editor.redirect(old, result, node -> !own.contains(node.getName()));
          replaced.put(old, result);
        }
      }
      function.body().targets().forEach(target -> targets.add(splice.node(target)));
    }

    TensorRef now(TensorRef tensor) {
      TensorRef at = tensor;
      while (replaced.containsKey(at)) {
        at = replaced.get(at);
      }
      return at;
    }
  }

  /** The functions of random layers fit too, and each layer that drops or disturbs has one. */
  @Tag("nightly")
  @ParameterizedTest
  @MethodSource("keras2")
  void fitsTheLayersPlace(ZooModel zoo) {
    Model model = SavedModelImporter.load(zoo.savedModel());
    Training training = new Training(model);
    training.editor.build();
    Assertions.assertThat(model.layers()).allMatch(TrainingFunctionTest::actsIfNoisy);
  }

  private static boolean actsIfNoisy(Layer layer) {
    boolean noisy = layer.behaviour() instanceof Layer.Behaviour.Noise noise && noise.rate() > 0;
    return layer.training().isPresent()
        || !noisy && layer.children().stream().allMatch(TrainingFunctionTest::actsIfNoisy);
  }

  @ParameterizedTest
  @MethodSource("trained")
  void givesWhatKerasGivesInTraining(ZooModel zoo) {
    Model model = SavedModelImporter.load(zoo.savedModel());
    Training training = new Training(model);
    String name = zoo.facts().train().caseName();
    Signature signature = model.servingSignature();
    Map<TensorRef, TensorValue> feeds = new HashMap<>();
    zoo.golden()
        .under(name + "/input/")
        .forEach((key, value) -> feeds.put(signature.inputs().get(key).tensor(), value));
    try (ModelSession session = runtime.open(model, training.editor.build())) {
      Map<String, TensorValue> expected = new TreeMap<>(zoo.golden().under("train/output/"));
      List<TensorRef> fetches = new ArrayList<>();
      expected
          .keySet()
          .forEach(key -> fetches.add(training.now(signature.outputs().get(key).tensor())));
      int outputs = fetches.size();
      fetches.addAll(training.penalties);
      List<TensorValue> found = session.graph().run(feeds, fetches, training.targets);
      int i = 0;
      for (TensorValue value : expected.values()) {
        assertThat(found.get(i++)).isCloseTo(value, 1e-5, 1e-4);
      }
      if (zoo.facts().train().penalty()) {
        double penalty = 0;
        for (TensorValue value : found.subList(outputs, found.size())) {
          penalty += value.floats()[0];
        }
        Assertions.assertThat(penalty)
            .isCloseTo(
                zoo.golden().value("train/penalty").floats()[0],
                Assertions.within(1e-5 + 1e-5 * Math.abs(penalty)));
      } else {
        Assertions.assertThat(training.penalties).isEmpty();
      }
      for (Variable variable : model.variables()) {
        String key = ((VariableSource.InCheckpoint) variable.source()).key();
        if (zoo.facts().train().moved().contains(key)) {
          assertThat(session.readVariable(variable))
              .isCloseTo(zoo.golden().value("train/moved/" + key), 1e-5, 1e-4);
        }
      }
    }
  }

  /**
   * Keras saves a recurrent layer with a mask and without, and the graph has it with one: what it
   * does in training reads the mask, too.
   */
  @Test
  void whatAMaskedLayerDoesInTrainingReadsTheMask() {
    Model model = SavedModelImporter.load(Zoo.model("keras2/rnn_masked_dropout").savedModel());
    Layer layer =
        model
            .allLayers()
            .filter(each -> each.className().equals("SimpleRNN"))
            .findFirst()
            .orElseThrow();
    Graph body = layer.training().orElseThrow().body().graph();
    List<String> masks =
        layer.training().orElseThrow().body().arguments().stream()
            .filter(argument -> body.outputTypes(argument).get(0) == DataType.DT_BOOL)
            .toList();
    Assertions.assertThat(masks).hasSize(1);
    Assertions.assertThat(body.consumers(masks.get(0))).isNotEmpty();
  }
}
