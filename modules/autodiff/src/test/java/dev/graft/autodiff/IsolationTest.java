package dev.graft.autodiff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.autodiff.gradient.GradientGraph;
import dev.graft.autodiff.internal.rules.HarvestedRulesTest;
import dev.graft.autodiff.internal.rules.RuleCase;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.GradientHarvest;
import dev.graft.tensor.DType;
import dev.graft.testkit.Zoo;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.OpDef;

/** Other users of TensorFlow in the process see nothing of Graft's rules. */
class IsolationTest {

  private static Set<String> withRuleInTensorFlow() {
    return OpRegistry.standard().all().stream()
        .map(OpDef::getName)
        .filter(GradientHarvest::hasRule)
        .collect(Collectors.toSet());
  }

  @Test
  void nothingIsRegisteredWithTensorFlow() {
    Set<String> before = withRuleInTensorFlow();
    assertThat(before).contains("MatMul").doesNotContain("While", "TensorListStack", "Conv3D");
    for (String name : List.of("keras2/lstm", "keras2_export/conv3d", "tfsave/cond_in_while")) {
      Model model = SavedModelImporter.load(Zoo.model(name).savedModel());
      List<TensorRef> xs = model.trainableVariables().stream().map(Variable::handle).toList();
      List<TensorRef> ys =
          model.servingSignature().outputs().values().stream()
              .map(spec -> spec.tensor())
              .filter(y -> DType.of(model.graph().dtype(y)).isContinuous())
              .toList();
      GradientGraph found = Differentiator.gradients(model.graph(), ys, List.of(), xs);
      assertThat(found.gradients()).hasSize(xs.size());
    }
    RuleCase pool = new HarvestedRulesTest().cases().findFirst().orElseThrow().build();
    Differentiator.gradients(pool.graph(), pool.ys(), List.of(), List.copyOf(pool.xs().keySet()));
    assertThat(withRuleInTensorFlow()).isEqualTo(before);
  }
}
