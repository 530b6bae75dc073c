package dev.graft.trainer.internal.head;

import com.google.common.primitives.Booleans;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.loss.Losses;
import dev.graft.trainer.loss.Objective;
import dev.graft.trainer.metric.HeadTensors;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.HashMap;
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
   * Parameters of heads trained at once, of which the search keeps some twenty copies, and answers
   * to the examples of a slice, of which it keeps some eight.
   */
  private static final long AT_ONCE = 4_000_000;

  /**
   * The trained heads.
   *
   * @param kernels each [features, outputs], or [axes, outputs]
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

  /**
   * What the heads should do.
   *
   * @param targets of the examples: [N] or [N, outputs]
   * @param objective what is to be small
   * @param outputs of each head
   * @param range in which the logits are wanted
   */
  record Aim(TensorValue targets, Objective objective, int outputs, Range range) {}

  private final TensorFlowRuntime runtime;
  private final FeatureSlices features;
  private final Standardization standard;
  private final Aim aim;
  private final double[] steepness;

  /** Heads on standardised features of examples. */
  HeadSolver(TensorFlowRuntime runtime, FeatureSlices features, Standardization standard, Aim aim) {
    this(runtime, features, standard, aim, new double[0]);
  }

  /** Heads on where the examples lie along the principal axes of their features. */
  HeadSolver(TensorFlowRuntime runtime, PrincipalAxes axes, Aim aim) {
    this(
        runtime,
        axes.places(),
        Standardization.none(axes.steepness().length),
        aim,
        axes.steepness());
  }

  private HeadSolver(
      TensorFlowRuntime runtime,
      FeatureSlices features,
      Standardization standard,
      Aim aim,
      double[] steepness) {
    this.runtime = runtime;
    this.features = features;
    this.standard = standard;
    this.aim = aim;
    this.steepness = steepness;
  }

  /**
   * Trains one head for each of {@code strengths}.
   *
   * @param weights for each head, how much each example counts
   */
  Heads solve(List<double[]> weights, double[] strengths, Runnable beforeEach) {
    int atOnce = Math.min(strengths.length, heads(features.width(), aim.outputs()));
    List<TensorValue> kernels = new ArrayList<>();
    List<TensorValue> biases = new ArrayList<>();
    double[][] losses = new double[features.examples()][strengths.length];
    List<Boolean> settled = new ArrayList<>();
    for (int from = 0; from < strengths.length; from += atOnce) {
      int to = Math.min(strengths.length, from + atOnce);
      Group group = new Group(weights.subList(from, to), strengths, from);
      try {
        settled.addAll(Booleans.asList(group.solve(beforeEach)));
        group.collect(kernels, biases, losses, from);
      } catch (ExhaustedException e) {
        throw noRoom(e);
      }
    }
    return new Heads(kernels, biases, losses, settled);
  }

  /** How many heads are trained at once. */
  static int heads(int width, int outputs) {
    return (int) Math.max(1, AT_ONCE / ((width + 1L) * outputs));
  }

  /** How many examples there are in a slice. */
  static int examples(FeatureSlices features, long answers) {
    return (int) Math.max(1, Math.min(features.rows(), AT_ONCE / answers));
  }

  private ExhaustedException noRoom(ExhaustedException cause) {
    return new ExhaustedException(
        String.format(
            Locale.ROOT,
            "there is not enough memory to compute a head of %,d features and %,d outputs, of"
                + " which some twenty copies are needed (%s); pool the features, or give the head"
                + " a hidden layer, with which it learns step by step.",
            features.width(),
            aim.outputs(),
            cause.getMessage()),
        cause,
        Remedy.POOL_ALL,
        Remedy.HIDDEN_LAYER);
  }

  /** Heads that are trained at once. */
  private final class Group implements Lbfgs.Problem {
    private final int inputs = features.width();
    private final int outputs = aim.outputs();
    private final int heads;
    private final int rows; // of a slice
    private final List<double[]> weights;
    private final GraphEditor editor = Graph.empty().edit();
    private final TensorRef raw;
    private final TensorRef targets;
    private final TensorRef counts;
    private final TensorRef share; // of the penalty, a slice's part of the examples
    private final TensorRef centred;
    private final TensorRef strength;
    private final float[] steps; // [features, heads]: how long those along each are
    private final Graph base;
    private TensorValue solution = TensorValue.scalar(0f);

    Group(List<double[]> weights, double[] strengths, int from) {
      this.weights = weights;
      this.heads = weights.size();
      this.rows = examples(features, (long) outputs * heads);
      this.raw = editor.placeholder("features", DataType.DT_FLOAT, Shape.of(-1, inputs));
      Shape answers = aim.targets().shape().dim(0, Shape.UNKNOWN);
      this.targets = editor.placeholder("targets", aim.targets().dtype().proto(), answers);
      this.counts = editor.placeholder("weights", DataType.DT_FLOAT, Shape.of(-1, heads));
      this.share = editor.placeholder("share", DataType.DT_FLOAT, Shape.scalar());
      float[] penalties = new float[heads];
      for (int k = 0; k < heads; k++) {
        penalties[k] = (float) strengths[from + k];
      }
      Scope g = new Scope(editor, "given");
      this.centred = standard.centred(g, raw);
      this.strength = g.floats(penalties);
      this.steps = new float[steepness.length * heads];
      for (int i = 0; i < steps.length; i++) {
        steps[i] = (float) (1 / Math.sqrt(steepness[i / heads] + penalties[i % heads]));
      }
      this.base = editor.build();
    }

    @Override
    public Graph base() {
      return base;
    }

    @Override
    public List<TensorRef> given() {
      return List.of(centred, targets, counts, share);
    }

    @Override
    public int slices() {
      return (features.examples() + rows - 1) / rows;
    }

    @Override
    public Map<TensorRef, TensorValue> slice(int number) {
      int from = number * rows;
      TensorValue some = features.read(from, rows);
      int count = (int) some.shape().dim(0);
      float[] table = new float[count * heads];
      for (int k = 0; k < heads; k++) {
        for (int i = 0; i < count; i++) {
          table[i * heads + k] = (float) weights.get(k)[from + i];
        }
      }
      return Map.of(
          raw,
          some,
          targets,
          Rows.range(aim.targets(), from, from + count),
          counts,
          TensorValue.of(Shape.of(count, heads), table),
          share,
          TensorValue.scalar((float) count / features.examples()));
    }

    /** Gives which heads the search came to its end for. */
    boolean[] solve(Runnable beforeEach) {
      Shape shape = Shape.of((long) (inputs + 1) * outputs, heads);
      Lbfgs.Limits limits = new Lbfgs.Limits(ITERATIONS, TOLERANCE, beforeEach);
      Lbfgs.Result result = Lbfgs.minimize(runtime, this, shape, limits);
      solution = result.x();
      return result.settled();
    }

    @Override
    public TensorRef values(Scope g, List<TensorRef> given, TensorRef parameters) {
      TensorRef squares = g.add("Sum", g.add("Square", kernel(g, parameters)), g.ints(0));
      TensorRef half = g.add("Mul", strength, g.add("Mul", given.get(3), g.scalar(0.5f)));
      TensorRef each = losses(g, given.get(0), given.get(1), parameters);
      TensorRef loss = g.add("Sum", g.add("Mul", each, given.get(2)), g.ints(0));
      return g.add("AddV2", loss, g.add("Mul", squares, half));
    }

    /** [inputs * outputs, heads]: the first rows of the parameters; the biases come last. */
    private TensorRef kernel(Scope g, TensorRef parameters) {
      TensorRef rows = g.add("Slice", parameters, g.ints(0, 0), g.ints(inputs * outputs, heads));
      TensorRef kernel = g.add("Mul", rows, g.scalar(aim.range().spread()));
      if (steps.length == 0) {
        return kernel;
      }
      TensorRef each = g.add("Reshape", kernel, g.ints(inputs, outputs, heads));
      TensorRef lengths = g.constant(TensorValue.of(Shape.of(inputs, 1, heads), steps));
      return g.add("Reshape", g.add("Mul", each, lengths), g.ints(inputs * outputs, heads));
    }

    /** [outputs, heads]. */
    private TensorRef bias(Scope g, TensorRef parameters) {
      TensorRef rows =
          g.add("Slice", parameters, g.ints(inputs * outputs, 0), g.ints(outputs, heads));
      TensorRef center = g.add("Reshape", g.floats(aim.range().center()), g.ints(outputs, 1));
      return g.add("AddV2", g.add("Mul", rows, g.scalar(aim.range().spread())), center);
    }

    /** [N, heads]. */
    private TensorRef losses(Scope g, TensorRef x, TensorRef y, TensorRef parameters) {
      TensorRef wide = g.add("Reshape", kernel(g, parameters), g.ints(inputs, outputs * heads));
      TensorRef bias = bias(g, parameters);
      TensorRef product = g.add("MatMul", x, standard.scaled(g, wide));
      TensorRef logits = g.add("AddV2", product, g.add("Reshape", bias, g.ints(outputs * heads)));
      TensorRef each =
          g.add("Transpose", g.add("Reshape", logits, g.ints(-1, outputs, heads)), g.ints(0, 2, 1));
      TensorRef flat = g.add("Reshape", each, g.ints(-1, outputs));
      HeadTensors answers = new HeadTensors(g, flat, repeated(g, y), outputs);
      return g.add("Reshape", aim.objective().loss(new Losses(answers)), g.ints(-1, heads));
    }

    /** The targets, each once for every head. */
    private TensorRef repeated(Scope g, TensorRef y) {
      Shape shape = aim.targets().shape();
      int width = (int) shape.dim(0, 1).elements();
      TensorRef one = g.add("Reshape", y, g.ints(-1, 1, width));
      TensorRef all = g.add("Tile", one, g.ints(1, heads, 1));
      return g.add("Reshape", all, shape.rank() == 1 ? g.ints(-1) : g.ints(-1, width));
    }

    /** Takes the heads apart. */
    void collect(List<TensorValue> kernels, List<TensorValue> biases, double[][] losses, int from) {
      GraphEditor last = base.edit();
      Scope g = new Scope(last, "result");
      TensorRef parameters = last.placeholder("parameters", DataType.DT_FLOAT, solution.shape());
      TensorRef each = losses(g, centred, targets, parameters);
      List<TensorRef> parts = new ArrayList<>();
      List<TensorRef> kernel = columns(g, kernel(g, parameters));
      List<TensorRef> bias = columns(g, bias(g, parameters));
      for (int k = 0; k < heads; k++) {
        parts.add(g.add("Reshape", kernel.get(k), g.ints(inputs, outputs)));
        parts.add(bias.get(k));
      }
      try (var session = runtime.session(last.build())) {
        List<TensorValue> values = session.run(Map.of(parameters, solution), parts, List.of());
        for (int k = 0; k < heads; k++) {
          kernels.add(values.get(2 * k));
          biases.add(values.get(2 * k + 1));
        }
        for (int number = 0; number < slices(); number++) {
          Map<TensorRef, TensorValue> feeds = new HashMap<>(slice(number));
          feeds.put(parameters, solution);
          double[] all = session.run(feeds, List.of(each), List.of()).get(0).asDoubles();
          for (int i = 0; i < all.length / heads; i++) {
            System.arraycopy(all, i * heads, losses[number * rows + i], from, heads);
          }
        }
      }
    }

    private List<TensorRef> columns(Scope g, TensorRef matrix) {
      return g.op("Unpack").input(matrix).attr("num", heads).attr("axis", 1).outputs();
    }
  }
}
