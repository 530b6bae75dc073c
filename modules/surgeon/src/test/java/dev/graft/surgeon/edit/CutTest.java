package dev.graft.surgeon.edit;

import static dev.graft.surgeon.edit.Edits.addHead;
import static dev.graft.surgeon.edit.Edits.between;
import static dev.graft.surgeon.edit.Edits.cut;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.error.BadRequestException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Loops;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Models;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import org.junit.jupiter.api.Test;

class CutTest {

  @Test
  void aLayerIsCutAtByName() {
    Model model = Models.efficientNetLite0();
    Model cut = model.with(cut("block15_project_bn"));
    assertThat(cut.servingSignature().outputs()).containsOnlyKeys("features");
    assertThat(cut.servingSignature().outputs().get("features").shape())
        .isEqualTo(Shape.of(-1, 7, 7, 320));
    assertThat(cut.layers()).extracting(Layer::name).doesNotContain("top_conv", "avg_pool");
    Model headed = cut.with(addHead(HeadSpec.singleLabel("a", "b")));
    assertThat(headed.layers())
        .extracting(Layer::name)
        .endsWith("block15_project_bn", "predictions_pool", "predictions");
    assertThat(headed.variable("predictions/kernel").orElseThrow().shape())
        .isEqualTo(Shape.of(320, 2));
    assertThatThrownBy(() -> model.with(cut("block15_projct_bn")))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("Nearest: block15_project_bn");
  }

  @Test
  void theFirstLayerOfAPartStillActsInTraining() {
    Model part =
        Models.zoo("keras2/image_augmentation").with(between("random_flip", "random_contrast"));
    TensorRef input = part.inputs().get(0).tensor();
    assertThat(part.layers())
        .extracting(Layer::name)
        .containsExactly("random_rotation", "random_zoom", "random_contrast");
    assertThat(part.layers()).allMatch(layer -> layer.training().isPresent());
    assertThat(part.layers().get(0).inputs()).containsExactly(input);
  }

  @Test
  void aCutInsideALoopOfTf1IsRefused() {
    Model model = Models.zoo("tf1/tf1_while_v1");
    String inside =
        Loops.inside(model.graph()).stream()
            .filter(name -> model.graph().node(name).getOp().equals("MatMul"))
            .findFirst()
            .orElseThrow();
    assertThatThrownBy(() -> model.with(cut(inside)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("inside a loop")
        .hasMessageContaining("Nearest: ");
  }

  @Test
  void aCutInsideALoopBodyIsRefused() {
    Model model = Models.zoo("keras3/lstm");
    String inside =
        model.graph().functions().values().stream()
            .flatMap(function -> function.getNodeDefList().stream())
            .filter(node -> node.getOp().equals("MatMul"))
            .findFirst()
            .orElseThrow()
            .getName();
    assertThatThrownBy(() -> model.with(cut(inside)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("inside a loop or branch")
        .hasMessageContaining("Nearest: ")
        .hasMessageContaining("lstm");
  }

  @Test
  void aHeadOnATensorOfTheWrongRankIsRefused() {
    Model scalar = withMean(Models.zoo("keras2/cnn_plain"));
    assertThatThrownBy(() -> scalar.with(cut("mean"), addHead(HeadSpec.regression(1))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("at least two dimensions")
        .hasMessageContaining("Nearest: predictions");
  }

  /** The model with the mean over everything as one more node. */
  private static Model withMean(Model model) {
    TensorRef answer = model.servingSignature().outputs().values().iterator().next().tensor();
    GraphEditor editor = model.graph().edit();
    TensorRef axes = editor.constant("axes", TensorValue.of(Shape.of(2), new int[] {0, 1}));
    editor.op("Mean").name("mean").input(answer).input(axes).output();
    return model.toBuilder().graph(editor.build()).build();
  }

  @Test
  void aHeadOnNumbersThatAreNoFloatsIsRefused() {
    Model model = Models.zoo("keras2/embedding_mean");
    String ids = model.servingSignature().inputs().values().iterator().next().tensor().toString();
    assertThatThrownBy(() -> model.with(cut(ids), addHead(HeadSpec.regression(1))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("floating-point features")
        .hasMessageContaining("cut at a later layer");
  }

  @Test
  void aCutThatTheInputDoesNotReachIsRefused() {
    Model model = Models.zoo("keras2/cnn_plain");
    String kernel =
        Nodes.dataInput(model.graph().node(HeadFinder.only(model).product().node()), 1).toString();
    assertThatThrownBy(() -> model.with(cut(kernel)))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("no path leads from it to an answer")
        .hasMessageContaining("Nearest: ");
  }

  @Test
  void aTensorThatIsNotThereIsNamed() {
    Model model = Models.zoo("keras2/cnn_plain");
    String node = HeadFinder.only(model).product().node();
    assertThatThrownBy(() -> model.with(cut(node + ":7")))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("has no output 7");
  }
}
