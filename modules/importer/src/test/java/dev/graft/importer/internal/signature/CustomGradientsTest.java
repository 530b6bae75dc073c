package dev.graft.importer.internal.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.graph.function.CustomGradient;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/** Gradients that the author of a model gave are tied to their places, or known to be missing. */
class CustomGradientsTest {

  @TempDir private Path folder = Path.of("");

  private static List<CustomGradient> gradients(String zoo) {
    Model model = SavedModelImporter.load(Zoo.model(zoo).savedModel());
    return model.graph().nodes().stream()
        .map(node -> CustomGradient.of(model.graph(), node))
        .flatMap(Optional::stream)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"keras2/custom_gradient", "keras3/custom_gradient", "tfsave/custom_gradient"})
  void findsTheSavedFunctionAndWhatItCaptures(String zoo) {
    Model model = SavedModelImporter.load(Zoo.model(zoo).savedModel());
    List<CustomGradient.Saved> saved =
        gradients(zoo).stream().map(CustomGradient.Saved.class::cast).toList();
    assertThat(saved).isNotEmpty();
    for (CustomGradient.Saved gradient : saved) {
      assertThat(gradient.results()).containsExactly(-1, 0);
      assertThat(gradient.function().getSignature().getInputArgCount())
          .isEqualTo(2 + gradient.captures().size());
      gradient
          .captures()
          .forEach(
              tensor -> assertThat(model.graph().node(tensor.node()).getOp()).isEqualTo("Exp"));
    }
    assertThat(saved.stream().mapToInt(gradient -> gradient.captures().size()).sum())
        .isEqualTo(saved.size() / 2);
    assertThat(Graph.of(model.graph().toGraphDef()).nodes()).hasSameSizeAs(model.graph().nodes());
  }

  /** As Keras saves swish since TensorFlow 2.6. */
  @ParameterizedTest
  @ValueSource(strings = {"keras2/activations", "keras2_export/efficientnet_mini"})
  void findsTheFunctionsOfSwish(String zoo) {
    assertThat(gradients(zoo)).isNotEmpty().allMatch(CustomGradient.Saved.class::isInstance);
  }

  @Test
  void recognisesSwishOfWhichOnlyTheMarkIsLeft() {
    assertThat(gradients("keras2/swish_marker_only"))
        .hasSize(2)
        .allMatch(CustomGradient.OfFormula.class::isInstance);
  }

  /**
   * Marked nodes whose types or inputs are missing: one sentence each, whatever reads them first.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aMarkedNodeThatIsDamagedIsABadModel(boolean withoutTypes) throws IOException {
    Path whole = Zoo.model("keras2/custom_gradient").savedModel();
    SavedModel.Builder saved =
        SavedModel.parseFrom(Files.readAllBytes(whole.resolve("saved_model.pb"))).toBuilder();
    int changed = 0;
    for (FunctionDef.Builder function :
        saved
            .getMetaGraphsBuilder(0)
            .getGraphDefBuilder()
            .getLibraryBuilder()
            .getFunctionBuilderList()) {
      for (NodeDef.Builder node : function.getNodeDefBuilderList()) {
        if (node.containsAttr(CustomGradient.MARK) && node.getOp().equals("IdentityN")) {
          changed++;
          if (withoutTypes) {
            node.removeAttr("T");
          } else {
            node.clearInput();
          }
        }
      }
    }
    assertThat(changed).isPositive();
    Files.write(folder.resolve("saved_model.pb"), saved.build().toByteArray());
    Files.createDirectory(folder.resolve("variables"));
    try (Stream<Path> files = Files.list(whole.resolve("variables"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve("variables/" + file.getFileName()));
      }
    }
    assertThatThrownBy(() -> SavedModelImporter.load(folder)).isInstanceOf(BadModelException.class);
  }

  @Test
  void knowsWhenOnlyPythonKnew() {
    assertThat(gradients("keras2/custom_gradient_unsaved"))
        .hasSize(2)
        .allMatch(CustomGradient.Unknown.class::isInstance);
  }
}
