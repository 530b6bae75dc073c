package dev.graft.autodiff;

import static dev.graft.testkit.TensorAssert.assertThat;

import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.autodiff.gradient.LoopMemory;
import dev.graft.autodiff.gradient.NoGradientException;
import dev.graft.autodiff.internal.engine.Cotangents;
import dev.graft.autodiff.internal.engine.Library;
import dev.graft.autodiff.internal.engine.Ops;
import dev.graft.autodiff.internal.engine.Shapes;
import dev.graft.autodiff.internal.rules.AllRules;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.GradientSupport;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.ResourceVariables;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Golden;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The gradients of every trainable variable of every model of the zoo are those of tf.GradientTape,
 * and where the tape gives None there is none.
 */
@Tag("slow")
class ZooGradientsTest {

  /** What only later versions can. */
  private static final Set<String> BLOCKED =
      Set.of("keras2/custom_gradient_unsaved", "tf1/tf1_dynamic_rnn", "tf1/tf1_while_v1");

  /** A counter in a branch, which no loss depends on: the tape gives zeros instead of None. */
  private static final Map<String, Set<String>> ZEROS =
      Map.of("tfsave/stateful_branches", Set.of("calls/.ATTRIBUTES/VARIABLE_VALUE"));

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
            zoo.facts().deterministic()
                && !zoo.facts().trainable().isEmpty()
                && !BLOCKED.contains(zoo.toString()));
  }

  static List<ZooModel> loops() {
    return models().stream()
        .filter(
            zoo ->
                zoo.toString().matches(".*(rnn|lstm|gru|recurrent|while|loop|map_fn|fold|scan).*"))
        .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void gradientsAreTheTapes(ZooModel zoo) {
    gradientsAreTheTapes(zoo, LoopMemory.SAVE);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("loops")
  void recomputedGradientsAreTheTapes(ZooModel zoo) {
    gradientsAreTheTapes(zoo, LoopMemory.RECOMPUTE);
  }

  private static void gradientsAreTheTapes(ZooModel zoo, LoopMemory memory) {
    Map<List<String>, List<ZooModel.Case>> byTags =
        zoo.facts().cases().stream()
            .collect(Collectors.groupingBy(c -> c.tags() == null ? zoo.facts().tags() : c.tags()));
    byTags.forEach(
        (tags, cases) -> {
          ImportOptions options =
              ImportOptions.defaults().trusting().tags(tags.toArray(String[]::new));
          Model model = ResourceVariables.in(SavedModelImporter.load(zoo.savedModel(), options));
          assertNoOpIsMissing(model.graph());
          Map<Object, List<ZooModel.Case>> bySignature =
              cases.stream().collect(Collectors.groupingBy(c -> signature(model, c).name()));
          bySignature.values().forEach(same -> compare(zoo, model, same, memory));
        });
  }

  /** On the way to a variable or not. */
  private static void assertNoOpIsMissing(Graph graph) {
    Set<String> missing = new TreeSet<>();
    graph.nodes().forEach(node -> missing.add(node.getOp()));
    graph
        .functions()
        .values()
        .forEach(f -> f.getNodeDefList().forEach(node -> missing.add(node.getOp())));
    missing.removeIf(op -> GradientSupport.standard().of(op) != GradientSupport.Kind.MISSING);
    Assertions.assertThat(missing).isEmpty();
  }

  private static void compare(
      ZooModel zoo, Model model, List<ZooModel.Case> cases, LoopMemory memory) {
    Signature signature = signature(model, cases.get(0));
    Golden golden = zoo.golden();
    GraphEditor editor = model.graph().edit();
    Map<String, TensorRef> weights = new LinkedHashMap<>();
    List<TensorRef> ys = new ArrayList<>();
    golden
        .under(cases.get(0).name() + "/weight/")
        .forEach(
            (name, weight) -> {
              weights.put(
                  name,
                  editor.placeholder("weight_of_" + name, weight.dtype().proto(), Shape.unknown()));
              ys.add(signature.outputs().get(name).tensor());
            });
    Map<String, Variable> byKey = zoo.byKey(model);
    List<TensorRef> xs =
        zoo.facts().trainable().stream().map(key -> byKey.get(key).handle()).toList();
    GradientGraph found =
        Differentiator.gradients(editor.build(), ys, List.copyOf(weights.values()), xs, memory);
    assertPreflightAgrees(zoo, model, ys, byKey, found);
    GraphEditor dense = found.graph().edit();
    Ops t = new Ops(dense, Shapes.NONE, new Library(dense, AllRules.standard(), LoopMemory.SAVE));
    Map<TensorRef, TensorRef> gradients = new LinkedHashMap<>();
    found.gradients().forEach((x, g) -> gradients.put(x, Cotangents.dense(g, t)));
    try (ModelSession session = runtime.open(model, dense.build())) {
      for (ZooModel.Case wanted : cases) {
        Set<String> none =
            new TreeSet<>(
                wanted.gradientNone() == null ? zoo.facts().gradientNone() : wanted.gradientNone());
        for (String key : ZEROS.getOrDefault(zoo.toString(), Set.of())) {
          Assertions.assertThat(golden.value(wanted.name() + "/grad/" + key).asDoubles())
              .containsOnly(0);
          none.add(key);
        }
        Map<TensorRef, TensorValue> feeds = new HashMap<>();
        golden
            .under(wanted.name() + "/input/")
            .forEach(
                (name, value) -> {
                  TensorSpec spec = signature.inputs().get(name);
                  feeds.put(spec.tensor(), ZooModel.fitting(value, spec.dtype()));
                });
        golden
            .under(wanted.name() + "/weight/")
            .forEach((name, value) -> feeds.put(weights.get(name), value));
        List<TensorValue> values =
            session.graph().run(feeds, List.copyOf(gradients.values()), List.of());
        Map<TensorRef, TensorValue> byHandle = new HashMap<>();
        int next = 0;
        for (TensorRef handle : gradients.keySet()) {
          byHandle.put(handle, values.get(next++));
        }
        Set<String> without = new TreeSet<>();
        for (String key : zoo.facts().trainable()) {
          TensorValue value = byHandle.get(byKey.get(key).handle());
          if (value == null) {
            without.add(key);
          } else if (!none.contains(key)) {
            assertIsTheTapes(zoo, key, value, golden.value(wanted.name() + "/grad/" + key));
          }
        }
        Assertions.assertThat(without).as("%s: without gradient", wanted.name()).isEqualTo(none);
      }
    }
  }

  private static void assertPreflightAgrees(
      ZooModel zoo,
      Model model,
      List<TensorRef> ys,
      Map<String, Variable> byKey,
      GradientGraph found) {
    Map<String, TensorRef> outputs = new LinkedHashMap<>();
    ys.forEach(y -> outputs.put(y.toString(), y));
    Set<Variable> wanted =
        zoo.facts().trainable().stream().map(byKey::get).collect(Collectors.toSet());
    Preflight preflight = PreflightCheck.of(model, outputs, wanted);
    Assertions.assertThat(preflight.obstacles()).isEmpty();
    Assertions.assertThat(preflight.reached().stream().map(Variable::handle))
        .containsExactlyInAnyOrderElementsOf(found.gradients().keySet());
    Assertions.assertThat(preflight.unreached()).hasSize(wanted.size() - found.gradients().size());
  }

  /** The engine refuses with the very op that the preflight names. */
  @ParameterizedTest
  @ValueSource(
      strings = {"keras2/custom_gradient_unsaved", "tf1/tf1_dynamic_rnn", "tf1/tf1_while_v1"})
  void whatIsBlockedIsBlockedInBoth(String name) {
    ZooModel zoo = Zoo.model(name);
    Model model =
        ResourceVariables.in(
            SavedModelImporter.load(
                zoo.savedModel(),
                ImportOptions.defaults().tags(zoo.facts().tags().toArray(String[]::new))));
    Map<String, TensorRef> outputs = new LinkedHashMap<>();
    model.servingSignature().outputs().forEach((key, spec) -> outputs.put(key, spec.tensor()));
    Preflight preflight = PreflightCheck.of(model, outputs, model.trainableVariables());
    List<TensorRef> handles = model.trainableVariables().stream().map(Variable::handle).toList();
    Assertions.assertThatThrownBy(
            () ->
                Differentiator.gradients(
                    model.graph(), List.copyOf(outputs.values()), List.of(), handles))
        .isInstanceOfSatisfying(
            NoGradientException.class,
            e ->
                Assertions.assertThat(preflight.obstacles())
                    .anyMatch(at -> at.node().equals(e.at()) && at.op().equals(e.op())));
  }

  private static void assertIsTheTapes(
      ZooModel zoo, String key, TensorValue value, TensorValue tape) {
    String name = zoo.facts().name();
    double largest = Arrays.stream(tape.asDoubles()).map(Math::abs).max().orElse(0);
    if (name.contains("bfloat16")) { // 8 bits
      assertThat(value).as(key).isCloseTo(tape, 0.016 * largest, 0);
    } else if (name.contains("float16")) { // 11 bits
      assertThat(value).as(key).isCloseTo(tape, 0.004 * largest, 0);
    } else if (name.endsWith("_f64")) {
      assertThat(value).as(key).isCloseTo(tape, 1e-8, 1e-8);
    } else {
      assertThat(value).as(key).isCloseTo(tape, 1e-5, 1e-4);
    }
  }

  private static Signature signature(Model model, ZooModel.Case wanted) {
    return wanted.signature() == null && !model.signatures().containsKey(wanted.function())
        ? model.servingSignature()
        : model
            .signatures()
            .get(wanted.signature() == null ? wanted.function() : wanted.signature());
  }
}
