package dev.graft.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Iterables;
import dev.graft.autodiff.Differentiator;
import dev.graft.autodiff.gradient.Gradient;
import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Golden;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Full-size Keras Applications with random weights, made one at a time by Keras itself and deleted
 * afterwards: imported to the bit, the layers that Keras lists, the head, every element of every
 * gradient, and the whole road of {@code graft check}. {@code .ci/applications} says which.
 */
@Tag("applications")
@EnabledIfSystemProperty(named = "graft.applications", matches = ".+")
class ApplicationsTest {

  private static final Path WORK = Path.of(System.getProperty("graft.applications.work", ""));

  /** Holds {@code keras2/bin/python} and {@code keras3/bin/python}. */
  private static final Path VENVS = Path.of(System.getProperty("graft.applications.venvs", ""));

  private static final List<String> COLUMNS =
      List.of(
          "model",
          "parameters",
          "ops",
          "import",
          "to Python",
          "Python off",
          "layers",
          "head",
          "gradients",
          "elements",
          "largest",
          "off by",
          "of tolerance",
          "float32 off",
          "Keras off",
          "graft check",
          "export",
          "outcome");

  private static TensorFlowRuntime runtime;

  /** Where two forms of a network do the same arithmetic. */
  private static TensorFlowRuntime unfused;

  /** What is reported of a model, by column. */
  private final Map<String, String> row = new LinkedHashMap<>();

  @BeforeAll
  static void open() throws IOException {
    RuntimeOptions cpu = RuntimeOptions.defaults().device(RuntimeOptions.Device.CPU);
    runtime = TensorFlowRuntime.open(cpu);
    unfused = TensorFlowRuntime.open(cpu.fusion(false));
    Files.writeString(
        WORK.resolve("table.md"), line(COLUMNS) + line(Collections.nCopies(COLUMNS.size(), "---")));
  }

  @AfterAll
  static void close() {
    unfused.close();
    runtime.close();
  }

  /** {@code keras2/MobileNetV2} and so on. */
  static List<String> names() {
    return List.of(System.getProperty("graft.applications", "").split(","));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("names")
  void goesTheWholeRoad(String name) throws IOException, InterruptedException {
    row.put("model", name);
    Path folder = WORK.resolve("models").resolve(name);
    try {
      make(name);
      ZooModel zoo = ZooModel.read(folder);
      Model model = SavedModelImporter.load(zoo.savedModel());
      row.put("parameters", String.format(Locale.ROOT, "%,d", parameters(model)));
      row.put("ops", String.format(Locale.ROOT, "%,d", model.graph().size()));
      importsToTheBit(zoo, model);
      hasTheLayers(zoo, model);
      hasTheHead(zoo, model);
      hasTheGradients(zoo, model, folder);
      holds(zoo, model);
      row.put("outcome", "held");
    } catch (AssertionError | RuntimeException e) {
      String why = String.valueOf(e.getMessage()).strip().replaceAll("[\\s|]+", " ");
      row.put("outcome", "FAILED: " + why.substring(0, Math.min(why.length(), 300)));
      throw e;
    } finally {
      note();
      if (Files.exists(folder)) {
        CheckProcess.delete(folder);
      }
    }
  }

  private static void make(String name) throws IOException, InterruptedException {
    String keras = name.substring(0, name.indexOf('/'));
    Path log = WORK.resolve("make.log");
    Process python =
        new ProcessBuilder(
                VENVS.resolve(keras).resolve("bin/python").toString(),
                Checkout.path("tools/zoo/applications.py").toString(),
                WORK.resolve("models").toString(),
                "--keras",
                keras.substring("keras".length()),
                "--only",
                name.substring(name.indexOf('/') + 1),
                "--size",
                System.getProperty("graft.applications.size", "0"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(python.waitFor()).as(() -> read(log)).isZero();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static long parameters(Model model) {
    return model.variables().stream().mapToLong(v -> v.shape().elements()).sum();
  }

  /** The flat graph and TensorFlow's own loader; and what Python computed with the file. */
  private void importsToTheBit(ZooModel zoo, Model model) {
    Golden golden = zoo.golden();
    Map<String, TensorValue> inputs = golden.under("a/input/");
    Map<String, TensorValue> flat;
    try (ModelSession session = unfused.open(model)) {
      flat = session.call(model.servingSignature(), inputs);
    }
    try (SavedModelSession original =
        unfused.loadSavedModel(zoo.savedModel(), Set.copyOf(zoo.facts().tags()))) {
      double difference =
          Answers.largestDifference(original.call(Signature.SERVING_DEFAULT, inputs), flat);
      row.put("import", Double.toString(difference));
      assertThat(difference).as("to TensorFlow's own loader").isZero();
    }
    Map<String, TensorValue> answers = golden.under("a/output/");
    double python = Answers.largestDifference(answers, flat);
    double rounding = Answers.largestDifference(answers, golden.under("a/exact/"));
    row.put("to Python", String.format(Locale.ROOT, "%.1e", python));
    row.put("Python off", String.format(Locale.ROOT, "%.1e", rounding));
    assertThat(python)
        .as("to Python's loader, in one thread")
        .isLessThan(Math.max(1e-5, 3 * rounding));
  }

  /** Keras 2: every layer of {@code model.summary()}; Keras 3: those that have weights. */
  private void hasTheLayers(ZooModel zoo, Model model) {
    boolean listed = zoo.vintage().equals("keras2");
    List<String> expected =
        zoo.facts().modelSummary().layers().stream()
            .filter(layer -> listed || layer.params() > 0)
            .map(
                layer ->
                    layer.name()
                        + (listed ? " (" + layer.type() + ") " : " ")
                        + layer.params()
                        + ", "
                        + layer.trainableParams())
            .toList();
    List<String> found = new ArrayList<>();
    for (Layer layer : model.layers()) {
      long all = parameters(model, layer, false);
      if (listed || all > 0) {
        found.add(
            layer.name()
                + (listed ? " (" + layer.className() + ") " : " ")
                + all
                + ", "
                + parameters(model, layer, true));
      }
    }
    row.put("layers", found.size() + " of " + expected.size());
    if (listed) {
      assertThat(found).isEqualTo(expected);
    } else {
      assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  private static long parameters(Model model, Layer layer, boolean trainableOnly) {
    Set<String> names = new LinkedHashSet<>();
    layer.walk().forEach(inner -> names.addAll(inner.variables()));
    return names.stream()
        .map(name -> model.variable(name).orElseThrow())
        .filter(variable -> !variable.name().endsWith("seed_generator_state"))
        .filter(variable -> variable.trainable() || !trainableOnly)
        .mapToLong(variable -> variable.shape().elements())
        .sum();
  }

  private void hasTheHead(ZooModel zoo, Model model) {
    ZooModel.Head expected = zoo.facts().head();
    assertThat(expected).isNotNull();
    FoundHead found = HeadFinder.only(model);
    row.put("head", expected.layer() + ", " + found.units());
    assertThat(found.kernel()).isEqualTo(expected.layer() + "/kernel");
    assertThat(found.units()).isEqualTo(expected.units());
    assertThat(found.operation()).isEqualTo(expected.kind().equals("dense") ? "MatMul" : "Conv2D");
  }

  /**
   * In float64 each element within 1e-5 + 1e-4 of its own size. In float32 a rounding that tips one
   * ReLU moves a million elements by more than that, in Keras itself too (between one thread and
   * two, or eager and compiled), so there the gradients as a whole are held against those in
   * float64, beside Keras' own.
   */
  private void hasTheGradients(ZooModel zoo, Model model, Path folder) throws IOException {
    List<Variable> trainable = trainable(zoo, model);
    Model twin = SavedModelImporter.load(folder.resolve("model64"));
    List<Variable> doubles =
        trainable.stream().map(v -> twin.variable(v.name()).orElseThrow()).toList();
    try (FileChannel exact = open(folder.resolve("gradients64.bin"));
        FileChannel keras = open(folder.resolve("gradients32.bin"))) {
      GradientSpread spread = new GradientSpread(exact, keras);
      spread.add(doubles, gradients(zoo, twin, doubles));
      row.put(
          "gradients",
          trainable.size() - zoo.facts().gradientNone().size() + " of " + trainable.size());
      row.put("elements", String.format(Locale.ROOT, "%,d", spread.elements()));
      row.put("largest", String.format(Locale.ROOT, "%.1e", spread.largest()));
      row.put("off by", String.format(Locale.ROOT, "%.1e", spread.absolute()));
      row.put("of tolerance", String.format(Locale.ROOT, "%.1e", spread.worst()));
      assertThat(spread.beyond()).as("%s", spread).isZero();
      GradientSpread single = new GradientSpread(exact, keras);
      single.add(trainable, gradients(zoo, model, trainable));
      row.put("float32 off", String.format(Locale.ROOT, "%.1e", single.error()));
      row.put(
          "Keras off",
          String.format(Locale.ROOT, "%.1e", single.errorOfKeras())
              + (single.broken() == 0 ? "" : String.format(", %,d no numbers", single.broken())));
      assertThat(single.error()).isLessThan(Math.max(10 * single.errorOfKeras(), 0.02));
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /** The gradients by {@code variables}; null where there is none. */
  private List<@Nullable TensorValue> gradients(
      ZooModel zoo, Model model, List<Variable> variables) {
    Golden golden = zoo.golden();
    Signature signature = model.servingSignature();
    TensorSpec input = Iterables.getOnlyElement(signature.inputs().values());
    TensorRef output = Iterables.getOnlyElement(signature.outputs().values()).tensor();
    TensorValue weight = Iterables.getOnlyElement(golden.under("a/weight/").values());
    GraphEditor editor = model.graph().edit();
    Scope g = new Scope(editor, "test");
    TensorRef weights = g.cast(g.constant(weight), editor.dtype(output));
    GradientGraph found =
        Differentiator.gradients(
            editor.build(),
            List.of(output),
            List.of(weights),
            variables.stream().map(Variable::handle).toList());
    List<TensorRef> fetches = new ArrayList<>();
    List<String> without = new ArrayList<>();
    for (int i = 0; i < variables.size(); i++) {
      Gradient gradient = found.gradients().get(variables.get(i).handle());
      if (gradient == null) {
        without.add(zoo.facts().trainable().get(i));
      } else {
        fetches.add(((Gradient.Dense) gradient).value());
      }
    }
    assertThat(without).containsExactlyInAnyOrderElementsOf(zoo.facts().gradientNone());
    TensorValue pictures = Iterables.getOnlyElement(golden.under("a/input/").values());
    if (input.dtype() == DType.FLOAT64) {
      pictures = TensorValue.of(pictures.shape(), pictures.asDoubles());
    }
    List<TensorValue> values;
    try (ModelSession session = runtime.open(model.toBuilder().graph(found.graph()).build())) {
      values = session.graph().run(Map.of(input.tensor(), pictures), fetches, List.of());
    }
    Iterator<TensorValue> next = values.iterator();
    List<@Nullable TensorValue> gradients = new ArrayList<>();
    for (String key : zoo.facts().trainable()) {
      gradients.add(without.contains(key) ? null : next.next());
    }
    return gradients;
  }

  /** In the order in which Python wrote their gradients. */
  private static List<Variable> trainable(ZooModel zoo, Model model) {
    Map<String, Variable> byKey = zoo.byKey(model);
    assertThat(byKey).containsKeys(zoo.facts().trainable().toArray(String[]::new));
    return zoo.facts().trainable().stream().map(byKey::get).toList();
  }

  private void holds(ZooModel zoo, Model model) {
    long began = System.nanoTime();
    CheckReport report = ModelCheck.of(zoo.savedModel());
    row.put(
        "graft check",
        (report.held() ? "held" : "failed")
            + String.format(Locale.ROOT, ", %.0f s", (System.nanoTime() - began) / 1e9));
    row.put("export", String.format(Locale.ROOT, "%.1e", report.exportMaxDiff()));
    assertThat(report.error()).as("%s", report.story()).isNull();
    assertThat(report.parityMaxDiff()).as("parity in graft check").isZero();
    assertThat(report.trainable())
        .isEqualTo(zoo.facts().trainable().size() - zoo.facts().gradientNone().size());
    assertThat(report.blocked()).isEmpty();
    assertThat(report.head()).isNotNull();
    assertThat(report.trained()).isTrue();
    assertThat(report.exported()).isTrue();
    // of pictures from their bytes on, whose decoding TensorFlow schedules into the same graph
    assertThat(report.exportMaxDiff()).as("export").isLessThan(1e-5);
  }

  private void note() throws IOException {
    Files.writeString(
        WORK.resolve("table.md"),
        line(COLUMNS.stream().map(column -> row.getOrDefault(column, "")).toList()),
        StandardOpenOption.APPEND);
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }
}
