package dev.graft.importer;

import static dev.graft.testkit.TensorAssert.assertThat;

import com.google.common.collect.Lists;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each model of the zoo computes, flat, what TensorFlow's own loader makes of the file, to the bit.
 *
 * <p>TensorFlow's optimiser sees the two forms of a model differently: on a CPU with AVX512 it
 * makes {@code x * sigmoid(x)} one kernel, which rounds otherwise, in one form and not in the
 * other. Where the answers differ for that, they have to be the same bits once both run without
 * fused kernels.
 */
@Tag("slow")
class ZooParityTest {

  /** What fused kernels may round otherwise. */
  private static final double FUSED = 1e-6;

  private static TensorFlowRuntime runtime;
  private static TensorFlowRuntime plain;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
    plain = TensorFlowRuntime.open(RuntimeOptions.defaults().fusion(false));
  }

  @AfterAll
  static void close() {
    plain.close();
    runtime.close();
  }

  static List<ZooModel> models() {
    return Zoo.models(
        // TensorFlow's C++ loader refuses it: its asset is listed twice
        model -> !model.toString().equals("tf1/tf1_table_legacy_init"));
  }

  @ParameterizedTest
  @MethodSource("models")
  void flatGraphEqualsTheOriginal(ZooModel zoo) {
    boolean stateful = zoo.facts().name().endsWith("stateful");
    Map<List<String>, List<ZooModel.Case>> byTags =
        zoo.facts().cases().stream()
            .collect(Collectors.groupingBy(c -> c.tags() == null ? zoo.facts().tags() : c.tags()));
    byTags.forEach(
        (tags, cases) -> {
          ImportOptions options = ImportOptions.defaults().tags(tags.toArray(String[]::new));
          Model model = SavedModelImporter.load(zoo.savedModel(), options);
          for (List<ZooModel.Case> together : Lists.partition(cases, stateful ? 1 : 100)) {
            try (ModelSession flat = runtime.open(model);
                SavedModelSession original =
                    runtime.loadSavedModel(zoo.savedModel(), Set.copyOf(tags))) {
              together.forEach(wanted -> compare(zoo, wanted, flat, original));
            }
          }
        });
  }

  private static void compare(
      ZooModel zoo, ZooModel.Case wanted, ModelSession flat, SavedModelSession original) {
    Signature signature = signature(flat.model(), wanted);
    Map<String, TensorValue> inputs = new TreeMap<>();
    zoo.golden()
        .under(wanted.name() + "/input/")
        .forEach(
            (name, value) ->
                inputs.put(name, ZooModel.fitting(value, signature.inputs().get(name).dtype())));
    Map<String, TensorValue> outputs = flat.call(signature, inputs);
    Map<String, TensorValue> expected = zoo.golden().under(wanted.name() + "/output/");
    Assertions.assertThat(outputs).containsOnlyKeys(expected.keySet());
    if (!zoo.facts().deterministic()) {
      return;
    }
    if ("session".equals(wanted.loader())) {
      Map<String, TensorValue> own = original.call(wanted.signature(), inputs);
      if (!own.entrySet().stream()
          .allMatch(e -> identical(outputs.get(e.getKey()), e.getValue()))) {
        own.forEach((name, value) -> assertThat(outputs.get(name)).isCloseTo(value, FUSED, FUSED));
        compareWithoutFusion(zoo, wanted, flat.model(), inputs);
      }
    }
    expected.forEach(
        (name, value) -> {
          if (value.dtype() == DType.STRING) {
            assertThat(outputs.get(name)).isIdenticalTo(value);
          } else {
            double tolerance = tolerance(value.dtype());
            assertThat(outputs.get(name)).isCloseTo(value, tolerance, tolerance);
          }
        });
  }

  private static boolean identical(TensorValue a, TensorValue b) {
    return b.dtype() == DType.STRING
        ? a.strings().equals(b.strings())
        : a.dtype() == b.dtype() && a.bytes().equals(b.bytes());
  }

  private static void compareWithoutFusion(
      ZooModel zoo, ZooModel.Case wanted, Model model, Map<String, TensorValue> inputs) {
    List<String> tags = wanted.tags() == null ? zoo.facts().tags() : wanted.tags();
    try (ModelSession flat = plain.open(model);
        SavedModelSession original = plain.loadSavedModel(zoo.savedModel(), Set.copyOf(tags))) {
      Map<String, TensorValue> outputs = flat.call(signature(model, wanted), inputs);
      original
          .call(wanted.signature(), inputs)
          .forEach((name, value) -> assertThat(outputs.get(name)).isIdenticalTo(value));
    }
  }

  /** How far another CPU than the golden values' may be away: 2 units in the last place or more. */
  private static double tolerance(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> 1e-2;
      case BFLOAT16 -> 0x1p-6; // 8 bits of precision: neighbours are up to 2^-7 apart
      default -> 1e-5;
    };
  }

  private static Signature signature(Model model, ZooModel.Case wanted) {
    if (wanted.signature() != null) {
      Assertions.assertThat(model.signatures()).containsKey(wanted.signature());
      return model.signatures().get(wanted.signature());
    }
    Assertions.assertThat(model.signatures()).isNotEmpty();
    return model.signatures().containsKey(wanted.function())
        ? model.signatures().get(wanted.function())
        : model.servingSignature();
  }
}
