package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.GraphEditor;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.Variable;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import dev.graft.testkit.Zoo;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tensorflow.proto.FunctionDef;

/** What the preflight says is in the way, and that what it advises is a way out. */
class PreflightTest {

  /** TensorFlow defines no gradient for it; in and out are of one type. */
  private static final String OBSTACLE = "GuaranteeConst";

  private static Model load(String zoo) {
    return Graft.load(Zoo.model(zoo).savedModel());
  }

  private static List<String> names(Iterable<Variable> variables) {
    return StreamSupport.stream(variables.spliterator(), false).map(Variable::name).toList();
  }

  private static Model withObstacleAt(Model model, String node) {
    GraphEditor editor = model.graph().edit();
    editor.replace(editor.node(node).toBuilder().setOp(OBSTACLE).build());
    return model.toBuilder().graph(editor.build()).build();
  }

  /** What is frozen, cut, or trained on instead, has to leave no obstacle. */
  private static void adviceHolds(Model model, Preflight found) {
    Preflight.Remedy remedy = found.remedy().orElseThrow();
    Model frozen = model.with(Edits.freeze(Where.parse(remedy.freeze())));
    assertThat(Graft.preflight(frozen).isClear()).isTrue();
    assertThat(names(Graft.preflight(frozen).reached())).isEqualTo(names(found.reached()));
    remedy
        .cut()
        .ifPresent(
            at -> {
              Preflight cut =
                  Graft.preflight(
                      model.with(Edits.cut(at), Edits.addHead(HeadSpec.singleLabel("a", "b"))));
              assertThat(cut.isClear()).isTrue();
              assertThat(names(cut.reached())).containsAnyElementsOf(names(found.blocked()));
            });
    remedy
        .outputs()
        .forEach(
            output ->
                assertThat(Graft.preflight(model.with(Edits.keepOutputs(output))).isClear())
                    .isTrue());
  }

  @Test
  void namesTheOpTheLayerAndWhatItCutsOff() {
    Model model = load("keras2/cnn_plain");
    String relu =
        model.graph().nodes().stream()
            .filter(node -> node.getOp().equals("Relu") && node.getName().contains("conv2d_1/"))
            .findFirst()
            .orElseThrow()
            .getName();
    Model blocked = withObstacleAt(model, relu);
    Preflight found = Graft.preflight(blocked);
    assertThat(found.obstacles()).hasSize(1);
    Preflight.Obstacle obstacle = found.obstacles().get(0);
    assertThat(obstacle.op()).isEqualTo(OBSTACLE);
    assertThat(obstacle.node()).isEqualTo(relu);
    assertThat(obstacle.layer()).isEqualTo("conv2d_1");
    assertThat(names(obstacle.cutOff()))
        .containsExactlyInAnyOrder(
            "conv2d/kernel", "conv2d/bias", "conv2d_1/kernel", "conv2d_1/bias");
    assertThat(names(found.reached())).hasSize(2);
    assertThat(found.remedy().orElseThrow().freeze()).isEqualTo("conv2d or conv2d_1");
    assertThat(found.remedy().orElseThrow().cut()).isPresent();
    assertThat(found.lines()).hasSize(2);
    adviceHolds(blocked, found);
  }

  @Test
  void looksIntoLoops() {
    Model model = load("keras2/lstm");
    GraphEditor editor = model.graph().edit();
    for (FunctionDef function : List.copyOf(editor.functions().values())) {
      FunctionDef.Builder changed = function.toBuilder();
      for (int i = 0; i < function.getNodeDefCount(); i++) {
        if (function.getNodeDef(i).getOp().equals("Tanh")) {
          changed
              .getNodeDefBuilder(i)
              .setOp("RiscAbs"); // none either, and outputs of the same name
        }
      }
      editor.putFunction(changed.build());
    }
    Model blocked = model.toBuilder().graph(editor.build()).build();
    Preflight found = Graft.preflight(blocked);
    assertThat(found.obstacles()).isNotEmpty();
    assertThat(found.obstacles())
        .allMatch(at -> at.node().contains(" > ") && at.layer().startsWith("lstm"));
    assertThat(names(found.blocked())).anyMatch(name -> name.contains("recurrent_kernel"));
    assertThat(names(found.reached())).isNotEmpty().noneMatch(name -> name.contains("lstm"));
    adviceHolds(blocked, found);
  }

  @Test
  void saysWhatTheTapeSaysOfAStoppedGradient() {
    Preflight found = Graft.preflight(load("keras2/stop_gradient"));
    assertThat(found.isClear()).isTrue();
    assertThat(found.remedy()).isEmpty();
    assertThat(found.unreached()).hasSize(2);
    assertThat(found.reached()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({
    "keras2/custom_gradient_unsaved, IdentityN, Rematerialised layers without it come in a later version",
    "tf1/tf1_dynamic_rnn, Exit, TF1's own loops",
    "tf1/tf1_while_v1, Merge, TF1's own loops"
  })
  void namesWhatComesLater(String zoo, String op, String reason) {
    Model model = load(zoo);
    Preflight found = Graft.preflight(model);
    assertThat(found.obstacles())
        .anyMatch(at -> at.op().equals(op) && at.reason().contains(reason));
    adviceHolds(model, found);
  }
}
