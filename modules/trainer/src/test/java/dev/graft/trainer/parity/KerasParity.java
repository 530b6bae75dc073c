package dev.graft.trainer.parity;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.LoopState;
import dev.graft.trainer.fit.Loops;
import dev.graft.trainer.internal.features.CachedFeatures;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds Graft's training against Keras 2.15's: step by step from Keras' own weights and slots, and
 * both left to themselves, in float64 and float32. {@code tools/parity/run} calls it.
 *
 * <p>Arguments: the Python that has Keras, its script, a folder for what they exchange, and
 * trainings such as {@code lstm/adam:full:training}.
 */
final class KerasParity {

  private static final int STEPS = 50;
  private static final int STEPS_IN_FLOAT64 = 30;

  /** Batches of the deep networks, which at the small ones' rates lose what they know at once. */
  private static final ImmutableMap<String, Integer> BATCHES =
      ImmutableMap.of("mobilenet_v2", 8, "resnet50", 4);

  private static final double RATE_OF_DEEP = 0.01;

  private final List<String> python;
  private final String architecture;
  private final Path folder;
  private final List<String> cases;
  private final TensorFlowRuntime runtime;
  private final Map<String, ParityTask.Saved> saved = new HashMap<>();
  private final Map<String, ParityFigures> figures = new LinkedHashMap<>();
  private final Map<String, Free> float64 = new LinkedHashMap<>();
  private final Map<String, Free> twoThreads = new LinkedHashMap<>();
  private final Map<String, Free> oneThread = new LinkedHashMap<>();
  private final Map<String, Free> otherKernels = new LinkedHashMap<>(); // of doubtful cases
  private final Map<String, List<String>> training = new LinkedHashMap<>();

  /** What a training that was left to itself gave. */
  private record Free(double[] losses, double right) {}

  private KerasParity(
      TensorFlowRuntime runtime,
      List<String> python,
      String architecture,
      Path folder,
      List<String> cases) {
    this.runtime = runtime;
    this.python = python;
    this.architecture = architecture;
    this.folder = folder;
    this.cases = cases;
    cases.forEach(each -> figures.put(each, new ParityFigures()));
  }

  public static void main(String[] arguments) throws Exception {
    List<String> python = List.of(arguments[0], arguments[1]);
    Path exchange = Path.of(arguments[2]);
    ImmutableListMultimap.Builder<String, String> wanted = ImmutableListMultimap.builder();
    for (String each : List.of(arguments).subList(3, arguments.length)) {
      List<String> parts = Splitter.on('/').splitToList(each);
      wanted.put(parts.get(0), parts.get(1));
    }
    ImmutableListMultimap<String, String> trainings = wanted.build();
    ParityFigures all = new ParityFigures();
    List<String> failures = new ArrayList<>();
    RuntimeOptions options = RuntimeOptions.defaults().threads(2, 0);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
      for (String architecture : trainings.keySet()) {
        Path folder = exchange.resolve(architecture);
        List<String> cases = trainings.get(architecture);
        KerasParity parity = new KerasParity(runtime, python, architecture, folder, cases);
        parity.run();
        ParityFigures ofArchitecture = new ParityFigures();
        parity.figures.forEach(
            (name, figures) -> {
              ofArchitecture.add(figures);
              String training = architecture + "/" + name;
              figures.failures().forEach(failure -> failures.add(training + ": " + failure));
              System.out.println(training + ": " + figures);
            });
        all.add(ofArchitecture);
        System.out.println(
            architecture + ", " + cases.size() + " trainings, at worst: " + ofArchitecture);
      }
    }
    failures.forEach(failure -> System.out.println("FAILED " + failure));
    System.out.println(
        trainings.size()
            + " trainings of "
            + trainings.keySet().size()
            + " architectures beside Keras 2.15, "
            + (failures.isEmpty() ? "all within the bars" : failures.size() + " figures beyond")
            + ", at worst: "
            + all);
    System.exit(failures.isEmpty() ? 0 : 1);
  }

  private void run() throws IOException, InterruptedException {
    Files.createDirectories(folder);
    List<String> save = new ArrayList<>(python);
    save.addAll(List.of("save", architecture, folder.toString()));
    File log = folder.resolve("keras.log").toFile();
    Process saving = new ProcessBuilder(save).redirectErrorStream(true).redirectOutput(log).start();
    if (saving.waitFor() != 0) {
      throw new IllegalStateException("Keras could not save " + architecture + ", see " + log);
    }
    for (String name : cases) {
      task(name, "float32").writePlan(folder.resolve(name.replace(':', '-') + ".plan"));
    }
    keras("float32", "2", twoThreads);
    keras("float32", "1", oneThread);
    Map<String, Free> graft = new LinkedHashMap<>();
    for (String name : cases) {
      graft.put(name, free(name, "float32"));
    }
    // the number of threads may happen to change little: what rounding does is seen in other
    // kernels
    List<String> doubtful = cases.stream().filter(c -> !float32(c, graft.get(c)).holds()).toList();
    keras("float32", "2-eigen", doubtful, false, otherKernels);
    graft.forEach(this::checkFloat32);
    for (String name : cases) {
      task(name, "float64").writePlan(folder.resolve(name.replace(':', '-') + ".plan"));
    }
    keras("float64", "2", float64);
    for (String name : cases) {
      checkFloat64(name, free(name, "float64"));
    }
  }

  private ParityTask task(String name, String dtype) {
    List<String> parts = Splitter.on(':').splitToList(name);
    return ParityTask.of(
        saved.computeIfAbsent(dtype, d -> ParityTask.Saved.read(folder, d)),
        parts.get(0),
        parts.get(2),
        dtype.equals("float32") ? STEPS : STEPS_IN_FLOAT64,
        BATCHES.getOrDefault(architecture, 16),
        isDeep() ? RATE_OF_DEEP : 1);
  }

  private boolean isDeep() {
    return BATCHES.containsKey(architecture);
  }

  /**
   * Deep networks that normalise by the batch turn rounding into noise: Keras itself is not within
   * 1e-4 of itself then. Their steps are compared in float64.
   */
  private boolean isStepped(String name, String dtype) {
    boolean noisy = name.endsWith(":training") && isDeep();
    return dtype.equals(noisy ? "float64" : "float32");
  }

  /** Keras' trainings, and the steps of Graft beside them. */
  private void keras(String dtype, String threads, Map<String, Free> found) {
    List<String> stepped =
        cases.stream().filter(c -> threads.equals("2") && isStepped(c, dtype)).toList();
    keras(dtype, threads, stepped, true, found);
    keras(dtype, threads, cases.stream().filter(c -> !stepped.contains(c)).toList(), false, found);
  }

  private void keras(
      String dtype, String threads, List<String> names, boolean steps, Map<String, Free> found) {
    if (names.isEmpty()) {
      return;
    }
    List<String> command = new ArrayList<>(python);
    command.addAll(List.of("train", architecture, folder.toString(), dtype));
    command.addAll(List.of(threads, steps ? "1" : "0"));
    command.addAll(names);
    try (KerasTrajectory keras = KerasTrajectory.start(command, folder.resolve("keras.log"))) {
      for (String name : names) {
        ParityTask task = task(name, dtype);
        training.put(name, keras.lines("training"));
        double[] losses = new double[task.steps()];
        if (steps) {
          try (ParityStep step = new ParityStep(runtime, task, task.training(training.get(name)))) {
            for (int i = 0; i < losses.length; i++) {
              Map<String, TensorValue> values = keras.toEnd();
              losses[i] = values.get("loss").asDoubles()[0];
              step.check(i, values, figures.get(name));
            }
          }
        } else {
          for (int i = 0; i < losses.length; i++) {
            losses[i] = keras.toEnd().get("loss").asDoubles()[0];
          }
        }
        found.put(name, new Free(losses, right(task, keras.toEnd().get("answer/kind"))));
        System.out.println(
            architecture + "/" + name + " in " + dtype + ": Keras is done, threads: " + threads);
      }
    }
  }

  /** How many of the examples held back are answered right. */
  private static double right(ParityTask task, TensorValue answers) {
    int[] wanted = task.heldBack().answers().get("kind").values().ints();
    double[] given = answers.asDoubles();
    int labels = given.length / wanted.length;
    int right = 0;
    for (int i = 0; i < wanted.length; i++) {
      int best = 0;
      for (int j = 1; j < labels; j++) {
        best = given[i * labels + j] > given[i * labels + best] ? j : best;
      }
      right += best == wanted[i] ? 1 : 0;
    }
    return right;
  }

  /** Graft's training, by its own loop. */
  private Free free(String name, String dtype) {
    ParityTask task = task(name, dtype);
    List<Variable> variables = task.training(training.get(name));
    double[] losses = new double[task.steps()];
    TrainingListener listener =
        TrainingListener.to(
            Step.class, step -> losses[Math.toIntExact(step.number()) - 1] = step.loss());
    Checkpoints atTheEnd =
        Checkpoints.in(folder.resolve("none")).every(Duration.ofDays(1)).everySteps(task.steps());
    LoopState last =
        Loops.run(
            runtime,
            Task.of(task.model(), task.train(), task.objectives()),
            task.stage(variables),
            new CachedFeatures.Part(task.train(), task.heldBack()),
            TrainOptions.by(Recipe.headOnly()).listener(listener).checkpoints(atTheEnd));
    Model trained = task.model().withValues(last.values());
    try (ModelSession session = runtime.open(trained)) {
      Map<String, TensorValue> answers =
          session.call(trained.servingSignature(), task.heldBack().all().named());
      return new Free(losses, right(task, answers.get("kind")));
    }
  }

  private void checkFloat64(String name, Free graft) {
    double[] keras = float64.get(name).losses();
    for (int i = 0; i < keras.length; i++) {
      double off = Math.abs(graft.losses()[i] - keras[i]);
      figures.get(name).note("float64 loss", off, 1e-6, "step " + (i + 1));
    }
  }

  /**
   * How far Graft's loss is from Keras' at most, relative to it, and how far Keras' is from itself
   * with another number of threads, or other kernels.
   */
  private record Spread(double off, double ofKeras) {
    double bar() {
      return Math.max(3 * ofKeras, 1e-6);
    }

    boolean holds() {
      return off <= bar();
    }
  }

  private Spread float32(String name, Free graft) {
    double[] two = twoThreads.get(name).losses();
    List<double[]> others = new ArrayList<>(List.of(oneThread.get(name).losses()));
    Optional.ofNullable(otherKernels.get(name)).ifPresent(other -> others.add(other.losses()));
    double ofKeras = 0;
    double most = 0;
    for (int i = 0; i < two.length; i++) {
      double off = relative(graft.losses()[i], two[i]);
      for (double[] other : others) {
        ofKeras = Math.max(ofKeras, relative(other[i], two[i]));
        off = Math.min(off, relative(graft.losses()[i], other[i]));
      }
      most = Math.max(most, off);
    }
    return new Spread(most, ofKeras);
  }

  private void checkFloat32(String name, Free graft) {
    Spread spread = float32(name, graft);
    ParityFigures of = figures.get(name);
    of.note("Keras' spread", spread.ofKeras(), Double.MAX_VALUE, "");
    of.note("float32 loss", spread.off(), spread.bar(), "Keras' spread is " + spread.ofKeras());
    double right = twoThreads.get(name).right();
    double ofKeras = Math.abs(right - oneThread.get(name).right());
    double more = Math.abs(graft.right() - right);
    of.note("examples more or fewer right", more, Math.max(1, 3 * ofKeras), "Keras' " + ofKeras);
  }

  private static double relative(double a, double b) {
    return Math.abs(a - b) / Math.abs(b);
  }
}
