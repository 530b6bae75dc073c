package dev.graft.importer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The layer tree says what {@code model.summary()} said before the model was saved. */
class LayerTreeTest {

  /** Keras counts a weight of unknown shape as one parameter. */
  private static final Set<String> COUNTED_OTHERWISE = Set.of("text_vectorization_adapted");

  /** Layers whose nodes have no scope of their own, or whose states Keras does not count. */
  private static final Set<String> HIDDEN =
      Set.of("embedding_tied", "gru_stateful", "spectral_norm", "subclass_if_training");

  static List<ZooModel> listed() {
    return Zoo.models(
        model ->
            model.facts().modelSummary() != null
                && model.vintage().equals("keras2")
                && !COUNTED_OTHERWISE.contains(model.facts().name()));
  }

  static List<ZooModel> others() {
    return Zoo.models(
        model ->
            model.facts().modelSummary() != null
                && !model.vintage().equals("keras2")
                && !HIDDEN.contains(model.facts().name()));
  }

  /** Keras 2 lists its layers: the same names, classes and counts in the same order. */
  @ParameterizedTest
  @MethodSource("listed")
  void equalsTheSummary(ZooModel zoo) {
    Model model = SavedModelImporter.load(zoo.savedModel(), ImportOptions.defaults());
    List<String> expected =
        zoo.facts().modelSummary().layers().stream()
            .map(l -> l.name() + " (" + l.type() + ") " + counts(l.params(), l.trainableParams()))
            .toList();
    List<String> found =
        model.layers().stream()
            .map(
                l ->
                    l.name()
                        + " ("
                        + l.className()
                        + ") "
                        + counts(params(model, l, false), params(model, l, true)))
            .toList();
    assertThat(found).isEqualTo(expected);
  }

  /** As {@code register_keras_serializable} leaves them, {@code Custom>Dense}. */
  /** Nothing in the graph tells so: it hands on what it gets. */
  @Test
  void theFirstLayerOfAChainReadsWhatTheChainReads() {
    Model model = SavedModelImporter.load(Zoo.model("keras2/nested_noise").savedModel());
    Layer chain = model.layers().get(1);
    assertThat(chain.inputs()).hasSize(1);
    assertThat(chain.children().get(0).className()).isEqualTo("GaussianNoise");
    assertThat(chain.children().get(0).inputs()).isEqualTo(chain.inputs());
  }

  @Test
  void aRegisteredClassIsCalledByItsName(@TempDir Path folder) throws IOException {
    Path original = Zoo.model("keras2/dense_mlp").savedModel();
    Checkout.copy(original, folder);
    Path metadata = folder.resolve("keras_metadata.pb");
    String plain = Files.readString(metadata, ISO_8859_1);
    String text = "\"class_name\": \"Dense\", \"config\": {\"name\"";
    String registered = "\"class_name\":\"A>Dense\",\"config\": {\"name\""; // as many bytes
    assertThat(plain).contains(text);
    Files.writeString(metadata, plain.replace(text, registered), ISO_8859_1);
    assertThat(SavedModelImporter.load(folder, ImportOptions.defaults()).layers())
        .extracting(Layer::className)
        .contains("Dense")
        .noneMatch(name -> name.contains(">"));
  }

  /** Without such a list, the layers that have weights are found by the names of these. */
  @ParameterizedTest
  @MethodSource("others")
  void findsTheLayersWithWeights(ZooModel zoo) {
    Model model = SavedModelImporter.load(zoo.savedModel(), ImportOptions.defaults());
    List<String> expected =
        zoo.facts().modelSummary().layers().stream()
            .filter(l -> l.params() > 0)
            .map(l -> l.name() + " " + counts(l.params(), l.trainableParams()))
            .toList();
    List<String> found =
        model.layers().stream()
            .filter(l -> params(model, l, false) > 0)
            .map(l -> l.name() + " " + counts(params(model, l, false), params(model, l, true)))
            .toList();
    assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static String counts(long params, long trainable) {
    return params + " " + trainable;
  }

  private static long params(Model model, Layer layer, boolean trainableOnly) {
    Set<String> names = new LinkedHashSet<>();
    layer.walk().forEach(inner -> names.addAll(inner.variables()));
    return names.stream()
        .map(name -> model.variable(name).orElseThrow())
        .filter(variable -> !variable.name().endsWith("seed_generator_state"))
        .filter(variable -> variable.trainable() || !trainableOnly)
        .map(Variable::shape)
        .mapToLong(shape -> shape.elements())
        .sum();
  }
}
