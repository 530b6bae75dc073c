package dev.graft.trainer.internal.head;

import com.google.common.primitives.Booleans;
import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.proto.DataType;

/**
 * Minimises several smooth functions of equally many parameters side by side, by limited-memory
 * BFGS (Nocedal and Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 3.1). Each function
 * is a sum over slices of examples, of which one at a time is in memory. An iteration is a run that
 * begins it, a run for each slice, and a run that ends it, for every function at once: column k of
 * each matrix belongs to function k.
 */
final class Lbfgs {

  private static final int MEMORY = 8; // pairs of steps and gradient changes kept
  private static final float SUFFICIENT = 1e-4f; // Armijo's constant, Nocedal and Wright p. 33
  private static final int WINDOW = 5; // steps taken over which progress is judged

  /** The functions to minimise. */
  interface Problem {

    /** A graph that holds what {@link #values} reads of a slice. */
    default Graph base() {
      return Graph.empty();
    }

    /** The tensors there that are computed from what is fed of a slice. */
    default List<TensorRef> given() {
      return List.of();
    }

    /** How many slices there are. */
    default int slices() {
      return 1;
    }

    /** What to feed of a slice; of the only one it is fed once. */
    default Map<TensorRef, TensorValue> slice(int number) {
      return Map.of();
    }

    /**
     * Adds what a slice adds to their values.
     *
     * @param given the tensors of {@link #given}, or what stands for them
     * @param x the parameters, float32 [parameters, functions]
     * @return float32 [functions]; each depends on its own column of {@code x} only
     */
    TensorRef values(Scope g, List<TensorRef> given, TensorRef x);
  }

  /**
   * How long to search.
   *
   * @param iterations how many there are at most
   * @param tolerance the search ends when no function has lost more than this share of its value in
   *     some steps, or has so little to gain by the next
   * @param beforeEach called before each iteration
   */
  record Limits(int iterations, double tolerance, Runnable beforeEach) {}

  /**
   * Where the search ended.
   *
   * @param x the parameters, float32 [parameters, functions]
   * @param values of the functions there
   * @param settled whether each was at its minimum, as far as the tolerance asks, and not the
   *     iterations at their end
   * @param iterations how many it took
   */
  record Result(TensorValue x, float[] values, boolean[] settled, int iterations) {}

  private final int parameters;
  private final int functions;

  private Lbfgs(int parameters, int functions) {
    this.parameters = parameters;
    this.functions = functions;
  }

  /** A variable that lasts from one run to the next, with its value before this one. */
  private record State(TensorRef handle, TensorRef value, String start) {}

  /**
   * Minimises from zero.
   *
   * @param shape of the parameters: [parameters, functions]
   */
  static Result minimize(TensorFlowRuntime runtime, Problem problem, Shape shape, Limits limits) {
    Lbfgs search = new Lbfgs(Math.toIntExact(shape.dim(0)), Math.toIntExact(shape.dim(1)));
    Iteration iteration = search.iteration(problem);
    try (GraphSession session = runtime.session(iteration.graph())) {
      session.run(Map.of(), List.of(), iteration.start());
      if (!iteration.hold().isEmpty()) {
        session.run(problem.slice(0), List.of(), iteration.hold());
      }
      return iterate(session, problem, iteration, limits);
    }
  }

  /**
   * One iteration as a graph.
   *
   * @param start what is run once
   * @param hold what is run once where there is one slice, fed with it
   * @param begin what begins an iteration
   * @param add what is run for each slice
   * @param end what ends it
   */
  private record Iteration(
      Graph graph,
      TensorRef x,
      TensorRef value,
      TensorRef good,
      TensorRef gain,
      List<String> start,
      List<String> hold,
      List<String> begin,
      List<String> add,
      List<String> end) {}

  private Iteration iteration(Problem problem) {
    GraphEditor editor = problem.base().edit();
    Scope g = new Scope(editor, "lbfgs");
    Shape all = Shape.of(parameters, functions);
    Shape each = Shape.of(functions);
    // Values of infinity: the first iteration takes no step, since the gradient is zero, finds
    // value and gradient at the start, and is content with them.
    State x = state(g, "x", all, 0);
    State gradient = state(g, "gradient", all, 0);
    State value = state(g, "value", each, Float.POSITIVE_INFINITY);
    State length = state(g, "length", each, 1);
    State steps = state(g, "steps", Shape.of(MEMORY, parameters, functions), 0);
    State changes = state(g, "changes", Shape.of(MEMORY, parameters, functions), 0);
    // of the iteration that is under way
    State trial = state(g, "trial", all, 0);
    State slope = state(g, "slope", each, 0);
    State trialValue = state(g, "sum", each, 0);
    State trialGradient = state(g, "gradients", all, 0);
    List<State> states =
        List.of(
            x, gradient, value, length, steps, changes, trial, slope, trialValue, trialGradient);

    Scope b = g.in("begin");
    TensorRef direction = direction(b, gradient, steps, changes);
    Map<State, TensorRef> begun = new LinkedHashMap<>();
    begun.put(trial, b.add("AddV2", x.value(), b.add("Mul", direction, length.value())));
    begun.put(slope, dot(b, gradient.value(), direction));
    begun.put(trialValue, b.add("ZerosLike", trialValue.value()));
    begun.put(trialGradient, b.add("ZerosLike", trialGradient.value()));
    List<String> begin = assignAll(b, begun);

    List<String> hold = new ArrayList<>();
    List<TensorRef> given = problem.slices() == 1 ? held(g, problem, hold) : problem.given();
    TensorRef part = problem.values(g.in("problem"), given, trial.value());
    GradientGraph differentiated =
        Differentiator.gradients(editor.build(), List.of(part), List.of(), List.of(trial.value()));
    if (!(differentiated.gradients().get(trial.value()) instanceof Gradient.Dense down)) {
      throw new IllegalStateException("the problem does not depend on its parameters");
    }
    GraphEditor extended = differentiated.graph().edit();
    Scope u = new Scope(extended, "lbfgs/update");
    List<String> add = List.of(added(u, trialValue, part), added(u, trialGradient, down.value()));

    TensorRef one = u.scalar(1f);
    TensorRef enough =
        u.add("Mul", u.scalar(SUFFICIENT), u.add("Mul", length.value(), slope.value()));
    // false for a value that is not a number: the step is then halved
    TensorRef good = u.add("LessEqual", trialValue.value(), u.add("AddV2", value.value(), enough));
    TensorRef step = u.add("Sub", trial.value(), x.value());
    TensorRef change = u.add("Sub", trialGradient.value(), gradient.value());
    TensorRef curved = u.add("Greater", dot(u, step, change), u.scalar(0f));
    TensorRef remember = u.add("LogicalAnd", good, curved);
    TensorRef half = u.add("Mul", length.value(), u.scalar(0.5f));
    // along a straight slope no pair says how far to go: twice as far as the last time
    TensorRef straight = u.add("LogicalAnd", good, u.add("LogicalNot", curved));
    TensorRef on = u.add("LogicalAnd", straight, u.add("Less", slope.value(), u.scalar(0f)));
    TensorRef twice = u.add("Maximum", u.add("AddV2", length.value(), length.value()), one);
    Map<State, TensorRef> next = new LinkedHashMap<>();
    next.put(x, u.add("SelectV2", good, trial.value(), x.value()));
    next.put(gradient, u.add("SelectV2", good, trialGradient.value(), gradient.value()));
    next.put(value, u.add("SelectV2", good, trialValue.value(), value.value()));
    next.put(length, u.add("SelectV2", good, u.add("SelectV2", on, twice, one), half));
    next.put(steps, remembered(u, remember, step, steps));
    next.put(changes, remembered(u, remember, change, changes));
    TensorRef taken = u.cast(good, DataType.DT_FLOAT);
    TensorRef gain = u.add("Neg", u.add("Mul", length.value(), slope.value()));
    List<String> end = assignAll(u, next);
    return new Iteration(
        extended.build(),
        x.value(),
        next.getOrDefault(value, trialValue.value()),
        taken,
        gain,
        states.stream().map(State::start).toList(),
        hold,
        begin,
        add,
        end);
  }

  /**
   * What stands for the only slice, which is then fed once and not in every iteration.
   *
   * @param hold gets the nodes that keep what is fed
   */
  private static List<TensorRef> held(Scope g, Problem problem, List<String> hold) {
    List<TensorRef> held = new ArrayList<>();
    for (TensorRef tensor : problem.given()) {
      DataType dtype = problem.base().dtype(tensor);
      Shape shape = ShapeInference.of(problem.base()).shape(tensor);
      TensorRef handle = variable(g, "held", dtype, shape);
      hold.add(g.op("AssignVariableOp").input(handle).input(tensor).node());
      held.add(g.op("ReadVariableOp").attr("dtype", dtype).input(handle).output());
    }
    return held;
  }

  private static TensorRef variable(Scope g, String name, DataType dtype, Shape shape) {
    String unique = g.editor().uniqueName(g.name(name));
    return g.op("VarHandleOp")
        .name(unique)
        .attr("dtype", dtype)
        .attr("shape", shape)
        .attr("shared_name", unique)
        .output();
  }

  private static String added(Scope g, State sum, TensorRef value) {
    return g.op("AssignAddVariableOp").input(sum.handle()).input(value).node();
  }

  private static State state(Scope g, String name, Shape shape, float start) {
    int[] dims = Arrays.stream(shape.dims()).mapToInt(Math::toIntExact).toArray();
    TensorRef handle = variable(g, name, DataType.DT_FLOAT, shape);
    TensorRef value =
        g.op("ReadVariableOp").attr("dtype", DataType.DT_FLOAT).input(handle).output();
    TensorRef filled = g.add("Fill", g.ints(dims), g.scalar(start));
    return new State(handle, value, g.op("AssignVariableOp").input(handle).input(filled).node());
  }

  /** The two-loop recursion; without pairs, or where they are used up, the way down. */
  private TensorRef direction(Scope g, State gradient, State steps, State changes) {
    List<TensorRef> s = g.op("Unpack").input(steps.value()).attr("num", MEMORY).outputs();
    List<TensorRef> y = g.op("Unpack").input(changes.value()).attr("num", MEMORY).outputs();
    List<TensorRef> inverse = new ArrayList<>(); // 1 / (y s), 0 where there is no such pair
    List<TensorRef> shares = new ArrayList<>();
    TensorRef q = gradient.value();
    for (int i = 0; i < MEMORY; i++) {
      inverse.add(g.add("DivNoNan", g.scalar(1f), dot(g, s.get(i), y.get(i))));
      shares.add(g.add("Mul", inverse.get(i), dot(g, s.get(i), q)));
      q = g.add("Sub", q, g.add("Mul", shares.get(i), y.get(i)));
    }
    TensorRef newest = dot(g, s.get(0), y.get(0));
    TensorRef scale = g.add("DivNoNan", newest, dot(g, y.get(0), y.get(0)));
    TensorRef size = g.add("Sum", g.add("Abs", gradient.value()), g.ints(0));
    TensorRef first = g.add("DivNoNan", g.scalar(1f), size);
    TensorRef hasPair = g.add("Greater", newest, g.scalar(0f));
    TensorRef r = g.add("Mul", q, g.add("SelectV2", hasPair, scale, first));
    for (int i = MEMORY - 1; i >= 0; i--) {
      TensorRef share = g.add("Mul", inverse.get(i), dot(g, y.get(i), r));
      r = g.add("AddV2", r, g.add("Mul", s.get(i), g.add("Sub", shares.get(i), share)));
    }
    return g.add("Neg", r);
  }

  /** The inner product of each column. */
  private static TensorRef dot(Scope g, TensorRef a, TensorRef b) {
    return g.add("Sum", g.add("Mul", a, b), g.ints(0));
  }

  /** {@code all} with {@code newest} in front and the oldest gone, where {@code where} holds. */
  private TensorRef remembered(Scope g, TensorRef where, TensorRef newest, State all) {
    TensorRef kept =
        g.add("Slice", all.value(), g.ints(0, 0, 0), g.ints(MEMORY - 1, parameters, functions));
    TensorRef front = g.add("ExpandDims", newest, g.scalar(0));
    TensorRef pushed = g.op("ConcatV2").inputs(List.of(front, kept)).input(g.scalar(0)).output();
    return g.add("SelectV2", where, pushed, all.value());
  }

  /** Sets all states, after everything has been read and computed. */
  private static List<String> assignAll(Scope g, Map<State, TensorRef> next) {
    List<String> computed = next.values().stream().map(TensorRef::node).toList();
    List<String> updates = new ArrayList<>();
    next.forEach(
        (state, value) ->
            updates.add(
                g.op("AssignVariableOp")
                    .input(state.handle())
                    .input(value)
                    .after(computed)
                    .node()));
    return updates;
  }

  private static Result iterate(
      GraphSession session, Problem problem, Iteration iteration, Limits limits) {
    List<TensorRef> feeds =
        problem.slices() == 1 ? List.of() : List.copyOf(problem.slice(0).keySet());
    List<TensorRef> fetches = List.of(iteration.value(), iteration.good(), iteration.gain());
    Course course = new Course();
    int done = 0;
    try (PreparedRun begin = session.prepare(List.of(), List.of(), iteration.begin());
        PreparedRun add = session.prepare(feeds, List.of(), iteration.add());
        PreparedRun end = session.prepare(List.of(), fetches, iteration.end())) {
      while (done < limits.iterations() && !course.isSettled(limits.tolerance())) {
        limits.beforeEach().run();
        begin.run(List.of());
        for (int i = 0; i < problem.slices(); i++) {
          Map<TensorRef, TensorValue> slice = feeds.isEmpty() ? Map.of() : problem.slice(i);
          add.run(feeds.stream().map(slice::get).toList());
        }
        List<TensorValue> found = end.run(List.of());
        course.add(found.get(0).floats(), found.get(1).floats(), found.get(2).floats());
        done++;
      }
    }
    TensorValue x = session.run(Map.of(), List.of(iteration.x()), List.of()).get(0);
    return new Result(x, course.values, course.settled(limits.tolerance()), done);
  }

  /** What the steps brought so far. */
  private static final class Course {
    private final List<List<Float>> taken = new ArrayList<>(); // values by function, then by step
    private float[] values = {};
    private float[] good = {};
    private float[] gains = {};

    /** Adds an iteration: the values after it, which steps were good, and what they promised. */
    void add(float[] values, float[] good, float[] gains) {
      this.values = values;
      this.good = good;
      this.gains = gains;
      for (int k = 0; k < values.length; k++) {
        if (taken.size() == k) {
          taken.add(new ArrayList<>());
        }
        if (good[k] > 0) {
          taken.get(k).add(values[k]);
        }
      }
    }

    boolean isSettled(double tolerance) {
      return values.length > 0 && !Booleans.contains(settled(tolerance), false);
    }

    /** Steps that were refused, as too long, say nothing unless they had promised nothing. */
    boolean[] settled(double tolerance) {
      boolean[] settled = new boolean[values.length];
      for (int k = 0; k < settled.length; k++) {
        double little = tolerance * Math.abs(values[k]);
        List<Float> own = taken.get(k);
        int before = own.size() - 1 - WINDOW;
        settled[k] =
            (before >= 0 && own.get(before) - values[k] <= little)
                || (good[k] == 0 && gains[k] <= little);
      }
      return settled;
    }
  }
}
