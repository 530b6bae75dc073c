package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.TensorAssert;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each model of the zoo, exported and imported again, is the same model. */
@Tag("slow")
class ZooExportTest {

  private static final Set<String> TYPICAL =
      Set.of("lstm", "masked", "cnn_bn", "string_lookup_classifier", "transformer_encoder");

  /** Whose family has others in it that are not: it decodes pictures itself, PNG alone. */
  private static final String DECODING = "tfsave/image_bytes";

  private static TensorFlowRuntime runtime;

  @TempDir Path folder;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** Those that differ in what an export has to do; with {@code -Dgraft.zoo=all} every one. */
  static List<ZooModel> models() {
    boolean all = "all".equals(System.getProperty("graft.zoo"));
    return Zoo.models(
        model ->
            model.facts().deterministic()
                && (all
                    || model.vintage().equals("tf1")
                    || model.toString().equals(DECODING)
                    || TYPICAL.contains(model.family())));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void survivesExportAndImport(ZooModel zoo) {
    ImportOptions options =
        ImportOptions.defaults().tags(zoo.facts().tags().toArray(String[]::new));
    Model model = SavedModelImporter.load(zoo.savedModel(), options);
    Path base = folder.resolve(zoo.toString().replace('/', '.'));
    if (model.signatures().size() > 1
        && !model.signatures().containsKey(Signature.SERVING_DEFAULT)) {
      assertThatThrownBy(() -> Exporter.publish(runtime, model, base))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("serving_default");
      assertThat(base).doesNotExist();
      return;
    }
    Signature serving = model.servingSignature();
    Map<String, TensorValue> inputs = zoo.inputs(serving);
    Proof[] proofs = inputs.isEmpty() ? new Proof[0] : new Proof[] {Proof.examples(inputs)};
    Version version = Exporter.publish(runtime, model, base, proofs);
    assertThat(version.number()).isEqualTo(1);
    assertThat(version.report().largestDifference()).isLessThan(1e-6);
    if (inputs.isEmpty()) {
      return;
    }
    Model again = SavedModelImporter.load(version.path(), ImportOptions.defaults());
    assertThat(again.variables()).hasSameSizeAs(model.variables());
    try (ModelSession first = runtime.open(model);
        ModelSession second = runtime.open(again)) {
      Map<String, TensorValue> expected = first.call(serving, inputs);
      Map<String, TensorValue> actual = second.call(again.servingSignature(), inputs);
      assertThat(actual).containsOnlyKeys(expected.keySet());
      expected.forEach(
          (name, value) -> TensorAssert.assertThat(actual.get(name)).isIdenticalTo(value));
    }
  }

  /** The inputs of the first case that calls the serving signature, if there is one. */
}
