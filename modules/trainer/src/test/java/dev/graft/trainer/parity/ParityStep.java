package dev.graft.trainer.parity;

import com.google.common.collect.Iterables;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.data.Batch;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.optimizer.Gradients;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Single steps of the graph that a training loop runs, each from the weights and slots that Keras
 * had before it.
 */
public final class ParityStep implements AutoCloseable {

  private final ParityTask task;
  private final Task about;
  private final InputBinding entry;
  private final TrainingGraph graph;
  private final ModelSession session;
  private final PreparedRun whole; // a step as the loop runs it, that shows its gradients, too
  private final PreparedRun update; // by gradients that are fed
  private final List<TensorRef> gradients = new ArrayList<>();
  private final Order order;
  private final Set<String> negligible = new HashSet<>(); // variables with no gradient to speak of
  private Map<String, TensorValue> before = new HashMap<>(); // by Keras, as it names them

  public ParityStep(TensorFlowRuntime runtime, ParityTask task, List<Variable> training) {
    this.task = task;
    this.entry = task.entry();
    this.about = Task.of(task.model(), task.train(), task.objectives());
    this.order = task.order();
    this.graph = TrainingGraph.of(about, task.stage(training), StepExtras.NONE);
    GraphEditor editor = graph.model().graph().edit();
    for (Gradient each : graph.step().gradients().values()) {
      Gradients.tensors(each).forEach(tensor -> gradients.add(handedOn(editor, tensor)));
    }
    this.session = runtime.open(graph.model(), editor.build());
    List<TensorRef> fetches = new ArrayList<>(List.of(graph.step().loss()));
    fetches.addAll(gradients);
    List<TensorRef> feeds = new ArrayList<>(entry.tensors());
    feeds.addAll(graph.fed().targets());
    feeds.addAll(
        List.of(
            graph.fed().weights(), graph.fed().rate(), graph.fed().updated(), graph.fed().draw()));
    List<TensorRef> fed = new ArrayList<>(feeds);
    fed.add(graph.step().loss()); // the updates wait until it is known to be a number
    fed.addAll(gradients);
    this.whole = session.graph().prepare(feeds, fetches, graph.step().updates());
    this.update =
        session
            .graph()
            .prepare(
                fed,
                List.of(),
                graph.step().updates().stream().filter(n -> n.startsWith("graft/update")).toList());
    for (Variable variable : session.model().variables()) {
      before.put(nameInKeras(variable), session.readVariable(variable));
    }
  }

  /**
   * Has the updates get a gradient from a node that hands it on and can be fed: what a loop gives
   * cannot be, since TensorFlow takes the loop apart before it looks at the feeds.
   */
  private static TensorRef handedOn(GraphEditor editor, TensorRef gradient) {
    TensorRef handsOn = editor.op("Identity").input(gradient).output();
    editor.redirect(gradient, handsOn, node -> node.getName().startsWith("graft/update/"));
    return handsOn;
  }

  /** {@code after/VARIABLE}, or {@code slot/SLOT/VARIABLE}. */
  private static String nameInKeras(Variable variable) {
    String prefix = "graft/update/";
    if (!variable.name().startsWith(prefix)) {
      return "after/" + variable.name();
    }
    int last = variable.name().lastIndexOf('/');
    String slot = variable.name().substring(last + 1);
    return "slot/" + slot + "/" + variable.name().substring(prefix.length(), last);
  }

  /**
   * Does step {@code step}, which Keras did with these outcomes; then stands where Keras stands.
   */
  public void check(long step, Map<String, TensorValue> keras, ParityFigures figures) {
    Batch batch = task.train().batch(order.batch(step));
    List<TensorValue> values = new ArrayList<>(entry.values(batch));
    values.addAll(about.targets(batch));
    values.add(batch.weights());
    TensorValue rate = TensorValue.of(Shape.scalar(), new double[] {task.rate(step)});
    values.add(rate);
    values.add(TensorValue.scalar(step));
    values.add(TensorValue.scalar(step));
    List<TensorValue> done = whole.run(values);
    String at = "step " + (step + 1);
    double loss = keras.get("loss").asDoubles()[0];
    double off = Math.abs(done.get(0).asDoubles()[0] - loss) / Math.abs(loss);
    figures.note("loss of a step", off, 1e-5, at);
    List<TensorValue> ours = done.subList(1, done.size());
    List<TensorValue> theirs = checkGradients(ours, keras, at, figures);
    for (Variable moved : graph.step().moved()) {
      checkMoved(moved, keras, at, figures);
    }
    checkUpdates(keras, "whole step", 1e-3, at, figures); // from a gradient that is slightly other
    before.forEach(this::assign);
    values.add(keras.get("loss"));
    values.addAll(theirs);
    update.run(values);
    checkUpdates(keras, "update", 1e-5, at, figures);
    keras.forEach(
        (name, value) -> {
          if (name.startsWith("after/") || name.startsWith("slot/")) {
            assign(name, value);
            before.put(name, value);
          }
        });
  }

  private void assign(String name, TensorValue value) {
    for (Variable variable : changing()) {
      if (nameInKeras(variable).equals(name)) {
        session.assign(variable, value);
      }
    }
  }

  private Iterable<Variable> changing() {
    return Iterables.concat(
        Iterables.filter(
            task.model().variables(), v -> graph.step().gradients().containsKey(v.name())),
        graph.step().moved(),
        graph.step().slots());
  }

  /** Gives Keras' gradients, to feed. */
  private List<TensorValue> checkGradients(
      List<TensorValue> ours, Map<String, TensorValue> keras, String at, ParityFigures figures) {
    List<TensorValue> theirs = new ArrayList<>();
    double largest =
        keras.entrySet().stream()
            .filter(e -> e.getKey().startsWith("gradient/") && !e.getKey().endsWith("/indices"))
            .mapToDouble(e -> ParityFigures.largest(e.getValue()))
            .max()
            .orElse(0);
    int i = 0;
    negligible.clear();
    for (Map.Entry<String, Gradient> each : graph.step().gradients().entrySet()) {
      String key = "gradient/" + each.getKey();
      TensorValue wanted;
      TensorValue given;
      if (each.getValue() instanceof Gradient.Dense) {
        given = ours.get(i++);
        wanted = keras.get(key);
        theirs.add(wanted);
      } else {
        TensorValue rows = keras.get(key + "/indices");
        TensorValue numbers = keras.get(key + "/values");
        given = dense(ours.get(i), ours.get(i + 1), ours.get(i + 2));
        wanted = dense(rows, numbers, ours.get(i + 2));
        theirs.add(indices(rows, ours.get(i).dtype()));
        theirs.add(numbers);
        theirs.add(ours.get(i + 2));
        i += 3;
      }
      // what is zero but for rounding, such as the bias of attention's keys, has no size of its own
      double size = ParityFigures.largest(wanted);
      if (size < 1e-4 * largest) {
        negligible.add(each.getKey());
        size = 1e-4 * largest;
      }
      figures.note(
          "gradient",
          ParityFigures.difference(given, wanted) / size,
          1e-4,
          at + " " + each.getKey());
    }
    return theirs;
  }

  private static TensorValue indices(TensorValue rows, DType dtype) {
    double[] numbers = rows.asDoubles();
    int[] ints = new int[numbers.length];
    long[] longs = new long[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      ints[i] = (int) numbers[i];
      longs[i] = (long) numbers[i];
    }
    return dtype == DType.INT32
        ? TensorValue.of(rows.shape(), ints)
        : TensorValue.of(rows.shape(), longs);
  }

  private static TensorValue dense(TensorValue rows, TensorValue values, TensorValue shape) {
    Shape whole = Shape.of(Arrays.stream(shape.asDoubles()).mapToLong(d -> (long) d).toArray());
    double[] row = rows.asDoubles();
    double[] numbers = values.asDoubles();
    double[] sums = new double[Math.toIntExact(whole.elements())];
    int width = Math.toIntExact(whole.elements() / whole.dim(0));
    for (int i = 0; i < row.length; i++) {
      for (int j = 0; j < width; j++) {
        sums[(int) row[i] * width + j] += numbers[i * width + j];
      }
    }
    return TensorValue.of(whole, sums);
  }

  private void checkMoved(
      Variable moved, Map<String, TensorValue> keras, String at, ParityFigures figures) {
    TensorValue wanted = keras.get("after/" + moved.name());
    double off = ParityFigures.difference(session.readVariable(moved), wanted);
    double size = ParityFigures.largest(wanted);
    figures.note("moving statistics", off / size, 1e-5, at + " " + moved.name());
  }

  /** What {@code what} made of weights and slots; of whole steps the slots only, if there are. */
  private void checkUpdates(
      Map<String, TensorValue> keras, String what, double bar, String at, ParityFigures figures) {
    Map<String, Variable> all = new LinkedHashMap<>();
    changing().forEach(variable -> all.put(nameInKeras(variable), variable));
    graph.step().moved().forEach(variable -> all.remove(nameInKeras(variable)));
    boolean whole = !what.equals("update");
    // RMSprop's kernels keep a momentum also where it is 0
    all.keySet().removeIf(name -> name.startsWith("slot/") && !keras.containsKey(name));
    if (whole && all.keySet().stream().anyMatch(name -> name.startsWith("slot/"))) {
      all.keySet().removeIf(name -> name.startsWith("after/"));
    }
    if (whole) {
      all.keySet()
          .removeIf(name -> negligible.stream().anyMatch(each -> name.endsWith("/" + each)));
    }
    List<TensorValue> now = session.readVariables(List.copyOf(all.values()));
    int i = 0;
    for (String name : all.keySet()) {
      TensorValue given = now.get(i++);
      TensorValue wanted = keras.get(name);
      double off = ParityFigures.difference(given, wanted);
      boolean single = given.dtype() == DType.FLOAT32;
      if (name.startsWith("slot/")) {
        double size = ParityFigures.largest(wanted);
        figures.note(whole ? what : "slots", ratio(off, size), bar, at + " " + name);
      } else {
        double beyond = off - (single ? 2.4e-7 : 4e-16) * ParityFigures.largest(wanted);
        double moved = ParityFigures.difference(wanted, before.get(name));
        figures.note(what, ratio(Math.max(0, beyond), moved), bar, at + " " + name);
      }
    }
  }

  private static double ratio(double part, double whole) {
    return part == 0 ? 0 : part / whole;
  }

  @Override
  public void close() {
    session.close();
  }
}
