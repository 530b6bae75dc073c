package dev.graft.trainer.internal.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Nodes;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Initializer;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.Gradients;
import dev.graft.trainer.optimizer.Optimizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.DataType;

/** No update of a weight can run before a read of it in the same step. */
class SoundUpdatesTest {

  private static final int WIDTH = 4096;

  static List<ZooModel> keras2() {
    return models("keras2");
  }

  static List<ZooModel> others() {
    List<ZooModel> others = new ArrayList<>(models("keras2_export"));
    others.addAll(models("keras3"));
    return others;
  }

  private static List<ZooModel> models(String vintage) {
    return Zoo.models(
        zoo ->
            zoo.vintage().equals(vintage)
                && !zoo.facts().name().equals("custom_gradient_unsaved") // it has no gradient
                && "session".equals(zoo.facts().cases().get(0).loader())
                && !zoo.golden().under(zoo.facts().cases().get(0).name() + "/grad/").isEmpty());
  }

  @ParameterizedTest
  @MethodSource("keras2")
  void everyUpdateWaitsForEveryRead(ZooModel zoo) {
    check(zoo);
  }

  @Tag("nightly")
  @ParameterizedTest
  @MethodSource("others")
  void everyUpdateOfOthersDoes(ZooModel zoo) {
    check(zoo);
  }

  private static void check(ZooModel zoo) {
    ZooModel.Case wanted = zoo.facts().cases().get(0);
    Model model = SavedModelImporter.load(zoo.savedModel(), ImportOptions.defaults().trusting());
    Signature signature = model.signatures().get(wanted.signature());
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, "test");
    List<TensorRef> parts = new ArrayList<>();
    zoo.golden()
        .under(wanted.name() + "/weight/")
        .keySet()
        .forEach(
            output -> {
              TensorRef tensor = signature.outputs().get(output).tensor();
              TensorRef sum = g.add("Sum", g.add("Reshape", tensor, g.ints(-1)), g.ints(0));
              parts.add(g.cast(sum, DataType.DT_DOUBLE));
            });
    TensorRef loss = g.addList("AddN", parts);
    TensorRef rate = editor.placeholder("rate", DataType.DT_FLOAT, Shape.scalar());
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    Map<String, Variable> byKey = zoo.byKey(model);
    List<Variable> training = zoo.facts().trainable().stream().map(byKey::get).toList();
    UpdateGraph update =
        UpdateGraph.of(
            StepGradients.of(editor.build(), loss, training),
            List.of(),
            Updating.by(Optimizer.adamW(), Clipping.none()),
            rate,
            step);
    assertThat(unordered(update, loss, training)).isEmpty();
  }

  /**
   * What is read in a step is what was there before it: in each of many runs, while other threads
   * keep the machine busy. Where no edge decides, some see what the update has made of it.
   */
  @Test
  void readsSeeTheValueBeforeTheStep() {
    GraphEditor editor = Graph.empty().edit();
    Scope g = new Scope(editor, "test");
    String node =
        g.op("VarHandleOp")
            .name("weight")
            .attr("dtype", DataType.DT_FLOAT)
            .attr("shape", Shape.of(WIDTH))
            .attr("shared_name", "weight")
            .node();
    Variable weight =
        new Variable(
            "weight",
            node,
            DType.FLOAT32,
            Shape.of(WIDTH),
            true,
            Variable.Role.KERNEL,
            new VariableSource.Initialized(Initializer.ZEROS, 0));
    List<TensorRef> seen = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      TensorRef read =
          g.op("ReadVariableOp").attr("dtype", DataType.DT_FLOAT).input(weight.handle()).output();
      seen.add(g.add("Max", read, g.ints(0)));
      seen.add(g.add("Min", read, g.ints(0)));
    }
    TensorRef whole =
        g.op("ReadVariableOp").attr("dtype", DataType.DT_FLOAT).input(weight.handle()).output();
    TensorRef loss = g.add("Neg", g.add("Sum", whole, g.ints(0))); // so that a step adds the rate
    TensorRef rate = editor.placeholder("rate", DataType.DT_FLOAT, Shape.scalar());
    TensorRef step = editor.placeholder("step", DataType.DT_INT64, Shape.scalar());
    UpdateGraph update =
        UpdateGraph.of(
            StepGradients.of(editor.build(), loss, List.of(weight)),
            seen,
            Updating.by(Optimizer.sgd(), Clipping.none()),
            rate,
            step);
    Model model =
        Model.builder("test", update.graph(), new Provenance.Origin("test", "", "", "", 0))
            .variables(List.of(weight))
            .build();
    try (Load load = new Load();
        TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model);
        PreparedRun run =
            session.graph().prepare(List.of(rate, step), seen, List.copyOf(update.nodes()))) {
      for (long i = 0; i < 500; i++) {
        for (TensorValue value : run.run(List.of(TensorValue.scalar(1f), TensorValue.scalar(i)))) {
          assertThat(value.floats()).as("in run %d", i).containsExactly((float) i);
        }
      }
    }
  }

  /** Threads that keep the machine busy. */
  private static final class Load implements AutoCloseable {
    private volatile boolean over;

    Load() {
      for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
        Thread busy =
            new Thread(
                () -> {
                  while (!over) {
                    Thread.onSpinWait();
                  }
                });
        busy.setDaemon(true);
        busy.start();
      }
    }

    @Override
    public void close() {
      over = true;
    }
  }

  /** Pairs of a write and a read of the same variable between which no edge decides. */
  private static List<String> unordered(
      UpdateGraph update, TensorRef loss, List<Variable> training) {
    Graph graph = update.graph();
    Set<String> roots = new LinkedHashSet<>(update.nodes());
    roots.add(loss.node());
    update
        .gradients()
        .values()
        .forEach(g -> Gradients.tensors(g).forEach(t -> roots.add(t.node())));
    Set<String> inStep = graph.upstream(roots);
    List<String> found = new ArrayList<>();
    for (Variable variable : training) {
      Set<String> users = users(graph, variable.node());
      users.retainAll(inStep);
      Set<String> writers = new HashSet<>(users);
      writers.removeIf(node -> !node.startsWith("graft/update/") || isRead(graph, node));
      for (String writer : writers) {
        Set<String> before = graph.upstream(List.of(writer));
        for (String user : users) {
          boolean after = graph.upstream(List.of(user)).contains(writer);
          if (!before.contains(user) && !after) {
            found.add(writer + " does not wait for " + user + " " + graph.node(user).getOp());
          }
        }
      }
    }
    return found;
  }

  private static boolean isRead(Graph graph, String node) {
    return graph.node(node).getOp().equals("ReadVariableOp");
  }

  /** All that gets the handle of a variable, through whatever hands it on. */
  private static Set<String> users(Graph graph, String handle) {
    Set<String> users = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(handle));
    while (!open.isEmpty()) {
      String from = open.pop();
      for (String user : graph.consumers(from)) {
        boolean data =
            Nodes.dataInputs(graph.node(user)).stream()
                .anyMatch(
                    input ->
                        input.node().equals(from)
                            && graph.outputTypes(from).get(input.index()) == DataType.DT_RESOURCE);
        if (data && users.add(user)) {
          open.push(user);
        }
      }
    }
    return users;
  }
}
