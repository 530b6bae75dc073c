package dev.graft.autodiff;

import dev.graft.graph.CustomGradient;
import dev.graft.graph.Graph;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** The rules by op, and the ops at which a path ends. */
final class RuleBook {

  private final Map<String, Rule> rules = new HashMap<>();
  private final Set<String> harvested = new HashSet<>();
  private final Map<String, Set<Integer>> only = new HashMap<>();

  /** All rules: Graft's own, and TensorFlow's where they were checked. */
  static RuleBook standard() {
    return Standard.INSTANCE;
  }

  private RuleBook() {
    MathRules.addTo(this);
    FunctionRules.addTo(this);
    ReductionRules.addTo(this);
    ActivationRules.addTo(this);
    ArrayRules.addTo(this);
    SlicingRules.addTo(this);
    IndexingRules.addTo(this);
    LinearAlgebraRules.addTo(this);
    ConvolutionRules.addTo(this);
    NormalizationRules.addTo(this);
    LossRules.addTo(this);
    SegmentRules.addTo(this);
    ScatterRules.addTo(this);
    ImageRules.addTo(this);
    QuantizationRules.addTo(this);
    SpectralRules.addTo(this);
    MatrixRules.addTo(this);
    DecompositionRules.addTo(this);
    EinsumRules.addTo(this);
    SparseRules.addTo(this);
    RaggedRules.addTo(this);
    RecurrentRules.addTo(this);
    TensorListRules.addTo(this);
    ControlFlowRules.addTo(this);
    HarvestedRule.addTo(this);
    for (String op : List.of("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")) {
      onlyTo(op, 0, 1, 2); // not to the statistics
    }
    for (String op : List.of("ReluGrad", "Relu6Grad", "LeakyReluGrad")) {
      onlyTo(op, 0); // flat in the features
    }
    for (String version : List.of("V2", "V3")) { // not to what fills the rest
      onlyTo("MatrixDiag" + version, 0);
      onlyTo("MatrixDiagPart" + version, 0);
      onlyTo("ImageProjectiveTransform" + version, 0);
    }
    onlyTo("ScaleAndTranslate", 0);
    onlyTo("SparseAdd", 1, 4); // not to the threshold
    onlyTo("Zeta", 1);
    onlyTo("Polygamma", 1);
    onlyTo("Betainc", 2);
  }

  /** Adds one rule for several ops; fails if one of them has a rule already. */
  void add(Rule rule, String... ops) {
    for (String op : ops) {
      if (rules.put(op, rule) != null) {
        throw new IllegalStateException("two rules for " + op);
      }
    }
  }

  /** Adds a rule that takes TensorFlow's own. */
  void addHarvested(Rule rule, String... ops) {
    add(rule, ops);
    harvested.addAll(List.of(ops));
  }

  /** Whether the rule of {@code op} is TensorFlow's own. */
  boolean isHarvested(String op) {
    return harvested.contains(op);
  }

  /** Adds the rule of one op. */
  void add(String op, Rule rule) {
    add(rule, op);
  }

  /** Says that the rule of {@code op} gives a gradient to these inputs alone, as in TensorFlow. */
  void onlyTo(String op, Integer... inputs) {
    only.put(op, Set.of(inputs));
  }

  /** The inputs that the rule of {@code op} gives a gradient to; empty for all. */
  Set<Integer> inputs(String op) {
    return only.getOrDefault(op, Set.of());
  }

  /** The ops with a rule. */
  Set<String> ops() {
    return Set.copyOf(rules.keySet());
  }

  /** Whether no derivative passes through {@code node}, as in TensorFlow. */
  boolean endsPath(NodeDef node) {
    return NotDifferentiable.contains(node.getOp());
  }

  /** The rule for {@code node}. */
  Rule of(Graph graph, NodeDef node) {
    Optional<CustomGradient> custom = CustomGradient.of(graph, node);
    if (custom.isPresent() && custom.get() instanceof CustomGradient.Saved saved) {
      return CustomGradientRule.of(saved);
    }
    if (custom.isPresent() && custom.get() instanceof CustomGradient.Unknown) {
      throw new NoGradientException(node);
    }
    Rule rule = rules.get(node.getOp());
    if (rule == null) {
      throw new NoGradientException(node);
    }
    return rule;
  }

  private static final class Standard {
    static final RuleBook INSTANCE = new RuleBook();
  }
}
