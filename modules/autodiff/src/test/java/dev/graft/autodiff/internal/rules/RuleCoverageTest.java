package dev.graft.autodiff.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Every rule is held against central differences in some case. */
class RuleCoverageTest {

  /** Steps have no slope to measure, variables no place to feed, and cuDNN no CPU. */
  private static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry("FakeQuantWithMinMaxArgs", "QuantizationRulesTest"),
          Map.entry("FakeQuantWithMinMaxVars", "QuantizationRulesTest"),
          Map.entry("FakeQuantWithMinMaxVarsPerChannel", "QuantizationRulesTest"),
          Map.entry("QuantizeAndDequantizeV2", "QuantizationRulesTest"),
          Map.entry("QuantizeAndDequantizeV3", "QuantizationRulesTest"),
          Map.entry("QuantizeAndDequantizeV4", "QuantizationRulesTest"),
          Map.entry("ReadVariableOp", "VariableRulesTest"),
          Map.entry("RefIdentity", "VariableRulesTest"),
          Map.entry("ResourceGather", "VariableRulesTest"),
          Map.entry("ResourceGatherNd", "VariableRulesTest"),
          Map.entry("CTCLossV2", "GpuRulesTest"),
          Map.entry("CudnnRNN", "GpuRulesTest"),
          Map.entry("CudnnRNNV2", "GpuRulesTest"),
          Map.entry("CudnnRNNV3", "GpuRulesTest"));

  private static final List<RuleContract> ALL =
      List.of(
          new HarvestedRulesTest(),
          new ControlFlowRulesTest(),
          new TensorListRulesTest(),
          new ActivationRulesTest(),
          new ArrayRulesTest(),
          new ConvolutionRulesTest(),
          new EinsumRulesTest(),
          new FunctionRulesTest(),
          new ImageRulesTest(),
          new IndexingRulesTest(),
          new LinearAlgebraRulesTest(),
          new LossRulesTest(),
          new MathRulesTest(),
          new MatrixRulesTest(),
          new NormalizationRulesTest(),
          new RaggedRulesTest(),
          new RecurrentRulesTest(),
          new ReductionRulesTest(),
          new ScatterRulesTest(),
          new SegmentRulesTest(),
          new SlicingRulesTest(),
          new SparseRulesTest(),
          new SpectralRulesTest());

  @Test
  void everyRuleHasACase() {
    Set<String> without = new TreeSet<>(AllRules.standard().ops());
    without.removeAll(ELSEWHERE.keySet());
    for (RuleContract contract : ALL) {
      contract
          .cases()
          .map(RuleCase::build)
          .forEach(
              rule -> {
                rule.graph().nodes().forEach(node -> without.remove(node.getOp()));
                rule.graph()
                    .functions()
                    .values()
                    .forEach(f -> f.getNodeDefList().forEach(node -> without.remove(node.getOp())));
              });
    }
    assertThat(without).isEmpty();
  }
}
