package dev.graft.trainer.internal.head;

import com.google.common.primitives.Booleans;
import com.sun.management.OperatingSystemMXBean;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.loss.Losses;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.metric.HeadTensors;
import dev.graft.words.Remedy;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tensorflow.proto.DataType;

/**
 * Trains linear heads on features, to convergence and many at once: for each column of {@code
 * weights} one head, with its own examples and its own strength of the L2 penalty.
 *
 * <p>Head k makes {@code sum_n weights[n, k] loss(n) + strength[k] / 2 * |kernel|^2} small; the
 * bias is not penalised.
 */
final class HeadSolver {

  static final int ITERATIONS = 300;
  private static final double TOLERANCE = 1e-4;

  /**
   * Parameters, or answers to examples, of heads trained at once: the search keeps some twenty
   * times the ones and some eight times the others in memory.
   */
  private static final long AT_ONCE = 4_000_000;

  private static final int COPIES = 8; // of the answers: as logits, as shares, and of gradients

  /**
   * The trained heads.
   *
   * @param kernels each [features, outputs]
   * @param biases each [outputs]
   * @param losses [N, heads]: the loss of each example under each head, penalty left out
   * @param settled for each whether the search came to its end
   */
  record Heads(
      List<TensorValue> kernels,
      List<TensorValue> biases,
      double[][] losses,
      List<Boolean> settled) {}

  /**
   * Where the answers lie: the search starts there, and goes in steps of that size.
   *
   * @param center of each output
   * @param spread of all
   */
  record Range(float[] center, float spread) {}

  private final TensorFlowRuntime runtime;
  private final TensorValue features;
  private final TensorValue targets;
  private final Objective objective;
  private final int outputs;
  private final Range range;

  /**
   * Heads on these examples.
   *
   * @param features float32 [N, features], standardised
   * @param targets [N] or [N, outputs]
   * @param range in which the logits are wanted
   */
  HeadSolver(
      TensorFlowRuntime runtime,
      TensorValue features,
      TensorValue targets,
      Objective objective,
      int outputs,
      Range range) {
    this.runtime = runtime;
    this.features = features;
    this.targets = targets;
    this.objective = objective;
    this.outputs = outputs;
    this.range = range;
  }

  /**
   * Trains one head for each of {@code strengths}.
   *
   * @param weights for each head, how much each example counts
   */
  Heads solve(List<double[]> weights, double[] strengths, Runnable beforeEach) {
    requireRoom(features.shape().dim(0), outputs, memory());
    int atOnce = Math.min(strengths.length, atOnce(features.shape(), outputs));
    List<TensorValue> kernels = new ArrayList<>();
    List<TensorValue> biases = new ArrayList<>();
    double[][] losses = new double[(int) features.shape().dim(0)][strengths.length];
    List<Boolean> settled = new ArrayList<>();
    for (int from = 0; from < strengths.length; from += atOnce) {
      int to = Math.min(strengths.length, from + atOnce);
      Group group = new Group(weights.subList(from, to), strengths, from);
      try {
        settled.addAll(Booleans.asList(group.solve(beforeEach)));
        group.collect(kernels, biases, losses, from);
      } catch (ExhaustedException e) {
        String why = String.valueOf(e.getMessage());
        throw new ExhaustedException(noRoom(why), e, Remedy.HIDDEN_LAYER);
      }
    }
    return new Heads(kernels, biases, losses, settled);
  }

  /** How many heads over such features are trained at once. */
  static int atOnce(Shape features, int outputs) {
    long parameters = (features.dim(1) + 1) * outputs;
    long answers = features.dim(0) * outputs;
    return (int) Math.max(1, AT_ONCE / Math.max(parameters, answers));
  }

  /** What this machine, or its container, has beside what is Java's. */
  private static long memory() {
    long all =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    return Math.max(all / 2, all - Runtime.getRuntime().maxMemory());
  }

  /**
   * Makes sure that a single head can be trained.
   *
   * @throws BadRequestException if {@code memory} bytes are too few for its answers to all examples
   */
  static void requireRoom(long examples, long outputs, long memory) {
    double bytes = 4.0 * COPIES * examples * outputs;
    if (bytes > memory) {
      throw new ExhaustedException(
          noRoom(
              String.format(
                  Locale.ROOT,
                  "%,d outputs for %,d examples take %.1f GB of %.1f GB",
                  outputs,
                  examples,
                  bytes / 1e9,
                  memory / 1e9)),
          Remedy.HIDDEN_LAYER);
    }
  }

  private static String noRoom(String why) {
    return "a head that is one layer is computed from all examples at once, and there is not enough"
        + " memory for its answers to these ("
        + why
        + "); take fewer examples, or give the head a hidden layer, with which it"
        + " learns step by step.";
  }

  /** Heads that are trained at once. */
  private final class Group implements Lbfgs.Problem {
    private final int n = (int) features.shape().dim(0);
    private final int inputs = (int) features.shape().dim(1);
    private final int heads;
    private final GraphEditor editor = Graph.empty().edit();
    private final Map<TensorRef, TensorValue> feeds = new LinkedHashMap<>();
    private final TensorRef x;
    private final TensorRef y;
    private final TensorRef weight;
    private final TensorRef strength;
    private TensorValue solution = TensorValue.scalar(0f);

    Group(List<double[]> weights, double[] strengths, int from) {
      this.heads = weights.size();
      this.x = feed("features", features);
      this.y = feed("targets", targets);
      float[] table = new float[n * heads];
      float[] penalties = new float[heads];
      for (int k = 0; k < heads; k++) {
        penalties[k] = (float) strengths[from + k];
        for (int i = 0; i < n; i++) {
          table[i * heads + k] = (float) weights.get(k)[i];
        }
      }
      this.weight = feed("weights", TensorValue.of(Shape.of(n, heads), table));
      this.strength = feed("strengths", TensorValue.of(Shape.of(heads), penalties));
    }

    private TensorRef feed(String name, TensorValue value) {
      TensorRef placeholder = editor.placeholder(name, value.dtype().proto(), value.shape());
      feeds.put(placeholder, value);
      return placeholder;
    }

    /** Gives which heads the search came to its end for. */
    boolean[] solve(Runnable beforeEach) {
      Shape shape = Shape.of((long) (inputs + 1) * outputs, heads);
      Lbfgs.Result result =
          Lbfgs.minimize(
              runtime, editor.build(), feeds, this, shape, ITERATIONS, TOLERANCE, beforeEach);
      solution = result.x();
      return result.settled();
    }

    @Override
    public TensorRef values(Scope g, TensorRef parameters) {
      TensorRef kernel = kernel(g, parameters);
      TensorRef penalty =
          g.add(
              "Mul",
              g.add("Sum", g.add("Square", kernel), g.ints(0)),
              g.add("Mul", strength, g.scalar(0.5f)));
      TensorRef loss = g.add("Sum", g.add("Mul", losses(g, parameters), weight), g.ints(0));
      return g.add("AddV2", loss, penalty);
    }

    /** [inputs * outputs, heads]: the first rows of the parameters; the biases come last. */
    private TensorRef kernel(Scope g, TensorRef parameters) {
      TensorRef rows = g.add("Slice", parameters, g.ints(0, 0), g.ints(inputs * outputs, heads));
      return g.add("Mul", rows, g.scalar(range.spread()));
    }

    /** [outputs, heads]. */
    private TensorRef bias(Scope g, TensorRef parameters) {
      TensorRef rows =
          g.add("Slice", parameters, g.ints(inputs * outputs, 0), g.ints(outputs, heads));
      TensorRef center = g.add("Reshape", g.floats(range.center()), g.ints(outputs, 1));
      return g.add("AddV2", g.add("Mul", rows, g.scalar(range.spread())), center);
    }

    /** [N, heads]. */
    private TensorRef losses(Scope g, TensorRef parameters) {
      TensorRef wide = g.add("Reshape", kernel(g, parameters), g.ints(inputs, outputs * heads));
      TensorRef bias = bias(g, parameters);
      TensorRef product = g.add("MatMul", x, wide);
      TensorRef logits = g.add("AddV2", product, g.add("Reshape", bias, g.ints(outputs * heads)));
      TensorRef each =
          g.add("Transpose", g.add("Reshape", logits, g.ints(n, outputs, heads)), g.ints(0, 2, 1));
      TensorRef flat = g.add("Reshape", each, g.ints(n * heads, outputs));
      return g.add(
          "Reshape",
          objective.loss(new Losses(new HeadTensors(g, flat, repeated(g), outputs))),
          g.ints(n, heads));
    }

    /** The targets, each once for every head. */
    private TensorRef repeated(Scope g) {
      int width = (int) targets.shape().withDim(0, 1).elements();
      TensorRef one = g.add("Reshape", y, g.ints(n, 1, width));
      TensorRef all = g.add("BroadcastTo", one, g.ints(n, heads, width));
      return targets.shape().rank() == 1
          ? g.add("Reshape", all, g.ints(n * heads))
          : g.add("Reshape", all, g.ints(n * heads, width));
    }

    /** Takes the heads apart. */
    void collect(List<TensorValue> kernels, List<TensorValue> biases, double[][] losses, int from) {
      GraphEditor last = editor.build().edit();
      Scope g = new Scope(last, "result");
      TensorRef parameters = last.placeholder("parameters", DataType.DT_FLOAT, solution.shape());
      List<TensorRef> fetches = new ArrayList<>();
      fetches.add(losses(g, parameters));
      List<TensorRef> kernel = columns(g, kernel(g, parameters));
      List<TensorRef> bias = columns(g, bias(g, parameters));
      for (int k = 0; k < heads; k++) {
        fetches.add(g.add("Reshape", kernel.get(k), g.ints(inputs, outputs)));
        fetches.add(bias.get(k));
      }
      feeds.put(parameters, solution);
      feeds.remove(weight);
      feeds.remove(strength);
      List<TensorValue> values;
      try (var session = runtime.session(last.build())) {
        values = session.run(feeds, fetches, List.of());
      }
      for (int k = 0; k < heads; k++) {
        kernels.add(values.get(1 + 2 * k));
        biases.add(values.get(2 + 2 * k));
      }
      double[] all = values.get(0).asDoubles();
      for (int i = 0; i < n; i++) {
        System.arraycopy(all, i * heads, losses[i], from, heads);
      }
    }

    private List<TensorRef> columns(Scope g, TensorRef matrix) {
      return g.op("Unpack").input(matrix).attr("num", heads).attr("axis", 1).outputs();
    }
  }
}
